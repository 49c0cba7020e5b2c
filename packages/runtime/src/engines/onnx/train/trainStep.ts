// The training step on ONNX Runtime: graphs that compute it (stepGraphs.ts), and the parameters that they read and
// write (parameterStore.ts).
import { type NamedTensors, type Tensor, type Weights } from "@cajal/core";
import { isGpu, noDevice, type DeviceChoice, type DeviceName } from "../../../device/device";
import { isInstalled } from "../../../device/peers";
import type { StepBatch } from "../../../step/batch";
import { differentiates } from "../../../step/calls";
import { findNonFinite, type NonFinite } from "../../../step/checks";
import type { Numbers, PendingStep, StepPosition, TrainCore } from "../../../step/core";
import { placeholders } from "../../../step/forward";
import { isFixed, type TrainableModel } from "../../../step/model";
import type { TrainStepOptions } from "../../../step/trainStep";
import { candidates } from "../../engine";
import { blockSize } from "../blockSize";
import { onnxDevices } from "../devices";
import { doublingGraph } from "../doublingGraph";
import { onnxRuntime } from "../onnxRuntime";
import { testedVersions } from "../peers";
import { keepsOnDevice, rewrites } from "../provider";
import {
  hasWorkerThread,
  callerThread,
  workerThread,
  type GraphThread,
} from "../thread/graphThread";
import { fillsOutputs } from "../thread/outputArrays";
import { formulationChoices } from "./formulations";
import { gradientSums } from "./compileUpdate";
import { inferLayouts } from "./compile";
import { leastBytesInPlace } from "./inPlace";
import { ParameterStore } from "./parameterStore";
import { Helpers, StepParts } from "./parts";
import { mostParts } from "./partCount";
import { StepGraphs } from "./stepGraphs";
import { singleBatch, type MicroBatch } from "./stepInputs";

/** Where a step runs and what it keeps, for steps that share its weights. */
interface Place {
  readonly thread: GraphThread;
  readonly device: DeviceName;
  readonly threads: number | undefined;
  readonly store: ParameterStore;
  readonly helpers: Helpers;
  /** Of all steps there together. */
  readonly users: { count: number };
}

const places = new WeakMap<TrainCore, Place>();

/**
 * The graph for a shape of batch is compiled at its first step.
 *
 * @param other a step to run beside, and share weights with
 * @throws CajalError `missing-peer`, `no-device`, `unsupported` (an operator without a gradient); later `engine`
 */
