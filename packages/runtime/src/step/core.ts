// What an engine gives to be made a training step, and what is the same on all of them: checks, turns,
// counting, divergence.
import { CajalError, type NamedBatch, type Tensor, type Weights } from "@cajal/core";
import type { DeviceName, EngineName } from "../device/device";
import { notFiniteIn, readBatch, type StepBatch } from "./batch";
import type { MeasuredStep, TrainStep, TrainStepOptions } from "./trainStep";
import {
  checkLearningRate,
  checkState,
  checkWeights,
  diverged,
  iterationTensor,
  type Bad,
} from "./checks";
import type { TrainableModel } from "./model";
import { addTotals, measuresOf, resultOf, totalsOf } from "./outputs";

export interface TrainCore {
  readonly engine: EngineName;
  readonly device: DeviceName;
  /** Whether Cajal's own tests train on this very runtime, so that it need not prove itself here. */
  readonly tested: boolean;
  /** Computes a step of one or more batches and changes nothing yet. */
  compute(batches: readonly StepBatch[], at: StepPosition): Promise<PendingStep>;
  /** Loss and metrics in inference mode. */
  measure(batch: StepBatch): Promise<Numbers>;
  /** Copies of all weights, and of the slots as `layer/weight/slot`. */
  readWeights(): Promise<Weights>;
  readSlots(): Promise<ReadonlyMap<string, Tensor>>;
  /** What is given fits. */
  write(weights: Weights, slots: ReadonlyMap<string, Tensor>): void | Promise<void>;
  free(): void | Promise<void>;
}

export interface StepPosition {
  /** Updates made before. */
  readonly iteration: number;
  readonly learningRate: number;
}

/** The loss, then those of `measuresOf`: each as the elements of all its values. */
export type Numbers = readonly (readonly number[])[];

/** Exactly one of `commit` and `discard` is called. */
export interface PendingStep {
  /** Of each batch, as far as they were computed. */
  readonly numbers: readonly Numbers[];
  /**
   * Whether all is finite that the step would write: weights, the optimizer's state, moving averages. It
   * may be false where only a sum of all of them is too large; `firstBad` finds nothing then.
   */
  readonly finite: boolean;
  /** Makes the update. */
  commit(): void;
  /** Leaves everything as it was before the step. */
  discard(): void;
  /** The first tensor that is not finite, beginning with the weights, ending with what would be written. */
  firstBad(): Promise<Bad | undefined>;
}

export function trainStepOf(
  core: TrainCore,
  model: TrainableModel,
  { optimizer }: TrainStepOptions,
): TrainStep {
  const { weights } = model;
  const measures = measuresOf(model.outputs);
  const parameters = weights.filter(({ multiplier }) => multiplier !== undefined);
  const slotNames = Object.keys(optimizer.slots);
  let iteration = 0;

  function measuredOf(batches: readonly StepBatch[], numbers: readonly Numbers[]): MeasuredStep {
    const totals = batches
      .map(({ examples }, i) => totalsOf(measures, numbers[i]!, examples))
      .reduce(addTotals);
    return { ...resultOf(measures, totals), totals };
  }

  async function run(
    microBatches: readonly NamedBatch[],
    learningRate: number,
  ): Promise<MeasuredStep> {
    if (microBatches.length === 0)
      throw new CajalError("bad-argument", "run: got no batches, expected at least one.");
    checkLearningRate(learningRate, iteration + 1);
    const batches = microBatches.map((batch) => readBatch(batch, model));
    const pending = await core.compute(batches, { iteration, learningRate });
    const { numbers, finite } = pending;
    const losses = numbers.map(([loss]) => loss![0]!);
    const loss = losses.find((each) => !Number.isFinite(each)) ?? losses[0]!;
    if (!finite || !Number.isFinite(loss)) {
      let accepted = false;
      try {
        const inBatch = batches.flatMap((batch) => notFiniteIn(batch) ?? []);
        const bad = inBatch[0] ?? (await pending.firstBad());
        accepted = Number.isFinite(loss) && !bad && numbers.length === batches.length;
        if (!accepted) throw diverged(iteration + 1, loss, bad);
      } finally {
        if (!accepted) pending.discard();
      }
    }
    pending.commit();
    iteration++;
    return measuredOf(batches, numbers);
  }

  // Calls are answered one after the other, in the order in which they were made.
  let last: Promise<unknown> = Promise.resolve();
  let disposal: Promise<void> | undefined;
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (disposal)
      return Promise.reject(
        new CajalError("disposed", "this training step is disposed. Open it again."),
      );
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  return {
    engine: core.engine,
    device: core.device,
    get iteration() {
      return iteration;
    },
    run: (batch, { learningRate } = {}) =>
      inTurn(() => run([batch].flat(), learningRate ?? optimizer.learningRate(iteration))),
    evaluate: (batch) =>
      inTurn(async () => {
        const read = readBatch(batch, model);
        return measuredOf([read], [await core.measure(read)]);
      }),
    result: (totals) => resultOf(measures, totals),
    weights: () => inTurn(() => core.readWeights()),
    state: () =>
      inTurn(
        async () =>
          new Map([["iteration", iterationTensor(iteration)], ...(await core.readSlots())]),
      ),
    restore: (newWeights, state) =>
      inTurn(async () => {
        checkWeights(newWeights, weights);
        const updates = checkState(state, parameters, slotNames);
        await core.write(newWeights, state);
        iteration = updates;
      }),
    dispose: () => (disposal ??= last.then(() => core.free())),
  };
}
