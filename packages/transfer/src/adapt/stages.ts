// Fine-tuning goes in stages: what each is told, and what is reported of it.
import { CajalError, checkOptions, optionsOf, showValue, unknownName } from "@cajal/core";
import type { BatchMap } from "@cajal/datasets";
import type { TrainEvent, TrainOptions } from "@cajal/train";
import { headOptions, type HeadOptions } from "./headOptions";
import type { Examples, LoadedModel } from "./loadedModel";

/** A part of the training: which layers learn, for how long, how fast. */
export interface Stage {
  readonly epochs: number;
  /** Of Adam; default 0.001 for the head, 0.00001 where more learns. */
  readonly learningRate?: number;
  /** Default `adam({ learningRate })`. */
  readonly optimizer?: TrainOptions["optimizer"];
  /**
   * What learns: "head", the new layers; "upper", they and the last third of the others; "all"; `{ from }`, that
   * layer and all after it, in the config's order; or names of layers ("model/layer" within a nested model). What the
   * model marks as `trainable: false` learns where a list names it alone. Default "head" first, then "all".
   */
  readonly learns?: "head" | "upper" | "all" | { readonly from: string } | readonly string[];
  /**
   * Whether batch normalization learns too, and follows the data's statistics. Default false: small data spoil
   * them. Layers named in a list learn in any case.
   */
  readonly normalization?: boolean;
}

const stageOptions = optionsOf<Stage>({
  epochs: { whole: true, least: 1 },
  learningRate: { least: 0 },
  optimizer: true,
  learns: true,
  normalization: "boolean",
});

const words: readonly unknown[] = ["head", "upper", "all"];

function checkStage(stage: Stage, index: number): void {
  const where = `fineTune, stage ${index + 1}`;
  checkOptions(where, stage, stageOptions);
  const learns: unknown = stage.learns ?? "all";
  const isNames = Array.isArray(learns) && learns.length > 0 && learns.every((name) => typeof name === "string"); // prettier-ignore
  const isFrom = typeof learns === "object" && typeof (learns as { from?: unknown }).from === "string"; // prettier-ignore
  if (stage.learns === null || !(words.includes(learns) || isNames || isFrom))
    throw new CajalError(
      "bad-argument",
      `${where}: got learns ${showValue(stage.learns)}, expected "head", "upper", "all", { from: NAME } or a list of names.`,
    );
}

/** What the stages of a model choose from. */
export interface Learners {
  /** What may learn, in its order. */
  readonly names: readonly string[];
  /** Those of the new head; none where there is no new one. */
  readonly head: readonly string[];
  /** What a name is called in messages. */
  readonly what: "initializer" | "layer with weights";
  /** Whether a name is what a stage calls `called`, or a part of it. */
  readonly isIn: (name: string, called: string) => boolean;
}

/**
 * Checks a stage, and tells which of the names learn in it.
 *
 * @throws CajalError `unknown-option`, `bad-argument`, `unknown-name`
 */
export function learnersOf(stage: Stage, index: number, of: Learners): readonly boolean[] {
  checkStage(stage, index);
  const { names, head, what, isIn } = of;
  const { learns = index === 0 && head.length > 0 ? "head" : "all" } = stage;
  const isHead = names.map((name) => head.includes(name));
  if (learns === "all") return names.map(() => true);
  if (learns === "head") {
    if (head.length === 0)
      throw new CajalError(
        "bad-argument",
        `fineTune, stage ${index + 1}: "head" learns, and there is no new one: give classes or labels, or name each ${what} that learns.`,
      );
    return isHead;
  }
  const placeOf = (called: string) => {
    const place = names.findIndex((name) => isIn(name, called));
    if (place < 0) throw unknownName(what, called, names);
    return place;
  };
  if (learns === "upper" || "from" in learns) {
    const first = learns === "upper" ? Math.floor((2 * names.length) / 3) : placeOf(learns.from);
    return names.map((_, i) => i >= first || isHead[i]!);
  }
  learns.forEach(placeOf);
  return names.map((name) => learns.some((called) => isIn(name, called)));
}