export async function openTrainStepOnOnnx(
  trainable: TrainableModel,
  weights: Weights,
  options: TrainStepOptions,
  other?: TrainCore,
): Promise<TrainCore> {
  const { optimizer, seed = 0, worker, verify = true, deterministic = false } = options;
  const beside = other && places.get(other);
  const device = beside?.device ?? (await firstDevice(options.device ?? "auto"));
  const { threads } = beside ?? options;
  const block = await blockSize(device);
  const canWriteOver = device === "cpu" && (await fillsOutputs(device));
  const onWorker = worker === "auto" ? hasWorkerThread(device) : worker;
  const webgpu = rewrites(device);
  const { inputs } = trainable;
  // With free extents, a Keras model's layouts are known at its first batch; where it differentiates, the batch is one.
  const hasFixedInputs =
    "graph" in trainable ||
    (inputs.every(({ shape }) => isFixed(shape)) && !trainable.network.calls.some(differentiates));
  const layouts = hasFixedInputs ? inferLayouts(trainable, placeholders(inputs)) : undefined;

  const thread = beside?.thread ?? (onWorker ? workerThread : callerThread)({ device, threads });
  const store = new ParameterStore(thread, trainable.weights, optimizer, beside?.store);
  const users = beside?.users ?? { count: 0 };
  users.count++;
  const helpers = beside?.helpers ?? new Helpers(thread);
  const leave = async () => {
    if (--users.count === 0) await thread.end();
  };
  const keepsShapes = keepsOnDevice(device);
  const choices = { device, thread, block, given: options.formulations, byRule: deterministic };
  const formulations = formulationChoices({ ...choices, threads });
  const inPlace = canWriteOver && store.bytes >= leastBytesInPlace;
  const graphOptions = { trainable, options, block, webgpu, gpu: isGpu(device), keepsShapes };
  const graphs = new StepGraphs(thread, store, { ...graphOptions, inPlace, formulations, seed });
  const parts = new StepParts({
    thread,
    helpers,
    store,
    options: graphOptions,
    formulations: formulationChoices({ ...choices, threads: 1 }),
    seed,
    most:
      canWriteOver && !inPlace && hasWorkerThread(device)
        ? mostParts({ ...options, threads })
        : undefined,
  });
  const verifyShapes = async (shapes: Shapes) => {
    if (!verify || !isGpu(device)) return;
    const { verifyTraining } = await import("./verifyTrainStep");
    await verifyTraining({ trainable, layouts: store.layouts, shapes, device, thread, ref: store.current }); // prettier-ignore
  };
  try {
    if (layouts) await store.setLayouts(layouts);
    await store.begin(weights);
    if (layouts) await verifyShapes(shapesOf(inputs.map((input) => [input.name, input])));
  } catch (error) {
    await leave();
    throw error;
  }
  const core: TrainCore = {
    engine: "onnx",
    device,
    isTested:
      device === "cpu" && isInstalled("onnxruntime-node", testedVersions["onnxruntime-node"]),
    ...stepOf({
      trainable,
      store,
      graphs,
      parts,
      scans: !rewrites(device),
      async prepare(x) {
        if (store.isArranged) return;
        await store.setLayouts(inferLayouts(trainable, x));
        await verifyShapes(shapesOf(Object.entries(x)));
      },
    }),
    formulations: () => ({ ...formulations.chosen(), ...parts.chosen() }),
    readWeights: store.readWeights,
    readSlots: store.readSlots,
    write: (values, slots) => store.write(values, slots),
    async free() {
      await graphs.free();
      await parts.free();
      await leave();
    },
  };
  places.set(core, { thread, device, threads, store, helpers, users });
  return core;
}

type Shapes = Readonly<Record<string, readonly (number | null)[]>>;

const shapesOf = (
  entries: readonly (readonly [string, { readonly shape: Shapes[string] }])[],
): Shapes => Object.fromEntries(entries.map(([name, { shape }]) => [name, shape]));

interface Step {
  readonly trainable: TrainableModel;
  readonly store: ParameterStore;
  readonly graphs: StepGraphs;
  readonly parts: StepParts;
  /**
   * Whether several steps are one graph. Not on webgpu: its arrays stay on the device anyway, and graphs within graphs
   * are not rewritten for it.
   */
  readonly scans: boolean;
  /** Called before each run; does its work before the first batch. */
  prepare(x: NamedTensors): Promise<void>;
}

