// The part of a training step that engines implement, and what is the same for all of them: checks, queueing,
// counting updates, divergence.
import { CajalError, checkArgument, checkOptions, optionsOf, type NamedBatch, type NamedTensors, type Tensor, type Weights } from "@cajal/core"; // prettier-ignore
import type { DeviceName, EngineName } from "../device/device";
import { oneByOne } from "../oneByOne";
import { batchNonFinite, readBatch, readInputs, signatureOf, type StepBatch } from "./batch";
import type {
  Formulations,
  MeasuredStep,
  PredictOptions,
  TrainStep,
  TrainStepOptions,
} from "./trainStep";
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
  /**
   * Computes several steps of one batch each at once, all of one shape. Absent, or undefined for these batches, where that
   * saves nothing. `firstNonFinite` of the result is not called: the steps are repeated one by one.
   */
  computeSteps?(
    batches: readonly StepBatch[],
    positions: readonly StepPosition[],
  ): Promise<Omit<PendingStep, "firstNonFinite"> | undefined>;
  /** Loss and metrics in inference mode. */
  measure(batch: StepBatch): Promise<Numbers>;
  /**
   * A value in inference mode.
   *
   * @param of a layer, or a value of a graph; of an output with a loss, as the model gives it
   * @throws CajalError `unknown-name`
   */
  predict(x: NamedTensors, of: string): Promise<Tensor>;
  /** As {@link TrainStep.formulations}; absent where nothing is chosen. */
  formulations?(): Formulations;
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
  /** The batches that the numbers are of, where a batch was computed in parts; else those that were given. */
  readonly parts?: readonly StepBatch[];
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

/** What a step that shares weights needs of the other. */
export interface OpenStep {
  readonly core: TrainCore;
  readonly weights: TrainableModel["weights"];
  /** The queue in which the calls of all steps that share weights run. */
  readonly inTurn: ReturnType<typeof oneByOne>;
  isDisposed(): boolean;
}

const openSteps = new WeakMap<object, OpenStep>();

/** A step that {@link trainStepOf} made. */
export const openStepOf = (step: object): OpenStep | undefined => openSteps.get(step);

/** @param inTurn the queue of the steps that it shares weights with */
export function trainStepOf(
  core: TrainCore,
  model: TrainableModel,
  { optimizer }: TrainStepOptions,
  inTurn = oneByOne(),
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
    const { numbers, isFinite: isStepFinite, parts = batches } = pending;
    const losses = numbers.map(([loss]) => loss![0]!);
    const loss = losses.find((each) => !Number.isFinite(each)) ?? losses[0]!;
    if (!isStepFinite || !Number.isFinite(loss)) {
      let isAccepted = false;
      try {
        const inBatches = batches.flatMap((batch) => batchNonFinite(batch) ?? []);
        const nonFinite = inBatches[0] ?? (await pending.firstNonFinite());
        isAccepted = Number.isFinite(loss) && !nonFinite && numbers.length === parts.length;
        if (!isAccepted) throw diverged(iteration + 1, loss, nonFinite);
      } finally {
        if (!isAccepted) pending.discard();
      }
    }
    pending.commit();
    iteration++;
    return measuredStep(parts, numbers);
  }

  async function runSteps(
    batches: readonly NamedBatch[],
    learningRates: readonly number[],
  ): Promise<MeasuredStep[]> {
    if (batches.length === 0)
      throw new CajalError("bad-argument", "runSteps: got no batches, expected at least one.");
    if (learningRates.length !== batches.length)
      throw new CajalError(
        "bad-argument",
        `runSteps: got ${learningRates.length} learning rates for ${batches.length} batches, expected one for each.`,
        { got: learningRates.length, expected: batches.length },
      );
    learningRates.forEach((rate, i) => checkLearningRate(rate, iteration + 1 + i));
    const stepBatches = batches.map((batch) => readBatch(batch, model));
    const isUniform = new Set(stepBatches.map(signatureOf)).size === 1;
    if (core.computeSteps && batches.length > 1 && isUniform) {
      const positions = learningRates.map((learningRate, i) => ({ iteration: iteration + i, learningRate })); // prettier-ignore
      const pending = await core.computeSteps(stepBatches, positions);
      const losses = (pending?.numbers ?? []).map(([loss]) => loss![0]!);
      if (pending?.isFinite && losses.every(Number.isFinite)) {
        pending.commit();
        iteration += batches.length;
        return pending.numbers.map((numbers, i) => measuredStep([stepBatches[i]!], [numbers]));
      }
      // One by one below, up to that which diverges.
      pending?.discard();
    }
    const results: MeasuredStep[] = [];
    for (const [i, batch] of batches.entries()) results.push(await run([batch], learningRates[i]!));
    return results;
  }

  // Calls run one after the other, in the order in which they were made.
  let disposal: Promise<void> | undefined;
  const dispose = (): Promise<void> => (disposal ??= inTurn(() => core.free()));
  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    if (disposal)
      return Promise.reject(
        new CajalError("disposed", "this training step is disposed. Open it again."),
      );
    return inTurn(work);
  }

  const step: TrainStep = {
    engine: core.engine,
    device: core.device,
    get iteration() {
      return iteration;
    },
    run: (batch, { learningRate } = {}) =>
      enqueue(() => run([batch].flat(), learningRate ?? optimizer.learningRate(iteration))),
    runSteps: (batches, { learningRates } = {}) =>
      enqueue(() => {
        checkArgument("runSteps", "batches", batches, "array");
        if (learningRates !== undefined)
          checkArgument("runSteps", "learningRates", learningRates, "array");
        return runSteps(
          batches,
          learningRates ?? batches.map((_, i) => optimizer.learningRate(iteration + i)),
        );
      }),
    evaluate: (batch) =>
      enqueue(async () => {
        const stepBatch = readBatch(batch, model);
        return measuredStep([stepBatch], [await core.measure(stepBatch)]);
      }),
    predict: (x, options = {}) =>
      enqueue(async () => {
        checkOptions("predict", options, optionsOf<PredictOptions>({ of: "string" }));
        const { outputNames } = model;
        if (options.of === undefined && outputNames.length > 1)
          throw new CajalError(
            "bad-argument",
            `predict: the model has ${outputNames.length} outputs; say with option "of" which of them, by its layer: ${outputNames.join(", ")}.`,
            { outputs: outputNames },
          );
        return core.predict(readInputs(x, model), options.of ?? outputNames[0]!);
      }),
    result: (totals) => resultOf(measures, totals),
    formulations: () => core.formulations?.() ?? {},
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
  openSteps.set(step, { core, weights, inTurn, isDisposed: () => disposal !== undefined });
  return step;
}
