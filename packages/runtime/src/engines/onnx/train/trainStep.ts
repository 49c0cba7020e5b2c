// The training step on ONNX Runtime: graphs that compute it (stepGraphs.ts), and the parameters that they read and
// write (parameterStore.ts).
import { sizeOf, type Tensor, type Weights } from "@cajal/core";
import { isGpu, noDevice, type DeviceChoice, type DeviceName } from "../../../device/device";
import { isInstalled } from "../../../device/peers";
import type { StepBatch } from "../../../step/batch";
import { notFinite, type Bad } from "../../../step/checks";
import type { Numbers, PendingStep, StepPosition, TrainCore } from "../../../step/core";
import { placeholders } from "../../../step/forward";
import { isFixed, type TrainableModel } from "../../../step/model";
import type { TrainStepOptions } from "../../../step/trainStep";
import { candidates } from "../../engine";
import { blockSize } from "../blockSize";
import { onnxDevices } from "../devices";
import { doubling } from "../doubling";
import { onnxRuntime } from "../onnxRuntime";
import { testedVersions } from "../peers";
import { keepsOnDevice, lacksIndices } from "../provider";
import { hasWorkerThread, sameThread, workerThread, type GraphThread } from "../thread/graphThread";
import { sumOf, survey } from "./compile";
import { initialSlots, ParameterStore } from "./parameterStore";
import { StepGraphs, whole, type Part } from "./stepGraphs";

/**
 * The graph for a shape of batch is compiled at its first step.
 *
 * @throws CajalError `missing-peer`, `no-device`, `unsupported` (an operator without a gradient); later `engine`
 */
export async function openTrainStepOnOnnx(
  trained: TrainableModel,
  weights: Weights,
  options: TrainStepOptions,
): Promise<TrainCore> {
  const { optimizer, seed = 0, threads, worker, verify = true } = options;
  const device = await firstDevice(options.device ?? "auto");
  const block = await blockSize(device);
  const onWorker = worker === "auto" ? hasWorkerThread(device) : worker;
  const withoutIndices = lacksIndices(device);
  const { inputs } = trained;
  // A Keras model of free extents tells at its first batch how its graphs want the weights.
  const tells = "graph" in trained || inputs.every(({ shape }) => isFixed(shape));
  const layouts = tells ? survey(trained, placeholders(inputs)) : undefined;

  const thread = (onWorker ? workerThread : sameThread)({ device, threads });
  const store = new ParameterStore(thread, trained.weights, optimizer);
  const keepsShapes = keepsOnDevice(device);
  const graphs = new StepGraphs(thread, store, { trained, options, block, withoutIndices, keepsShapes, seed }); // prettier-ignore
  const verified = async (shapes: Shapes) => {
    if (!verify || !isGpu(device)) return;
    const { verifyTraining } = await import("./verifyTrainStep");
    await verifyTraining({ trained, layouts: store.layouts, shapes, device, thread, ref: store.current }); // prettier-ignore
  };
  try {
    if (layouts) await store.arrange(layouts);
    await store.write(weights, initialSlots(trained.weights, optimizer));
    if (layouts) await verified(shapesOf(inputs.map((input) => [input.name, input])));
  } catch (error) {
    await thread.end();
    throw error;
  }
  return {
    engine: "onnx",
    device,
    tested: device === "cpu" && isInstalled("onnxruntime-node", testedVersions["onnxruntime-node"]),
    ...stepOf({
      trained,
      store,
      graphs,
      async prepare({ x }) {
        if (store.isArranged) return;
        await store.arrange(survey(trained, x));
        await verified(shapesOf(Object.entries(x)));
      },
    }),
    readWeights: store.readWeights,
    readSlots: store.readSlots,
    write: (values, slots) => store.write(values, slots),
    free: () => freed(graphs, thread),
  };
}

type Shapes = Readonly<Record<string, readonly (number | null)[]>>;

const shapesOf = (
  entries: readonly (readonly [string, { readonly shape: Shapes[string] }])[],
): Shapes => Object.fromEntries(entries.map(([name, { shape }]) => [name, shape]));

/** What is known of a batch's x before there is one. */
async function freed(graphs: StepGraphs, thread: GraphThread): Promise<void> {
  await graphs.free();
  await thread.end();
}

