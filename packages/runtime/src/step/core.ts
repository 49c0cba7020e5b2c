// What an engine gives to be made a training step, and what is the same on all of them: checks, turns,
// counting, divergence.
import { CajalError, type Batch, type Tensor, type Weights } from "@cajal/core";
import type { DeviceName, EngineName } from "../devices/device";
import type { StepResult, TrainStep, TrainStepOptions } from "./trainStep";
import {
  checkBatch,
  checkState,
  checkWeights,
  diverged,
  iterationTensor,
  notFinite,
  type Bad,
} from "./checks";
import type { TrainableModel } from "./model";

export interface TrainCore {
  readonly engine: EngineName;
  readonly device: DeviceName;
  /** Whether Cajal's own tests train on this very runtime, so that it need not prove itself here. */
  readonly tested: boolean;
  /** Computes a step of one or more batches and changes nothing yet. */
  compute(batches: readonly Batch[], at: StepPosition): Promise<PendingStep>;
  /** Loss and metrics in inference mode. */
  measure(batch: Batch): Promise<ArrayLike<number>>;
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

/** Exactly one of `commit` and `discard` is called. */
export interface PendingStep {
  /** The loss, then the metrics. */
  readonly numbers: ArrayLike<number>;
  /** Whether all gradients are finite. */
  readonly finite: boolean;
  /** Makes the update. */
  commit(): void;
  /** Leaves everything as it was before the step. */
  discard(): void;
  /** The first tensor that is not finite, beginning with the weights; before `discard`. */
  firstBad(): Promise<Bad | undefined>;
}

export function trainStepOf(
  core: TrainCore,
  model: TrainableModel,
  { optimizer, metrics = [] }: TrainStepOptions,
): TrainStep {
  const { loss, weights } = model;
  const parameters = weights.filter(({ multiplier }) => multiplier !== undefined);
  const slotNames = Object.keys(optimizer.slots);
  let iteration = 0;

  function check(batch: Batch): void {
    checkBatch(batch, model);
    loss.checkLabels?.(batch.y, model.output(batch.x.shape));
  }
  const result = (numbers: ArrayLike<number>): StepResult => ({
    loss: numbers[0]!,
    metrics: Object.fromEntries(metrics.map(({ name }, i) => [name, numbers[i + 1]!])),
  });

  async function run(batches: readonly Batch[], learningRate: number): Promise<StepResult> {
    if (batches.length === 0)
      throw new CajalError("bad-argument", "run: got no batches, expected at least one.");
    batches.forEach(check);
    const pending = await core.compute(batches, { iteration, learningRate });
    const { numbers, finite } = pending;
    if (!finite || !Number.isFinite(numbers[0])) {
      try {
        const given = batches.flatMap(
          ({ x, y }) => notFinite("batch x", x) ?? notFinite("batch y", y) ?? [],
        );
        const bad = given[0] ?? (await pending.firstBad());
        throw diverged(iteration + 1, numbers[0]!, bad);
      } finally {
        pending.discard();
      }
    }
    pending.commit();
    iteration++;
    return result(numbers);
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
        check(batch);
        return result(await core.measure(batch));
      }),
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
