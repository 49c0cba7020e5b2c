// The part of a training step that engines implement, and what is the same for all of them: checks, queueing,
// counting updates, divergence.
import { CajalError, type NamedBatch, type Tensor, type Weights } from "@cajal/core";
import type { DeviceName, EngineName } from "../device/device";
import { oneByOne } from "../oneByOne";
import { batchNonFinite, readBatch, type StepBatch } from "./batch";
import type { MeasuredStep, TrainStep, TrainStepOptions } from "./trainStep";
import {
  checkLearningRate,
  checkState,
  checkWeights,
  diverged,
  iterationTensor,
  type NonFinite,
} from "./checks";
import type { TrainableModel } from "./model";
import { addTotals, measuresOf, resultOf, totalsOf } from "./outputs";

export interface TrainCore {
  readonly engine: EngineName;
  readonly device: DeviceName;
  /** Whether Cajal's own tests train on exactly this runtime, so that no self-test is needed. */
  readonly isTested: boolean;
  /** Computes a step of one or more batches, without changing anything yet. */
  compute(batches: readonly StepBatch[], position: StepPosition): Promise<PendingStep>;
  /** Loss and metrics in inference mode. */
  measure(batch: StepBatch): Promise<Numbers>;
  /** Copies of all weights, and of the slots as `layer/weight/slot`. */
  readWeights(): Promise<Weights>;
  readSlots(): Promise<ReadonlyMap<string, Tensor>>;
  /** Sets all weights and slots, which are checked. */
  write(weights: Weights, slots: ReadonlyMap<string, Tensor>): void | Promise<void>;
  free(): void | Promise<void>;
}

export interface StepPosition {
  /** Updates made before. */
  readonly iteration: number;
  readonly learningRate: number;
}

/** The loss, then the numbers of `measuresOf`: each as a list of elements. */
export type Numbers = readonly (readonly number[])[];

/** Exactly one of `commit` and `discard` is called. */
export interface PendingStep {
  /** The numbers of each batch, as far as computed. */
  readonly numbers: readonly Numbers[];
  /**
   * Whether everything that the step would write is finite: weights, the optimizer's state, moving averages. It
   * may be false where only the sum of all of them overflows; `firstNonFinite` finds nothing then.
   */
  readonly isFinite: boolean;
  /** Makes the update. */
  commit(): void;
  /** Leaves everything as it was before the step. */
  discard(): void;
  /** The first tensor that is not finite, beginning with the weights, ending with what would be written. */
  firstNonFinite(): Promise<NonFinite | undefined>;
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

  function measuredStep(batches: readonly StepBatch[], numbers: readonly Numbers[]): MeasuredStep {
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
    const { numbers, isFinite: isStepFinite } = pending;
    const losses = numbers.map(([loss]) => loss![0]!);
    const loss = losses.find((each) => !Number.isFinite(each)) ?? losses[0]!;
    if (!isStepFinite || !Number.isFinite(loss)) {
      let isAccepted = false;
      try {
        const inBatches = batches.flatMap((batch) => batchNonFinite(batch) ?? []);
        const nonFinite = inBatches[0] ?? (await pending.firstNonFinite());
        isAccepted = Number.isFinite(loss) && !nonFinite && numbers.length === batches.length;
        if (!isAccepted) throw diverged(iteration + 1, loss, nonFinite);
      } finally {
        if (!isAccepted) pending.discard();
      }
    }
    pending.commit();
    iteration++;
    return measuredStep(batches, numbers);
  }

  // Calls run one after the other, in the order in which they were made.
  const inTurn = oneByOne();
  let disposal: Promise<void> | undefined;
  const dispose = (): Promise<void> => (disposal ??= inTurn(() => core.free()));
  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    if (disposal)
      return Promise.reject(
        new CajalError("disposed", "this training step is disposed. Open it again."),
      );
    return inTurn(work);
  }

  return {
    engine: core.engine,
    device: core.device,
    get iteration() {
      return iteration;
    },
    run: (batch, { learningRate } = {}) =>
      enqueue(() => run([batch].flat(), learningRate ?? optimizer.learningRate(iteration))),
    evaluate: (batch) =>
      enqueue(async () => {
        const stepBatch = readBatch(batch, model);
        return measuredStep([stepBatch], [await core.measure(stepBatch)]);
      }),
    result: (totals) => resultOf(measures, totals),
    weights: () => enqueue(() => core.readWeights()),
    state: () =>
      enqueue(
        async () =>
          new Map([["iteration", iterationTensor(iteration)], ...(await core.readSlots())]),
      ),
    restore: (newWeights, state) =>
      enqueue(async () => {
        checkWeights(newWeights, weights);
        const updates = checkState(state, parameters, slotNames);
        await core.write(newWeights, state);
        iteration = updates;
      }),
    dispose,
    [Symbol.dispose]: () => void dispose(),
    [Symbol.asyncDispose]: dispose,
  };
}