/**
 * A loss of classes compares class numbers with a model's outputs, whatever these stand for.
 *
 * @param shapes of the model's outputs; those of several outputs are not checked
 * @throws CajalError `bad-argument` where the data have another number of classes than the model, or more than a new head
 */
export function checkClasses(
  shapes: readonly (readonly unknown[] | undefined)[],
  { classes }: Examples,
  { loss, newHead }: { readonly loss: TrainOptions["loss"]; readonly newHead: boolean },
): void {
  const outputs = shapes[0]?.at(-1);
  const name: unknown = typeof loss === "object" && loss !== null && "name" in loss ? loss.name : loss; // prettier-ignore
  const isOfClasses = typeof name === "string" && /categorical_?crossentropy$/i.test(name);
  if (!isOfClasses || !classes || shapes.length !== 1 || typeof outputs !== "number") return;
  // More classes than the data have is what the caller wants of a new head.
  if (newHead ? outputs >= classes.length : outputs === classes.length) return;
  throw new CajalError(
    "bad-argument",
    newHead
      ? `fineTune: got a head of ${outputs} classes and data of ${classes.length}, expected at least as many.`
      : `fineTune: the model has ${outputs} outputs and the data ${classes.length} classes: give classes: ${classes.length} for a new head.`,
    { outputs, classes: classes.length },
  );
}

/** Where a stage of `folder` keeps its checkpoints, and the latest one to go on from. */
export async function checkpointsOf(
  folder: string | undefined,
  index: number,
): Promise<Pick<TrainOptions, "checkpoint" | "resume">> {
  if (folder === undefined) return {};
  if (!globalThis.process?.getBuiltinModule)
    throw new CajalError("unsupported", `${folder}: states are kept in Node only.`, { folder });
  const { checkpoints, latestCheckpoint } = await import("@cajal/train/node");
  const own = `${folder}/stage-${index + 1}`;
  const latest = await latestCheckpoint(own);
  return { checkpoint: checkpoints(own), ...(latest && { resume: latest }) };
}

export interface FineTuneOptions
  extends
    HeadOptions,
    Pick<
      TrainOptions,
      | "engine"
      | "device"
      | "threads"
      | "batchSize"
      | "shuffle"
      | "worker"
      | "signal"
      | "classWeights"
    > {
  // prettier-ignore
  /** Default: the head for 5 epochs at 0.001, then for 5 at 0.00001 the upper third of the layers; of a graph, which has none, all. */
  readonly stages?: readonly Stage[];
  /** Default "sparse_categorical_crossentropy". */
  readonly loss?: TrainOptions["loss"];
  /** Default ["accuracy"]. */
  readonly metrics?: TrainOptions["metrics"];
  /** What every epoch is measured on. */
  readonly validation?: Examples;
  /**
   * Changes batches at random. Whatever is random belongs here: without it a stage in which the head alone learns
   * computes the features of the data once, and trains on those.
   */
  readonly augment?: BatchMap;
  /** Where features are kept by content, see `featureExtractor`. */
  readonly cache?: string;
  /** Keeps each stage's state in this folder after every epoch, and goes on from there. Node only. */
  readonly folder?: string;
}

/** What `train` takes too it checks itself. */
export const fineTuneOptions = optionsOf<FineTuneOptions>({
  ...headOptions,
  stages: "array",
  loss: true,
  metrics: true,
  validation: "object",
  augment: "function",
  cache: "path",
  folder: "path",
  engine: true,
  device: true,
  threads: true,
  batchSize: { whole: true, least: 1 },
  shuffle: "boolean",
  worker: true,
  signal: "signal",
  classWeights: true,
});

/** `M`: what comes of it, a model or a graph. */
export type FineTuneEvent<M = LoadedModel> =
  | (TrainEvent & {
      /** From 0. */
      readonly stage: number;
    })
  | ({ readonly type: "tuned" } & M);
