// The training step on ONNX Runtime, run as the graphs of trainStepCompile.ts. Parameters and the
// optimizer's slots go in and come out of them; here they lie in two sets of arrays that take turns, so
// that a step neither allocates them nor spoils what it began with.
import { hash, sizeOf, tensor, type Batch, type Tensor, type Weights } from "@cajal/core";
import { fromInput, toInput, type WeightInput } from "@cajal/models";
import { blockSize } from "./blockSize";
import { candidates, noDevice, type DeviceChoice, type DeviceName } from "./device";
import { sameThread, workerThread, type OpenedGraph } from "./graphThread";
import { doubling, onnxRuntime } from "./onnxRuntime";
import { engineError } from "./session";
import type { TrainStepOptions } from "./trainStep";
import { notFinite, type Bad } from "./trainStepChecks";
import { compileStep, sumOf, survey, type Kind, type StepGraph } from "./trainStepCompile";
import type { PendingStep, StepPosition, TrainCore } from "./trainStepCore";
import { isFixed, type TrainableModel } from "./trainStepModel";

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
  const device = await firstDevice(choice);
  const block = await blockSize(device);
  const parameters = trained.weights.filter(({ multiplier }) => multiplier !== undefined);
  const slotNames = Object.keys(optimizer.slots);
  const keys = new Set(trained.weights.map(({ key }) => key));

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
  /** Weights and slots, as they are and as the next step will make them. */
  let now = new Map<string, Tensor>();
  let next = new Map<string, Tensor>();
  write(
    weights,
    new Map(
      parameters.flatMap(({ key, shape }) =>
        slotNames.map((slot): [string, Tensor] => [
          `${key}/${slot}`,
          tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(optimizer.slots[slot]!)),
        ]),
      ),
    ),
  );

  function write(values: Weights, slots: ReadonlyMap<string, Tensor>): void {
    now = new Map();
    next = new Map();
    for (const { key, multiplier } of trained.weights) {
      const layout = layouts.get(key);
      const stored = (from: Tensor) => copied(layout ? toInput(layout, from) : from);
      now.set(key, stored(values.get(key)!));
      if (multiplier === undefined) continue;
      for (const slot of slotNames) {
        const name = `${key}/${slot}`;
        now.set(name, stored(slots.get(name)!));
      }
    }
  }

  /** The weight or slot in Keras' layout. */
  function read(name: string, key: string): Tensor {
    const stored = now.get(name)!;
    const layout = layouts.get(key);
    return copied(layout ? fromInput(layout, stored) : stored);
  }

  const readWeights = () => new Map(trained.weights.map(({ key }) => [key, read(key, key)]));
  const readSlots = () =>
    new Map(
      parameters.flatMap(({ key }) =>
        slotNames.map((slot): [string, Tensor] => [`${key}/${slot}`, read(`${key}/${slot}`, key)]),
      ),
    );

  function surveyFor({ x }: Batch): void {
    if (surveyed) return;
    const found = survey(trained, x.shape);
    const [weights, slots] = [readWeights(), readSlots()];
    layouts = found;
    write(weights, slots);
    surveyed = true;
  }

  const thread = (worker ? workerThread : sameThread)({ device, threads });
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
    const { model, ...about } = compileStep(kind, batch, { trained, options, layouts, block });
    return { ...about, graph: await thread.open(model) };
  }

  async function run(
    { graph, x: xName, updated }: Opened,
    { batch: { x, y }, number, share }: Part,
    { iteration, learningRate }: StepPosition,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const feeds: Record<string, Tensor> = {};
    for (const name of graph.inputNames) feeds[name] = feed(name);
    function feed(name: string): Tensor {
      switch (name) {
        case xName:
          return lent(x);
        case "input/y":
          return lent(y);
        case "input/learning_rate":
          return tensor("float32", [], [learningRate]);
        case "input/iteration":
          return tensor("float32", [], [iteration + 1]);
        case "input/seed":
          return tensor("int64", [], [hash(iteration, hash(seed, number))]);
        case "input/share":
          return tensor("float32", [], [share]);
        default:
          // Slots and sums of gradients are lines.
          return keys.has(name) ? now.get(name)! : asLine(now.get(name)!);
      }
    }
    // Results are written into arrays that are there already.
    const fetches: Record<string, Tensor | null> = {};
    for (const name of graph.outputNames) fetches[name] = null;
    for (const name of updated) {
      const { dtype, shape } = now.get(name)!;
      if (!next.has(name)) next.set(name, tensor(dtype, shape));
      fetches[`new/${name}`] = asLine(next.get(name)!);
    }
    const own = Object.keys(feeds).filter((name) => feeds[name]!.data === now.get(name)?.data);
    const ran = await graph.run(feeds, fetches);
    for (const name of own) putBack(now, name, ran.feeds[name]!);
    const written = "results" in ran ? ran.results : ran.fetches;
    for (const name of updated) putBack(next, name, written[`new/${name}`]!);
    if ("results" in ran) return ran.results;
    throw engineError("onnx", `a training step on ${device}`, ran.error);
  }

  /** The caller's arrays stay the caller's. */
  const lent = (given: Tensor) => (thread.moves ? copied(given) : given);

  async function compute(batches: readonly Batch[], at: StepPosition): Promise<PendingStep> {
    const [batch] = batches;
    surveyFor(batch!);
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
    const before = new Map(
      trained.weights
        .filter(({ trainable }) => !trainable)
        .map(({ key }) => [key, copied(now.get(key)!)]),
    );
    const discard = () => before.forEach((value, key) => now.set(key, value));
    for (const { key } of parameters) {
      const sum = now.get(sumOf(key));
      if (sum) (sum.data as Float32Array).fill(0);
      else now.set(sumOf(key), tensor("float32", now.get(key)!.shape));
    }
    const examples = batches.reduce((sum, { x }) => sum + x.shape[0]!, 0);
    const sums: number[] = [];
    let part = whole(batches[0]!);
    let finite = true;
    let updated: readonly string[] = [];
    try {
      for (const [number, batch] of batches.entries()) {
        const graph = await graphFor("accumulate", batch);
        part = { batch, number, share: batch.x.shape[0]! / examples };
        const read = (await run(graph, part, at)).numbers!.data as Float32Array;
        read.forEach((each, i) => (sums[i] = (sums[i] ?? 0) + part.share * each));
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
      numbers: sums.slice(0, -1),
      finite,
      commit: () => turn(updated),
      discard,
      firstBad: () => firstBad(part, at),
    };
  }

  /** What was made of these is what is, and what was may be written over. */
  function turn(names: readonly string[]): void {
    for (const name of names) {
      const before = now.get(name)!;
      now.set(name, next.get(name)!);
      next.set(name, before);
    }
  }

  /** Goes through the tensors of a step in the order in which they are computed. */
  async function firstBad(part: Part, at: StepPosition): Promise<Bad | undefined> {
    for (const { key } of trained.weights) {
      const bad = notFinite(`weight "${key}"`, now.get(key)!);
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

  return {
    engine: "onnx",
    device,
    compute,
    measure: async (batch) => {
      surveyFor(batch);
      const graph = await graphFor("evaluate", batch);
      const { numbers } = await run(graph, whole(batch), { iteration: 0, learningRate: 0 });
      return numbers!.data as Float32Array;
    },
    readWeights: async () => readWeights(),
    readSlots: async () => readSlots(),
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

/** The memory of a weight or slot, which may have come from another thread. */
function putBack(tensors: Map<string, Tensor>, name: string, { data }: Tensor): void {
  tensors.set(name, { ...tensors.get(name)!, data } as Tensor);
}

const asLine = (from: Tensor): Tensor => ({ ...from, shape: [from.data.length] });

const copied = (from: Tensor): Tensor => ({ ...from, data: from.data.slice() }) as Tensor;
