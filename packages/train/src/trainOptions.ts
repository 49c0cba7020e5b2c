// The options of a run, and their checks.
import {
  CajalError,
  checkArgument,
  checkInteger,
  optionsOf,
  showValue,
  unknownName,
  type Weights,
} from "@cajal/core";
import { trainStepOptions, type TrainStepOptions } from "@cajal/runtime";
import { flawIn, type Checkpoint, type Position } from "./checkpoints/checkpoint";
import { runParts, type RunPart } from "./checkpoints/sameRun";
import type { CheckpointTarget } from "./checkpoints/target";
import type { ClassWeights } from "./classWeights";
import type { DataInMemory, TrainData } from "./data";
import type { LossLike, MetricLike, OptimizerLike } from "./named";

export interface TrainOptions extends Omit<TrainStepOptions, "loss" | "metrics" | "optimizer"> {
  /**
   * The loss to minimize, or its Keras name. For a model of several outputs a record by output names, where an
   * output that is left out is not trained; a single loss applies to each of them.
   */
  readonly loss: LossLike | Readonly<Record<string, LossLike>>;
  /** An optimizer, or its Keras name for one with default options. */
  readonly optimizer: OptimizerLike;
  /** Metrics to report: metrics or losses, or their Keras names; by output names where there are several. */
  readonly metrics?: readonly MetricLike[] | Readonly<Record<string, readonly MetricLike[]>>;
  /**
   * Class → factor of the loss of its examples; 1 for classes that are not named. For models of one output whose
   * examples have one class each: a class number, or a one-hot row. As in Keras it does not apply to validation.
   * Weights of single examples are the data's `weight`.
   */
  readonly classWeights?: ClassWeights;
  /** Number of passes over the data in total, including those before a resumed checkpoint; at least 0. */
  readonly epochs: number;
  /** Examples per batch; default: the dataset's own. */
  readonly batchSize?: number;
  /**
   * Number of batches whose gradients are averaged into one update, as if they were one large batch; default 1.
   * The last update of an epoch may have fewer. Batch normalization uses the statistics of each single batch.
   */
  readonly accumulate?: number;
  /**
   * Number of updates to run at once, as Keras' `steps_per_execution`; default 1. The results are the same, and the
   * events of these steps come together. On ONNX Runtime's cuda weights and optimizer state then cross the bus once
   * for all of them; elsewhere it gains little. See `runSteps` of `openTrainStep`; updates of several batches
   * (`accumulate`) run one by one.
   */
  readonly stepsPerExecution?: number;
  /** Whether examples are shuffled anew in every epoch, by `seed`; default true, as in Keras. */
  readonly shuffle?: boolean;
  /** Data to evaluate at the end of every epoch, with the same loss and metrics. */
  readonly validation?: TrainData | DataInMemory;
  /** Seed of initial weights, data order and dropout; default 0, or the resumed checkpoint's. */
  readonly seed?: number;
  /** Initial weights; default: `initialize(model, { seed })`, or an ONNX model's own initializers. */
  readonly weights?: Weights;
  /** As in `openTrainStep`, but "auto" by default: where possible, the caller's event loop stays free. */
  readonly worker?: boolean | "auto";
  /** Aborts the run between two steps: the loop throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Where to save checkpoints; `checkpoints(folder)` of `@cajal/train/node` makes one. */
  readonly checkpoint?: CheckpointTarget;
  /**
   * A checkpoint to resume from, or undefined, as `latestCheckpoint` gives it: with the same model, data and options the run
   * ends with the same weights, bit for bit.
   */
  readonly resume?: Checkpoint | undefined;
  /** Parts of the run that may differ from the resumed checkpoint's; other differences are refused. */
  readonly allowChanges?: readonly RunPart[];
}

/** The kinds of the options that say how updates are made. */
export const updateOptions = optionsOf<
  Omit<TrainOptions, "epochs" | "validation" | "checkpoint" | "resume" | "allowChanges">
>({
  ...trainStepOptions,
  batchSize: { whole: true, least: 1 },
  accumulate: { whole: true, least: 1 },
  stepsPerExecution: { whole: true, least: 1 },
  shuffle: "boolean",
  weights: "map",
  signal: "signal",
  classWeights: true,
});

export const trainOptions = optionsOf<TrainOptions>({
  ...updateOptions,
  epochs: { whole: true, least: 0 },
  validation: true,
  checkpoint: "object",
  resume: "object",
  allowChanges: true,
});

export function checkAllowed(parts: readonly RunPart[]): void {
  if (!Array.isArray(parts))
    throw new CajalError(
      "bad-argument",
      `train: got allowChanges ${showValue(parts)}, expected a list such as ["optimizer"].`,
    );
  for (const part of parts)
    if (!runParts.includes(part as RunPart)) throw unknownName("part of a run", part, runParts);
}

export function seedOf({ seed, resume }: TrainOptions): number {
  if (resume && seed !== undefined && seed !== resume.seed)
    throw new CajalError(
      "bad-argument",
      `train: got seed ${showValue(seed)}, and the checkpoint's run has ${resume.seed}. Leave seed out, or train anew.`,
      { seed, expected: resume.seed },
    );
  return resume?.seed ?? seed ?? 0;
}

/** A checkpoint that does not come from `decodeCheckpoint` may lack any field. */
export function checkResume(resume: Checkpoint): void {
  checkArgument("train", "resume.weights", resume.weights, "map");
  checkArgument("train", "resume.state", resume.state, "map");
  checkArgument("train", "resume.position", resume.position, "object");
  checkArgument("train", "resume.position.data", resume.position.data, "object");
  if (resume.run !== undefined) checkArgument("train", "resume.run", resume.run, "object");
  const flaw = flawIn(resume);
  if (flaw) throw new CajalError("bad-argument", `train: got a checkpoint that cannot be resumed: ${flaw}`); // prettier-ignore
}

/** Where checkpoints go may be the caller's own. */
export function checkTarget(target: NonNullable<TrainOptions["checkpoint"]>): void {
  checkArgument("train", "checkpoint", target, "object");
  checkArgument("train", "checkpoint.save", target.save, "function");
  if (target.check !== undefined) checkArgument("train", "checkpoint.check", target.check, "function"); // prettier-ignore
  for (const name of ["everySteps", "everyEpochs"] as const)
    if (target[name] !== undefined) checkInteger("train", `checkpoint.${name}`, target[name], { least: 1 }); // prettier-ignore
}

export function checkSameData(
  { data, batch }: Position,
  { size, batchSize, batchCount }: TrainData,
): void {
  if (size !== data.size || batchSize !== data.batchSize)
    throw new CajalError(
      "bad-argument",
      `train: got data of ${size} examples in batches of ${batchSize}, and the checkpoint's run has ${data.size} in batches of ${data.batchSize}. Resume with the same data.`,
      { got: { size, batchSize }, expected: data },
    );
  if (batch > batchCount)
    throw new CajalError("bad-argument", `train: got a checkpoint of batch ${batch}, and the data has ${batchCount} batches an epoch.`, { batch, batchCount }); // prettier-ignore
}
