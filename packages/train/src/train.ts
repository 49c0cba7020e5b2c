// The training loop: an async generator of events. Printing, early stopping and charts are ordinary
// code in the caller's `for await`; leaving that loop stops the run and frees its memory.
import { CajalError, checkInteger, checkOptions, isTensor, nextTask, showValue, type NamedBatch } from "@cajal/core"; // prettier-ignore
import { resolve, type Model, type ModelConfig, type Network } from "@cajal/models";
import { withInitializers, type OnnxModel } from "@cajal/onnx";
import {
  addTotals,
  graphOrConfig,
  initialize,
  openTrainStep,
  trainStepOptions,
  type MeasuredStep,
  type StepResult,
  type Totals,
  type TrainStep,
  type TrainStepOptions,
} from "@cajal/runtime";
import { checkAwaited } from "./checkAwaited";
import {
  checkSameRun,
  describe,
  dataFingerprint,
  modelFingerprint,
  type RunDescription,
} from "./checkpoints/sameRun";
import { checkClassWeights, withClassWeights } from "./classWeights";
import { batchesOf, begun, checkGiven, dataOf, type DataInMemory, type TrainData } from "./data";
import type { CheckpointEvent, TrainEvent } from "./events";
import { lossesOf, metricsOf, optimizerOf } from "./named";
import { prefetch } from "./prefetch";
import {
  checkAllowed,
  checkResume,
  checkSameData,
  checkTarget,
  seedOf,
  trainOptions,
  type TrainOptions,
} from "./trainOptions";

/**
 * Trains a model: a Keras config or its JSON text, an ONNX graph, or the bytes of an ONNX file. The run begins
 * when the first event is requested; leaving the loop (`break`) stops it and frees its memory.
 *
 * For an ONNX model the weights are its initializers, by name, and batches have the shapes that its graph
 * states, see `openTrainStep`; `withInitializers(model, event.weights)` of `@cajal/onnx` gives the trained model.
 *
 * The same model, data, options and seed give the same weights bit for bit on the same engine and device.
 *
 * @throws CajalError `diverged` when the loss or a gradient is not finite, naming the step and the first such
 *   tensor; `bad-shape` when data and model do not fit
 * @example
 * for await (const event of train(model, data, { epochs: 3, loss, optimizer, metrics: [accuracy()] }))
 *   if (event.type === "epoch") console.log(event.epoch, event.loss, event.metrics.accuracy);
 */