interface Step {
  readonly trained: TrainableModel;
  readonly store: ParameterStore;
  readonly graphs: StepGraphs;
  /** Before the first batch. */
  prepare(batch: StepBatch): Promise<void>;
}

function stepOf({ trained, store, graphs, prepare }: Step): Pick<TrainCore, "compute" | "measure"> {
  async function compute(batches: readonly StepBatch[], at: StepPosition): Promise<PendingStep> {
    await prepare(batches[0]!);
    if (batches.length > 1) return accumulate(batches, at);
    const part = whole(batches[0]!);
    const { numbers, isFinite, updated } = await graphs.run("train", part, at);
    return {
      numbers: [numbers],
      finite: isFinite,
      commit: () => store.commit(updated),
      discard: () => {},
      firstBad: () => firstBad(part, at, updated),
    };
  }

  async function accumulate(batches: readonly StepBatch[], at: StepPosition): Promise<PendingStep> {
    // Batch normalization moves its averages with every batch: a step that fails puts them back.
    store.save();
    const sums = trained.weights
      .filter(({ multiplier }) => multiplier !== undefined)
      .map(({ key, shape }) => [sumOf(key), sizeOf(shape)] as const);
    await store.zero(Object.fromEntries(sums));
    const examples = batches.reduce((sum, { examples }) => sum + examples, 0);
    const numbers: Numbers[] = [];
    let part = whole(batches[0]!);
    let finite = true;
    let updated: readonly string[] = [];
    try {
      for (const [number, batch] of batches.entries()) {
        part = { batch, number, share: batch.examples / examples };
        const ran = await graphs.run("accumulate", part, at);
        numbers.push(ran.numbers);
        ({ updated } = ran);
        finite = Number.isFinite(ran.numbers[0]![0]);
        // Where only a sum of all that was written is too large, the step goes on.
        if (finite && !ran.isFinite) finite = !(await firstBad(part, at, updated));
        if (!finite) break;
        store.commit(updated);
      }
      if (finite) ({ isFinite: finite, updated } = await graphs.run("update", part, at));
    } catch (error) {
      store.rollBack();
      throw error;
    }
    return {
      numbers,
      finite,
      commit: () => {
        store.commit(updated);
        store.release();
      },
      discard: () => store.rollBack(),
      firstBad: () => firstBad(part, at, updated),
    };
  }

  /**
   * Goes through the tensors of a step in the order in which they are computed.
   *
   * @param updated what the step has written, and does not count yet
   */
  async function firstBad(
    part: Part,
    at: StepPosition,
    updated: readonly string[],
  ): Promise<Bad | undefined> {
    for await (const [name, data] of tensorsOf(part, at, updated)) {
      const bad = notFinite(name, { data });
      if (bad) return bad;
    }
    return undefined;
  }

  async function* tensorsOf(
    part: Part,
    at: StepPosition,
    updated: readonly string[],
  ): AsyncGenerator<readonly [name: string, data: Tensor["data"]]> {
    for (const [key, { data }] of await store.readWeights()) yield [`weight "${key}"`, data];
    const { outputNames, outputs } = await graphs.run("probe", part, at);
    for (const name of outputNames) yield [name, outputs[name]!.data];
    const written = await store.written(updated);
    for (const [i, name] of updated.entries()) {
      const what = trained.weights.some(({ key }) => key === name) ? "weight" : "optimizer's state";
      yield [`the new ${what} "${name}"`, written[i]!];
    }
  }

  return {
    compute,
    async measure(batch) {
      await prepare(batch);
      const at = { iteration: 0, learningRate: 0 };
      return (await graphs.run("evaluate", whole(batch), at)).numbers;
    },
  };
}

/** The first device of a choice that works at all. */
async function firstDevice(choice: DeviceChoice): Promise<DeviceName> {
  const devices = candidates(onnxDevices, choice);
  for (const [i, device] of devices.entries())
    try {
      const { session } = await onnxRuntime(doubling(), { device });
      await session.release();
      return device;
    } catch (error) {
      if (i === devices.length - 1) throw error;
    }
  throw noDevice("onnx", choice, "there is none.");
}
