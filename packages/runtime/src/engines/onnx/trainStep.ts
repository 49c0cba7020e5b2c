// The training step on ONNX Runtime, run as the graphs of trainStepCompile.ts. Parameters and the
// optimizer's slots go in and come out of them; they stay where the graphs run, in two sets of arrays that
// take turns, so that a step neither allocates them nor spoils what it began with.
import { hash, sizeOf, tensor, type Batch, type Tensor, type Weights } from "@cajal/core";
import { fromInput, toInput, type WeightInput } from "@cajal/models";
import { blockSize } from "./blockSize";
import {
  candidates,
  isGpu,
  noDevice,
  type DeviceChoice,
  type DeviceName,
} from "../../devices/device";
import type { Ref } from "./graphHost.js";
import { hasWorkerThread, sameThread, workerThread, type OpenedGraph } from "./graphThread";
import { doubling, onnxRuntime } from "./onnxRuntime";
import { lacksIndices } from "./provider";
import { isTested } from "../../devices/peers";
import type { TrainStepOptions } from "../../step/trainStep";
import { notFinite, type Bad } from "../../step/checks";
import { compileStep, sumOf, survey, type Kind, type StepGraph } from "./compile";
import type { PendingStep, StepPosition, TrainCore } from "../../step/core";
import { isFixed, type ModelWeight, type TrainableModel } from "../../step/model";

/** A graph for batches of one shape, opened. */
interface Opened extends Omit<StepGraph, "model"> {
  readonly graph: OpenedGraph;
}

/** A batch among those of its step. */
interface Part {
  readonly batch: Batch;
  readonly number: number;
  /** Of the step's examples. */
  readonly share: number;
}

/**
 * The graph for a shape of batch is compiled at its first step.
 *
 * @throws CajalError `missing-peer`, `no-device`, `unsupported` (an operator without a gradient); later `engine`
 */
export async function openOnOnnx(
  trained: TrainableModel,
  weights: Weights,
  options: TrainStepOptions,
): Promise<TrainCore> {
  const { optimizer, metrics = [], seed = 0, device: choice = "auto", threads, worker } = options;
  const { verify = true } = options;
  const device = await firstDevice(choice);
  const block = await blockSize(device);
  const parameters = trained.weights.filter(({ multiplier }) => multiplier !== undefined);
  const slotNames = Object.keys(optimizer.slots);

  // How the graphs want weights: the layout in which they are kept. A Keras model of free extents does
  // not tell before its first batch; until then they are kept as Keras has them.
  const { input } = trained;
  let surveyed = "graph" in trained || isFixed(input);
  let layouts: ReadonlyMap<string, WeightInput> = new Map();
  if (surveyed)
    layouts = survey(
      trained,
      input.map((extent, axis) => extent ?? (axis === 0 ? "batch" : undefined)),
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

  async function surveyFor({ x }: Batch): Promise<void> {
    if (surveyed) return;
    const found = survey(trained, x.shape);
    const [weights, slots] = [await readWeights(), await readSlots()];
    layouts = found;
    await write(weights, slots);
    surveyed = true;
    await check(x.shape);
  }

  async function check(shape: readonly (number | null)[]): Promise<void> {
    if (!verify || !isGpu(device)) return;
    const { verifyTraining } = await import("./verifyTrainStep");
    await verifyTraining({ trained, layouts, shape, device, thread, ref });
  }

  const opened = new Map<string, Promise<Opened>>();
  function graphFor(kind: Kind, { x, y }: Batch): Promise<Opened> {
    const of = `${x.shape.join()} ${y.dtype} ${y.shape.join()}`;
    const key = kind === "update" ? kind : `${kind} ${of}`;
    let found = opened.get(key);
    if (!found) {
      found = open(kind, { x, y });
      found.catch(() => opened.delete(key));
      opened.set(key, found);
    }
    return found;
  }
  async function open(kind: Kind, batch: Batch): Promise<Opened> {
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
    { graph, x: xName, updated }: Opened,
    { batch: { x, y }, number, share }: Part,
    { iteration, learningRate }: StepPosition,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const given: Readonly<Record<string, () => Tensor>> = {
      [xName]: () => x,
      "input/y": () => y,
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

  async function compute(batches: readonly Batch[], at: StepPosition): Promise<PendingStep> {
    const [batch] = batches;
    await surveyFor(batch!);
    if (batches.length > 1) return accumulate(batches, at);
    const graph = await graphFor("train", batch!);
    const { numbers } = await run(graph, whole(batch!), at);
    const read = numbers!.data as Float32Array;
    return {
      numbers: read.subarray(0, 1 + metrics.length),
      finite: Number.isFinite(read.at(-1)),
      commit: () => turn(graph.updated),
      discard: () => {},
      firstBad: () => firstBad(whole(batch!), at),
    };
  }

  async function accumulate(batches: readonly Batch[], at: StepPosition): Promise<PendingStep> {
    // Batch normalization moves its averages with every batch: a step that fails puts them back.
    for (const { key, trainable } of trained.weights) if (!trainable) held.set(key, now.get(key)!);
    const discard = () => {
      held.forEach((version, key) => now.set(key, version));
      held.clear();
    };
    const sums = parameters.map(({ key, shape }) => [sumOf(key), sizeOf(shape)] as const);
    for (const [name] of sums) now.set(name, 0);
    await thread.zero(Object.fromEntries(sums));
    const examples = batches.reduce((sum, { x }) => sum + x.shape[0]!, 0);
    const means: number[] = [];
    let part = whole(batches[0]!);
    let finite = true;
    let updated: readonly string[] = [];
    try {
      for (const [number, batch] of batches.entries()) {
        const graph = await graphFor("accumulate", batch);
        part = { batch, number, share: batch.x.shape[0]! / examples };
        const read = (await run(graph, part, at)).numbers!.data as Float32Array;
        read.forEach((each, i) => (means[i] = (means[i] ?? 0) + part.share * each));
        finite = Number.isFinite(read[0]) && Number.isFinite(read.at(-1));
        if (!finite) break;
        turn(graph.updated);
      }
      if (finite) {
        const graph = await graphFor("update", part.batch);
        await run(graph, part, at);
        ({ updated } = graph);
      }
    } catch (error) {
      discard();
      throw error;
    }
    return {
      numbers: means.slice(0, -1),
      finite,
      commit: () => {
        turn(updated);
        held.clear();
      },
      discard,
      firstBad: () => firstBad(part, at),
    };
  }

  /** What was made of these is what counts. */
  function turn(names: readonly string[]): void {
    for (const name of names) now.set(name, next(name));
  }

  /** Goes through the tensors of a step in the order in which they are computed. */
  async function firstBad(part: Part, at: StepPosition): Promise<Bad | undefined> {
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
    .then(() => (surveyed ? check(input) : undefined))
    .catch(async (error: unknown) => {
      await thread.end();
      throw error;
    });
  return {
    engine: "onnx",
    device,
    tested: device === "cpu" && isTested("onnxruntime-node"),
    compute,
    measure: async (batch) => {
      await surveyFor(batch);
      const graph = await graphFor("evaluate", batch);
      const { numbers } = await run(graph, whole(batch), { iteration: 0, learningRate: 0 });
      return numbers!.data as Float32Array;
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
  const devices = candidates("onnx", choice);
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

const whole = (batch: Batch): Part => ({ batch, number: 0, share: 1 });