function stepOf({
  trainable,
  store,
  graphs,
  parts,
  scans,
  prepare,
}: Step): Pick<TrainCore, "compute" | "computeSteps" | "measure" | "predict"> {
  async function compute(
    batches: readonly StepBatch[],
    position: StepPosition,
  ): Promise<PendingStep> {
    await prepare(batches[0]!.x);
    if (batches.length > 1) return accumulate(batches, position);
    if (await parts.isFor(batches[0]!)) return inParts(batches[0]!, position);
    const microBatch = singleBatch(batches[0]!);
    const { numbers, isFinite, updatedNames } = await graphs.run("train", microBatch, position);
    return {
      numbers: [numbers],
      isFinite,
      commit: () => store.commit(updatedNames),
      discard: () => {},
      firstNonFinite: () => firstNonFinite(microBatch, position, updatedNames),
    };
  }

  async function inParts(batch: StepBatch, position: StepPosition): Promise<PendingStep> {
    const { microBatches, numbers, isFinite, updatedNames } = await parts.run(batch, position);
    return {
      parts: microBatches.map((each) => each.batch),
      numbers,
      isFinite,
      commit: () => store.commit(updatedNames),
      discard: () => {},
      async firstNonFinite() {
        for (const microBatch of microBatches) {
          const found = await firstNonFinite(microBatch, position, updatedNames);
          if (found) return found;
        }
        return undefined;
      },
    };
  }

  async function computeSteps(
    batches: readonly StepBatch[],
    positions: readonly StepPosition[],
  ): Promise<Omit<PendingStep, "firstNonFinite"> | undefined> {
    await prepare(batches[0]!.x);
    if (await parts.isFor(batches[0]!)) return undefined;
    const { numbersOfSteps, isFinite, updatedNames } = await graphs.runSteps(batches, positions);
    return {
      numbers: numbersOfSteps,
      isFinite,
      commit: () => store.commit(updatedNames),
      discard: () => {},
    };
  }

  async function accumulate(
    batches: readonly StepBatch[],
    position: StepPosition,
  ): Promise<PendingStep> {
    // Batch normalization updates its averages with every batch: a failing step restores them.
    store.save();
    await store.zero(gradientSums(trainable.weights));
    const examples = batches.reduce((sum, { examples }) => sum + examples, 0);
    const numbers: Numbers[] = [];
    let microBatch = singleBatch(batches[0]!);
    let isStepFinite = true;
    let updatedNames: readonly string[] = [];
    try {
      for (const [number, batch] of batches.entries()) {
        microBatch = { batch, number, share: batch.examples / examples };
        const result = await graphs.run("accumulate", microBatch, position);
        numbers.push(result.numbers);
        ({ updatedNames } = result);
        isStepFinite = Number.isFinite(result.numbers[0]![0]);
        // If only the sum of the finite check overflows, the step continues.
        if (isStepFinite && !result.isFinite)
          isStepFinite = !(await firstNonFinite(microBatch, position, updatedNames));
        if (!isStepFinite) break;
        store.commit(updatedNames);
      }
      if (isStepFinite)
        ({ isFinite: isStepFinite, updatedNames } = await graphs.run(
          "update",
          microBatch,
          position,
        ));
    } catch (error) {
      store.rollBack();
      throw error;
    }
    return {
      numbers,
      isFinite: isStepFinite,
      commit: () => {
        store.commit(updatedNames);
        store.release();
      },
      discard: () => store.rollBack(),
      firstNonFinite: () => firstNonFinite(microBatch, position, updatedNames),
    };
  }

  /**
   * Checks the tensors of a step in the order in which they are computed.
   *
   * @param updatedNames arrays that the step has written and not committed
   */
  async function firstNonFinite(
    microBatch: MicroBatch,
    position: StepPosition,
    updatedNames: readonly string[],
  ): Promise<NonFinite | undefined> {
    for await (const [name, data] of tensorsOf(microBatch, position, updatedNames)) {
      const nonFinite = findNonFinite(name, { data });
      if (nonFinite) return nonFinite;
    }
    return undefined;
  }

  async function* tensorsOf(
    microBatch: MicroBatch,
    position: StepPosition,
    updatedNames: readonly string[],
  ): AsyncGenerator<readonly [name: string, data: Tensor["data"]]> {
    for (const [key, { data }] of await store.readWeights()) yield [`weight "${key}"`, data];
    const { outputNames, outputs } = await graphs.run("probe", microBatch, position);
    for (const name of outputNames) yield [name, outputs[name]!.data];
    const pendingArrays = await store.readPending(updatedNames);
    for (const [i, name] of updatedNames.entries()) {
      const what = trainable.weights.some(({ key }) => key === name)
        ? "weight"
        : "optimizer's state";
      yield [`the new ${what} "${name}"`, pendingArrays[i]!];
    }
  }

  return {
    compute,
    ...(scans && { computeSteps }),
    async measure(batch) {
      await prepare(batch.x);
      const position = { iteration: 0, learningRate: 0 };
      return (await graphs.run("evaluate", singleBatch(batch), position)).numbers;
    },
    async predict(x, of) {
      await prepare(x);
      return graphs.predict(x, of);
    },
  };
}

/** The first device of a choice that works at all. */
async function firstDevice(choice: DeviceChoice): Promise<DeviceName> {
  const devices = candidates(onnxDevices, choice);
  for (const [i, device] of devices.entries())
    try {
      const { session } = await onnxRuntime(doublingGraph(), { device });
      await session.release();
      return device;
    } catch (error) {
      if (i === devices.length - 1) throw error;
    }
  throw noDevice("onnx", choice, "there is none.");
}
