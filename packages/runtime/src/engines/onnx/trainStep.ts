// The training step on ONNX Runtime, run as the graphs of trainStepCompile.ts. Parameters and the
// optimizer's slots go in and come out of them; they stay where the graphs run, in two sets of arrays that
// take turns, so that a step neither allocates them nor spoils what it began with.
import { hash, sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import { fromInput, toInput, type WeightInput } from "@cajal/models";
import { blockSize } from "./blockSize";
import { isGpu, noDevice, type DeviceChoice, type DeviceName } from "../../devices/device";
import type { Ref } from "./graphHost.js";
import { hasWorkerThread, sameThread, workerThread, type OpenedGraph } from "./graphThread";
import { doubling } from "./doubling";
import { onnxRuntime } from "./onnxRuntime";
import { lacksIndices } from "./provider";
import { isInstalled } from "../../devices/peers";
import { candidates } from "../engine";
import { onnxDevices } from "./devices";
import { testedVersions } from "./peers";
import type { TrainStepOptions } from "../../step/trainStep";
import type { StepBatch } from "../../step/batch";
import { notFinite, type Bad } from "../../step/checks";
import { compileStep, sumOf, survey, type Kind, type StepGraph } from "./compile";
import type { Numbers, PendingStep, StepPosition, TrainCore } from "../../step/core";
import { isFixed, type ModelWeight, type TrainableModel } from "../../step/model";

/** A graph for batches of one shape, opened. */
interface Opened extends Omit<StepGraph, "model"> {
  readonly graph: OpenedGraph;
}

/** A batch among those of its step. */
interface Part {
  readonly batch: StepBatch;
  readonly number: number;
  /** Of the step's examples. */
  readonly share: number;
}

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
  const { optimizer, seed = 0, device: choice = "auto", threads, worker } = options;
  const { verify = true } = options;
  const device = await firstDevice(choice);
  const block = await blockSize(device);
  const parameters = trained.weights.filter(({ multiplier }) => multiplier !== undefined);
  const slotNames = Object.keys(optimizer.slots);

  // How the graphs want weights: the layout in which they are kept. A Keras model of free extents does
  // not tell before its first batch; until then they are kept as Keras has them.
  const { inputs } = trained;
  const shapes = Object.fromEntries(inputs.map(({ name, shape }) => [name, shape]));
  let surveyed = "graph" in trained || inputs.every(({ shape }) => isFixed(shape));
  let layouts: ReadonlyMap<string, WeightInput> = new Map();
  if (surveyed)
    layouts = survey(
      trained,
      Object.fromEntries(
        inputs.map(({ name, shape }) => [
          name,
          {
            dtype: "float32" as const,
            shape: shape.map((extent, axis) => extent ?? (axis === 0 ? "batch" : undefined)),
          },
        ]),
      ),
    );

  const elsewhere = worker === "auto" ? hasWorkerThread(device) : worker;
  const thread = (elsewhere ? workerThread : sameThread)({ device, threads });
  /** Weights and slots → the version of each that counts. */
  let now = new Map<string, number>();
  /** Versions to which a step that fails goes back. */
  const held = new Map<string, number>();
  const ref = (name: string): Ref => [name, now.get(name)!];
  /** The version that is written next: neither of those. */
  const next = (name: string) =>
    [0, 1, 2].find((version) => version !== now.get(name) && version !== held.get(name))!;

  async function write(values: Weights, slots: ReadonlyMap<string, Tensor>): Promise<void> {
    const arrays: Record<string, Float32Array> = {};
    for (const { key, multiplier } of trained.weights) {
      const layout = layouts.get(key);
      const stored = (from: Tensor) =>
        (layout ? toInput(layout, from) : from).data.slice() as Float32Array;
      arrays[key] = stored(values.get(key)!);
      if (multiplier === undefined) continue;
      for (const slot of slotNames) arrays[`${key}/${slot}`] = stored(slots.get(`${key}/${slot}`)!);
    }
    now = new Map(Object.keys(arrays).map((name) => [name, 0]));
    await thread.put(arrays);
  }

  /** Weights or slots, each of the weight's shape, in Keras' layout. */
  async function read(
    names: readonly { readonly name: string; readonly weight: ModelWeight }[],
  ): Promise<Map<string, Tensor>> {
    const arrays = await thread.take(names.map(({ name }) => ref(name)));
    return new Map(
      names.map(({ name, weight: { key, shape } }, i) => {
        const layout = layouts.get(key);
        const data = arrays[i]!;
        const stored = tensor("float32", layout ? (layout.value.shape as number[]) : shape, data);
        return [name, layout ? fromInput(layout, stored) : stored];
      }),
    );
  }
  const readWeights = () => read(trained.weights.map((weight) => ({ name: weight.key, weight })));
  const readSlots = () =>
    read(
      parameters.flatMap((weight) =>
        slotNames.map((slot) => ({ name: `${weight.key}/${slot}`, weight })),
      ),
    );

  async function surveyFor({ x }: StepBatch): Promise<void> {
    if (surveyed) return;
    const found = survey(trained, x);
    const [weights, slots] = [await readWeights(), await readSlots()];
    layouts = found;
    await write(weights, slots);
    surveyed = true;
    await check(Object.fromEntries(Object.entries(x).map(([name, { shape }]) => [name, shape])));
  }

  async function check(of: typeof shapes): Promise<void> {
    if (!verify || !isGpu(device)) return;
    const { verifyTraining } = await import("./verifyTrainStep");
    await verifyTraining({ trained, layouts, shapes: of, device, thread, ref });
  }

  const opened = new Map<string, Promise<Opened>>();
  function graphFor(kind: Kind, batch: StepBatch): Promise<Opened> {
    const { x, y, weight } = batch;
    const of = [x, y, weight]
      .flatMap((tensors) => Object.entries(tensors))
      .map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape.join()}`)
      .join("; ");
    const key = kind === "update" ? kind : `${kind} ${of}`;
    let found = opened.get(key);
    if (!found) {
      found = open(kind, batch);
      found.catch(() => opened.delete(key));
      opened.set(key, found);
    }
    return found;
  }
  async function open(kind: Kind, batch: StepBatch): Promise<Opened> {
    const { model, ...about } = compileStep(kind, batch, {
      trained,
      options,
      layouts,
      block,
      withoutIndices: lacksIndices(device),
    });
    return { ...about, graph: await thread.open(model) };
  }

  function run(
    { graph, feeds: names, updated }: Opened,
    { batch, number, share }: Part,
    { iteration, learningRate }: StepPosition,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const ofBatch = (["x", "y", "weight"] as const).flatMap((what) =>
      [...names[what]].map(([name, input]) => [input, () => batch[what][name]!] as const),
    );
    const given: Readonly<Record<string, () => Tensor>> = {
      ...Object.fromEntries(ofBatch),
      "input/learning_rate": () => tensor("float32", [], [learningRate]),
      "input/iteration": () => tensor("float32", [], [iteration + 1]),
      "input/seed": () => tensor("int64", [], [hash(iteration, hash(seed, number))]),
      "input/share": () => tensor("float32", [], [share]),
    };
    const feeds: Record<string, Tensor> = {};
    const kept: Record<string, Ref> = {};
    for (const name of graph.inputNames)
      if (given[name]) feeds[name] = given[name]();
      else kept[name] = ref(name);
    const into = Object.fromEntries(
      updated.map((name): [string, Ref] => [`new/${name}`, [name, next(name)]]),
    );
    return graph.run({ feeds, kept, into });
  }

  async function compute(batches: readonly StepBatch[], at: StepPosition): Promise<PendingStep> {
    const [batch] = batches;
    await surveyFor(batch!);
    if (batches.length > 1) return accumulate(batches, at);
    const graph = await graphFor("train", batch!);
    const { numbers } = await run(graph, whole(batch!), at);
    const read = numbersOf(graph, numbers!);
    return {
      numbers: [read],
      finite: isFinite(read),
      commit: () => turn(graph.updated),
      discard: () => {},
      firstBad: () => firstBad(whole(batch!), at, graph.updated),
    };
  }

  async function accumulate(batches: readonly StepBatch[], at: StepPosition): Promise<PendingStep> {
    // Batch normalization moves its averages with every batch: a step that fails puts them back.
    for (const { key, trainable } of trained.weights) if (!trainable) held.set(key, now.get(key)!);
    const discard = () => {
      held.forEach((version, key) => now.set(key, version));
      held.clear();
    };
    const sums = parameters.map(({ key, shape }) => [sumOf(key), sizeOf(shape)] as const);
    for (const [name] of sums) now.set(name, 0);
    await thread.zero(Object.fromEntries(sums));
    const examples = batches.reduce((sum, { examples }) => sum + examples, 0);
    const numbers: Numbers[] = [];
    let part = whole(batches[0]!);
    let finite = true;
    let updated: readonly string[] = [];
    try {
      for (const [number, batch] of batches.entries()) {
        const graph = await graphFor("accumulate", batch);
        part = { batch, number, share: batch.examples / examples };
        const read = numbersOf(graph, (await run(graph, part, at)).numbers!);
        numbers.push(read);
        finite = Number.isFinite(read[0]![0]) && isFinite(read);
        if (!finite) break;
        turn(graph.updated);
      }
      if (finite) {
        const graph = await graphFor("update", part.batch);
        finite = isFinite(numbersOf(graph, (await run(graph, part, at)).numbers!));
        ({ updated } = graph);
      }
    } catch (error) {
      discard();
      throw error;
    }
    return {
      numbers,
      finite,
      commit: () => {
        turn(updated);
        held.clear();
      },
      discard,
      firstBad: () => firstBad(part, at, updated),
    };
  }

  /** What was made of these is what counts. */
  function turn(names: readonly string[]): void {
    for (const name of names) now.set(name, next(name));
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
    for (const [key, weight] of await readWeights()) {
      const bad = notFinite(`weight "${key}"`, weight);
      if (bad) return bad;
    }
    const graph = await graphFor("probe", part.batch);
    const results = await run(graph, part, at);
    for (const name of graph.graph.outputNames) {
      const bad = notFinite(name, results[name]!);
      if (bad) return bad;
    }
    const written = await thread.take(updated.map((name): Ref => [name, next(name)]));
    for (const [i, name] of updated.entries()) {
      const what = trained.weights.some(({ key }) => key === name) ? "weight" : "optimizer's state";
      const bad = notFinite(`the new ${what} "${name}"`, { data: written[i]! });
      if (bad) return bad;
    }
    return undefined;
  }

  await write(
    weights,
    new Map(
      parameters.flatMap(({ key, shape }) =>
        slotNames.map((slot): [string, Tensor] => [
          `${key}/${slot}`,
          tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(optimizer.slots[slot]!)),
        ]),
      ),
    ),
  )
    .then(() => (surveyed ? check(shapes) : undefined))
    .catch(async (error: unknown) => {
      await thread.end();
      throw error;
    });
  return {
    engine: "onnx",
    device,
    tested: device === "cpu" && isInstalled("onnxruntime-node", testedVersions["onnxruntime-node"]),
    compute,
    measure: async (batch) => {
      await surveyFor(batch);
      const graph = await graphFor("evaluate", batch);
      const { numbers } = await run(graph, whole(batch), { iteration: 0, learningRate: 0 });
      return numbersOf(graph, numbers!);
    },
    readWeights,
    readSlots,
    write,
    free: async () => {
      for (const graph of await Promise.allSettled(opened.values()))
        if (graph.status === "fulfilled") await graph.value.graph.release().catch(() => {});
      await thread.end();
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

/** The numbers of a graph, apart. */
function numbersOf({ lengths }: Opened, { data }: Tensor): Numbers {
  let at = 0;
  return lengths.map((length) => Array.from(data.subarray(at, (at += length)) as Float32Array));
}

/** Whether what a graph has written is finite: its last number. */
const isFinite = (numbers: Numbers): boolean => Number.isFinite(numbers.at(-1)![0]);

const whole = (batch: StepBatch): Part => ({ batch, number: 0, share: 1 });