export async function* train(
  source: ModelConfig | OnnxModel | Uint8Array | string,
  data: TrainData | DataInMemory,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, undefined> {
  if (typeof options !== "object" || options === null)
    throw new CajalError(
      "bad-argument",
      `train: got options ${showValue(options)}, expected { epochs, loss, optimizer }, e.g. { epochs: 3, loss: "mse", optimizer: "adam" }.`,
    );
  checkAwaited("train", { data, options, ...options });
  const model = graphOrConfig("train", source);
  checkOptions("train", options, trainOptions);
  const { epochs, batchSize, shuffle = true, signal, checkpoint, resume } = options;
  const { accumulate = 1, stepsPerExecution = 1, classWeights, allowChanges = [] } = options;
  checkInteger("train", "epochs", epochs, { least: 0 });
  signal?.throwIfAborted();
  if (resume) checkResume(resume);
  const seed = seedOf(options);
  const optimizer = optimizerOf(options.optimizer);
  const loss = lossesOf(options.loss);
  const metrics = metricsOf(options.metrics);
  const classes =
    classWeights === undefined
      ? undefined
      : checkClassWeights(classWeights, trainedShape(model, loss, options));
  checkAllowed(allowChanges);
  const dataset = dataOf("data", data);
  const batched = batchSize === undefined ? dataset : checkGiven("data.batch()", dataset.batch(batchSize)); // prettier-ignore
  const ordered = shuffle ? checkGiven("data.shuffle()", batched.shuffle({ seed })) : batched;
  checkInteger("train", "data.batchCount", ordered.batchCount, { least: 0 });
  if (ordered.batchCount === 0)
    throw new CajalError("bad-argument", "train: the data has no batches.", { size: dataset.size });
  const validation =
    options.validation === undefined ? undefined : dataOf("validation", options.validation);
  if (validation)
    checkInteger("train", "validation.batchCount", validation.batchCount, { least: 0 });
  if (validation?.batchCount === 0)
    throw new CajalError(
      "bad-argument",
      "train: the validation data has no batches, so its loss would be no number.",
      { size: validation.size },
    );
  if (checkpoint !== undefined) checkTarget(checkpoint);
  await checkpoint?.check?.();
  const {
    frozen = [],
    inferenceMode = [],
    learningRateMultipliers = {},
    lossWeights = {},
  } = options;
  let run: RunDescription | undefined;
  // A checkpoint without them could not be resumed.
  if (checkpoint)
    for (const name of ["size", "batchSize"] as const)
      checkInteger("train", `data.${name}`, ordered[name], { least: 0 });
  if (resume) checkSameData(resume.position, ordered);
  if (resume || checkpoint)
    run = {
      model: modelFingerprint(model),
      optimizer: describe(optimizer),
      loss: { of: describe(loss), weights: lossWeights },
      metrics: describe(metrics),
      data: await dataFingerprint(ordered, signal),
      accumulate,
      shuffle,
      classWeights: classWeights ?? {},
      frozen: [...frozen].toSorted(),
      inferenceMode: [...inferenceMode].toSorted(),
      learningRateMultipliers,
    };
  if (run && resume?.run) checkSameRun(run, resume.run, allowChanges);

  const { worker = "auto", layers } = options;
  const weights = resume?.weights ?? options.weights;
  const formulations = { ...options.formulations, ...resume?.formulations };
  const stepOptions = { ...stepOptionsOf(options), loss, optimizer, metrics, worker, seed, formulations }; // prettier-ignore
  const step =
    "graph" in model
      ? await openTrainStep(weights ? withInitializers(model, weights) : model, stepOptions)
      : await openTrainStep(model, weights ?? initialize(model, { seed, layers }), stepOptions);
  const startTime = performance.now();
  /** The epoch that the step's weights are those at the end of. */
  let finishedEpoch: number | undefined;
  const ofEpoch =
    <T>(epoch: number, name: "weights" | "state", read: () => Promise<T>) =>
    async (): Promise<T> => {
      if (epoch === finishedEpoch) return read();
      throw new CajalError(
        "disposed",
        `train: ${name}() of epoch ${epoch}'s event is called too late: training has gone on, or ended. Call it in the loop, before it continues, or take the ${name} of the "end" event.`,
        { epoch },
      );
    };
  let firstPass: Awaited<ReturnType<typeof begun<NamedBatch>>> | undefined;
  try {
    if (resume) await step.restore(resume.weights, resume.state);
    let { epoch, batch: start } = resume?.position ?? { epoch: 0, batch: 0 };
    let totals = resume?.position.totals ?? {};
    // Data that do not fit are told now, not after an epoch, by the first batch of the pass that comes then.
    if (validation && epoch < epochs) {
      firstPass = await begun(batchesOf("validation", validation, { signal }));
      if (firstPass.first) await step.evaluate(firstPass.first);
    }
    const { batchCount } = ordered;
    const stepsPerEpoch = Math.ceil(batchCount / accumulate);
    yield {
      type: "start",
      engine: step.engine,
      device: step.device,
      epochs,
      epoch,
      step: step.iteration,
      stepsPerEpoch,
    };

    const save = async (next: { epoch: number; batch: number }): Promise<CheckpointEvent> => {
      const { size, batchSize } = ordered;
      const position = { step: step.iteration, ...next, data: { size, batchSize }, totals };
      const saveResult = await checkpoint?.save({
        weights: await step.weights(),
        state: await step.state(),
        position,
        seed,
        ...(run && { run }),
        formulations: step.formulations(),
      });
      return { type: "checkpoint", ...next, step: step.iteration, ...saveResult };
    };
    const everySteps = checkpoint?.everySteps ?? Infinity;
    const everyEpochs = checkpoint?.everyEpochs ?? (checkpoint?.everySteps ? Infinity : 1);

    for (; epoch < epochs; epoch++, start = 0, totals = {}) {
      const epochStartTime = performance.now();
      let batch = start;
      let group: NamedBatch[] = [];
      let groups: NamedBatch[][] = [];
      let taken = start;
      for await (const examples of prefetch(
        batchesOf("data", ordered, { epoch, start, signal }),
        readAhead,
      )) {
        group.push(classWeights ? withClassWeights(examples, classWeights, classes) : examples);
        taken++;
        if (taken > batchCount) throw wrongBatchCount("data", "more", ordered);
        const isLast = taken === batchCount;
        if (group.length < accumulate && !isLast) continue;
        groups.push(group);
        group = [];
        const isSaved = (step.iteration + groups.length) % everySteps === 0;
        if (groups.length < stepsPerExecution && !isSaved && !isLast) continue;
        // A step may block the thread: timers, sockets and the abort signal get their turn in between.
        await nextTask();
        signal?.throwIfAborted();
        finishedEpoch = undefined;
        const first = step.iteration;
        const learningRates = groups.map((_, i) => optimizer.learningRate(first + i));
        let i = 0;
        for await (const { totals: stepTotals, ...result } of execute(
          step,
          groups,
          learningRates,
        )) {
          const batches = groups[i]!;
          totals = addTotals(totals, stepTotals);
          yield {
            type: "step",
            epoch,
            batch,
            step: first + i + 1,
            stepsPerEpoch,
            examples: batches.reduce((sum, { x }) => sum + examplesIn(x), 0),
            learningRate: learningRates[i]!,
            ...result,
          };
          batch += batches.length;
          i++;
        }
        groups = [];
        if (checkpoint && step.iteration % everySteps === 0 && batch < batchCount)
          yield await save({ epoch, batch });
      }
      // Data that the signal is handed to may end their pass by it.
      signal?.throwIfAborted();
      if (taken < batchCount) throw wrongBatchCount("data", String(taken), ordered);
      let validationResult: StepResult | undefined;
      if (validation) {
        const pass = firstPass?.all() ?? batchesOf("validation", validation, { signal });
        firstPass = undefined;
        const batches = prefetch(pass, readAhead);
        const { totals, taken } = await totalsOf(batches, validation, (each) => step.evaluate(each)); // prettier-ignore
        signal?.throwIfAborted();
        if (taken < validation.batchCount)
          throw wrongBatchCount("validation data", String(taken), validation);
        validationResult = step.result(totals);
      }
      finishedEpoch = epoch;
      yield {
        type: "epoch",
        epoch,
        step: step.iteration,
        ...step.result(totals),
        ...(validationResult && { validation: validationResult }),
        seconds: (performance.now() - epochStartTime) / 1000,
        weights: ofEpoch(epoch, "weights", () => step.weights()),
        state: ofEpoch(epoch, "state", () => step.state()),
      };
      const isDue = (epoch + 1) % everyEpochs === 0 || step.iteration % everySteps === 0;
      if (checkpoint && isDue) {
        totals = {};
        yield await save({ epoch: epoch + 1, batch: 0 });
      }
    }
    yield {
      type: "end",
      epochs,
      step: step.iteration,
      seconds: (performance.now() - startTime) / 1000,
      weights: await step.weights(),
      state: await step.state(),
    };
  } finally {
    finishedEpoch = undefined;
    await firstPass?.close();
    await step.dispose();
  }
}

/** The shape of the output that has a loss, as far as it is known; undefined where there are several. */
function trainedShape(
  model: OnnxModel | Model,
  loss: ReturnType<typeof lossesOf>,
  { layers }: Pick<TrainOptions, "layers">,
) {
  const outputs =
    "graph" in model
      ? model.graph.outputs.map(({ name, shape }) => [name, shape] as const)
      : outputShapes(resolve(model, { layers }));
  const trained = typeof loss.compute === "function" ? outputs : outputs.filter(([name]) => Object.hasOwn(loss, name)); // prettier-ignore
  return trained.length === 1 ? trained[0]![1] : undefined;
}

const outputShapes = ({ outputs, outputNames }: Network) =>
  outputs.map(({ shape }, i) => [outputNames[i]!, shape] as const);

/** Makes updates of one or more batches each. */
async function* execute(
  step: TrainStep,
  groups: readonly (readonly NamedBatch[])[],
  learningRates: readonly number[],
): AsyncGenerator<MeasuredStep> {
  if (groups.length > 1 && groups.every(({ length }) => length === 1))
    yield* await step.runSteps(groups.flat(), { learningRates });
  else
    for (const [i, group] of groups.entries())
      yield step.run(group, { learningRate: learningRates[i]! });
}

/** Those of the options that `openTrainStep` takes. */
const stepOptionsOf = (
  options: TrainOptions,
): Omit<TrainStepOptions, "loss" | "metrics" | "optimizer"> =>
  Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(trainStepOptions, name)),
  );

/** Batches to read in advance while a step runs: enough to even out slow reads, and little memory. */
const readAhead = 2;

const examplesIn = (x: NamedBatch["x"]): number => {
  const [first] = isTensor(x) ? [x] : Object.values(x);
  return first?.shape[0] ?? 0;
};

/** The totals over all batches of validation data, and how many there were. */
async function totalsOf(
  batches: AsyncIterable<NamedBatch>,
  validation: TrainData,
  evaluate: (batch: NamedBatch) => Promise<MeasuredStep>,
): Promise<{ totals: Totals; taken: number }> {
  let totals: Totals = {};
  let taken = 0;
  for await (const batch of batches) {
    taken++;
    if (taken > validation.batchCount) throw wrongBatchCount("validation data", "more", validation);
    await nextTask();
    totals = addTotals(totals, (await evaluate(batch)).totals);
  }
  return { totals, taken };
}

/** The number of batches of an epoch must be what the data has said. */
function wrongBatchCount(what: string, got: string, { batchCount }: TrainData): CajalError {
  return new CajalError(
    "bad-argument",
    `train: the ${what} gave ${got} batches in an epoch, and has a batchCount of ${batchCount}.`,
    { batchCount },
  );
}
