// An opened network: values and gradients of many examples, in batches that fit into memory, on either engine.
import { CajalError, tensor, type Shape, type Tensor, type Weights } from "@cajal/core";
import type { Layer, Model } from "@cajal/models";
import {
  inferShapes,
  operatorFacts,
  type BackwardRules,
  type GraphBuilder,
  type Node,
  type OnnxModel,
} from "@cajal/onnx";
import {
  openGradient,
  type DeviceChoice,
  type EngineName,
  type GradientSession,
} from "@cajal/runtime";
import type { ExplainedGraph } from "./explainedGraph";
import { inside, outside } from "./images";
import { emptyRows, rowOf, type Rows } from "./rows";
import { checkSlope } from "./slope";

/** Rules that go backwards in place of gradients, and a name by which opened graphs are kept. */
export interface NamedRules {
  readonly key: string;
  make(g: GraphBuilder): BackwardRules;
}

/** What is to be computed of many examples. */
export interface Pass {
  /** By the graph's value. Values that {@link NamedRules} declare are fed here too. */
  readonly feeds: Readonly<Record<string, Rows>>;
  /** Fed as they are, to every batch. */
  readonly constants?: Readonly<Record<string, Tensor<"float32">>>;
  readonly of: string;
  /** What the gradient is of: the class for each row, where `of` are scores, or all elements' weights. */
  readonly dy?: ((row: number) => number) | Rows;
  /** Gradients by these; none unless given. */
  readonly by?: readonly string[];
  /** Gradients of one element each are wanted only as a sum over rows, taken of a batch at a time; `use` gets none then. */
  readonly sum?: GradientSum;
  /** Further values. */
  readonly values?: readonly string[];
  readonly rules?: NamedRules | undefined;
  /** Runs in place of the network, such as a part of it; a name by which opened graphs are kept. Engine onnx only. */
  readonly model?: { readonly key: string; readonly model: OnnxModel } | undefined;
  /** Takes what was computed of one row; it is the engine's memory, and gone after. */
  use?(row: number, result: PassRow): void;
}

export interface GradientSum {
  /** By what a row's gradient is multiplied. */
  weight(row: number): number;
  /** Takes a batch's sums; they are the engine's memory, and gone after. */
  add(gradients: PassRow["gradients"]): void;
}

export interface PassRow {
  readonly value: Float32Array;
  /** By the names in `values`, without the batch. */
  readonly values: Readonly<Record<string, RowValue>>;
  /** By the names in `by`. */
  readonly gradients: Readonly<Record<string, RowValue>>;
}

export interface RowValue {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** How far a computation is, in passes of examples through the network. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

export interface Control {
  /** Ends the work between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Is told after every batch how far it is. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Network {
  readonly graph: ExplainedGraph;
  readonly engine: EngineName;
  /** @throws CajalError `bad-model` where the network gives what is no finite number; `unsupported`; `engine` */
  pass(pass: Pass, control?: Control): Promise<void>;
  dispose(): Promise<void>;
}

export interface NetworkOptions {
  readonly device: DeviceChoice;
  readonly threads?: number | undefined;
  readonly layers?: readonly Layer[] | undefined;
  /** Bytes that the activations of a batch may take, about. */
  readonly memory: number;
}

/** Where a Keras model is opened in TF.js: its config, and what layers the graph's values are there. */
export interface TfjsModel {
  readonly model: Model;
  readonly weights: Weights;
  readonly layerOf: (value: string) => string;
}

/** Opened graphs that are kept beside those in use; each holds the weights once more. */
const mostIdleSessions = 4;

/** More examples at once than this are no faster. */
const mostRows = 8;

/**
 * Nor, backwards on a processor, of two or more as many that the largest value takes more bytes for each channel of a kernel's
 * block: what is kept for gradients comes from memory then, not from the cache. With AVX2, blocks of 8, a gradient of MobileNet
 * at 224 (3.2 MB) takes 37, 35, 38, 41, 43 ms at 2, 3, 4, 6, 8 at once, of ResNet50 148, 152, 154, 155, 156. With AVX-512, blocks of
 * 16, computing is twice as fast beside reading the weights: ResNet50 took 1.19 of its time at two, 1.04 at four.
 */
const mostBytes = 2 ** 20;

interface Opened {
  readonly session: Promise<GradientSession>;
  uses: number;
}

/** Sessions are opened when they are needed, one for each kind of pass. */
export function networkOf(
  graph: ExplainedGraph,
  { device, threads, layers, memory }: NetworkOptions,
  tfjs?: TfjsModel,
): Network {
  const opened = new Map<string, Opened>();
  const layerOf = tfjs?.layerOf ?? ((value: string) => value);
  const format = tfjs ? "channels_last" : "channels_first";

  function open({ of, by = [], sum, values = [], rules, feeds, model }: Pass): Opened {
    const fed = Object.keys(feeds).filter((name) => graph.values.has(name) && name !== graph.image);
    const key = JSON.stringify([of, by, sum !== undefined, values, rules?.key, fed, model?.key]);
    const sessionOptions = {
      of: layerOf(of),
      withRespectTo: by.map(layerOf),
      ...(sum && { summed: true }),
      values: values.map(layerOf),
      feeds: fed.map(layerOf),
      device,
      ...(rules && { rules: rules.make }),
    };
    const existing = opened.get(key);
    if (!existing && by.length > 0) checkSlope(graph, model?.model ?? graph.model, of, by);
    opened.delete(key);
    const one = existing ?? {
      uses: 0,
      session: tfjs
        ? openGradient(tfjs.model, tfjs.weights, { ...sessionOptions, engine: "tfjs", ...(layers && { layers }) }) // prettier-ignore
        : openGradient(model?.model ?? graph.model, {
            ...sessionOptions,
            ...(threads !== undefined && { threads }),
          }),
    };
    opened.set(key, one);
    if (!existing) one.session.catch(() => opened.delete(key));
    return one;
  }

  async function putOut(): Promise<void> {
    const idle = [...opened].filter(([, { uses }]) => uses === 0);
    for (const [key, { session }] of idle.slice(0, Math.max(0, opened.size - mostIdleSessions))) {
      opened.delete(key);
      await (await session).dispose();
    }
  }

  /** Examples at once: all batches of a pass are equally large, so that one compiled graph serves them. */
  const sizeFor = (
    count: number,
    shape: Shape,
    { by = [], model }: Pass,
    block: number | undefined,
  ) => {
    if (graph.batch !== undefined) return graph.batch;
    const { forwards, backwards, largest } = bytesFor(
      model?.key,
      shape,
      model?.model ?? graph.model,
    );
    const isBackwards = by.length > 0;
    const fitting = Math.floor(memory / (isBackwards ? backwards : forwards));
    const cached =
      isBackwards && block ? Math.max(2, Math.floor((block * mostBytes) / largest)) : mostRows;
    return batchSize(count, Math.max(1, Math.min(mostRows, cached, fitting)));
  };

  const bytesFor = memo((_key: string | undefined, shape: Shape, model: OnnxModel) =>
    bytesOf(model, graph.image, shape),
  );

  async function pass(request: Pass, { signal, onProgress }: Control = {}): Promise<void> {
    const { feeds, constants = {}, dy, by = [], sum, use } = request;
    const [first] = Object.values(feeds);
    const { count } = first!;
    const image = feeds[graph.image] ?? { shape: graph.imageShape.map((extent) => extent ?? 1) };
    const one = open(request);
    one.uses++;
    try {
      const session = await one.session;
      await putOut();
      const size = sizeFor(count, image.shape, request, session.block);
      // ONNX Runtime is finished with a batch when its run ends, and the next is written over it: new memory costs
      // more than to write it. TF.js may keep it.
      const memory = new Map<Rows, Tensor<"float32">>();
      for (let from = 0; from < count; from += size) {
        signal?.throwIfAborted();
        const batch = (rows: Rows) => {
          const to = memory.get(rows) ?? emptyRows(size, rows.shape);
          if (!tfjs) memory.set(rows, to);
          writeBatch(rows, from, to);
          return outside(to, format);
        };
        const fed = Object.fromEntries(
          session.inputs.map(({ name }) => {
            if (constants[name]) return [name, constants[name]];
            const value = Object.keys(feeds).find((each) => layerOf(each) === name) ?? name;
            return [name, batch(feeds[value]!)];
          }),
        );
        const { value, values, gradients } = await session.run(
          fed,
          dy && by.length > 0 ? { dy: outside(seeds(request, from, size), format) } : {},
        );
        const renamed = (names: readonly string[], results: Readonly<Record<string, Tensor>>, rows: number) =>
          names.map((name) => [name, ofBatch(name, inside(results[layerOf(name)]!, format), rows)] as const); // prettier-ignore
        const others = renamed(request.values ?? [], values, size);
        const dxs = renamed(by, gradients, sum ? 1 : size);
        const of = (results: typeof others, row: number) =>
          Object.fromEntries(
            results.map(([name, x]) => [name, { shape: x.shape.slice(1), data: rowOf(x, row) }]),
          );
        const scores = inside(value, format);
        for (let row = from; row < Math.min(from + size, count); row++) {
          const result = {
            value: rowOf(scores, row - from),
            values: of(others, row - from),
            gradients: sum ? {} : of(dxs, row - from),
          };
          checkFinite(result);
          use?.(row, result);
        }
        if (sum) {
          const sums = of(dxs, 0);
          checkFiniteGradients(sums);
          sum.add(sums);
        }
        onProgress?.({ done: Math.min(from + size, count), total: count });
      }
    } finally {
      one.uses--;
    }
  }

  /** What a gradient is of: rows given, or one element each. */
  function seeds({ feeds, dy, sum }: Pass, from: number, size: number): Tensor<"float32"> {
    if (typeof dy !== "function") {
      const batch = emptyRows(size, dy!.shape);
      writeBatch(dy!, from, batch);
      return batch;
    }
    const last = Object.values(feeds)[0]!.count - 1;
    const row = tensor("float32", [size, graph.classes]);
    // A row that only fills the batch up adds nothing to a sum.
    const weight = (row: number) => (!sum ? 1 : row > last ? 0 : sum.weight(row));
    for (let i = 0; i < size; i++) rowOf(row, i)[dy(Math.min(from + i, last))] = weight(from + i);
    return row;
  }

  return {
    graph,
    engine: tfjs ? "tfjs" : "onnx",
    pass,
    async dispose() {
      const sessions = [...opened.values()];
      opened.clear();
      for (const { session } of sessions) await (await session).dispose();
    },
  };
}

/** Writes rows from `from` on, filled up with the last one: all batches are of one size. */
function writeBatch(rows: Rows, from: number, batch: Tensor<"float32">): void {
  for (let i = 0; i < batch.shape[0]!; i++) {
    if (from + i < rows.count) rows.write(from + i, rowOf(batch, i));
    else rowOf(batch, i).set(rowOf(batch, i - 1));
  }
}

/** Of up to `most` the size, more than half of it, whose batches have the fewest rows to fill up; of several the largest. */
function batchSize(count: number, most: number): number {
  const computed = (size: number) => size * Math.ceil(count / size);
  let best = Math.min(most, count);
  for (let size = best - 1; size > most / 2; size--)
    if (computed(size) < computed(best)) best = size;
  return best;
}

/**
 * Bytes that one example takes, about: forwards the most that there is at once, as ONNX Runtime frees what nobody is still to
 * read; backwards what is kept for gradients, and as much again (ResNet50 at 224: 88 MB, measured 62; MobileNet: 40, 42); of the largest value.
 */
function bytesOf(
  model: OnnxModel,
  image: string,
  shape: Shape,
): Readonly<Record<"forwards" | "backwards" | "largest", number>> {
  const { graph } = model;
  const inputs = graph.inputs.map((input) =>
    input.name === image ? { ...input, shape: [1, ...shape] } : input,
  );
  const values = inferShapes({ ...model, graph: { ...graph, inputs } });
  const bytes = (name: string) =>
    graph.initializers.has(name)
      ? 0
      : 4 * (values.get(name)?.shape ?? []).reduce<number>((size, extent) => size * (Number(extent) || 1), 1); // prettier-ignore
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes)
    for (const name of new Set(node.inputs))
      readers.set(name, [...(readers.get(name) ?? []), node]);
  // What one node alone reads, element by element, it writes over, or is one kernel with.
  const isWrittenOver = (name: string) => {
    const [reader, ...others] = readers.get(name) ?? [];
    if (!reader || others.length > 0 || operatorFacts(reader.op, reader.domain).macs) return false;
    const [from, to] = [name, reader.outputs[0]!].map((each) => values.get(each)?.shape?.join());
    return from === to;
  };
  let [kept, live] = [bytes(image), bytes(image)];
  let forwards = live;
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      live += bytes(name);
      if (!isWrittenOver(name)) kept += bytes(name);
    }
    forwards = Math.max(forwards, live);
    for (const name of new Set(node.inputs))
      if (readers.get(name)!.at(-1) === node) live -= bytes(name);
  }
  const largest = Math.max(...graph.nodes.flatMap(({ outputs }) => outputs.map(bytes)));
  return { forwards, backwards: 2 * kept, largest };
}

/** @throws CajalError `unsupported` for a value that has no row for every example */
function ofBatch(name: string, value: Tensor<"float32">, size: number): Tensor<"float32"> {
  if (value.shape[0] === size) return value;
  throw new CajalError(
    "unsupported",
    `value "${name}" is [${value.shape.join()}] for a batch of ${size}: the batch is not its first axis. Take a layer that has one row for each image.`,
    { value: name, shape: value.shape },
  );
}

function checkFinite({ value, gradients }: PassRow): void {
  if (!allFinite(value))
    throw new CajalError(
      "bad-model",
      "the network gives what is no finite number: its weights, or the scale of the image, are at fault. Nothing can be told of it.",
    );
  checkFiniteGradients(gradients);
}

function checkFiniteGradients(gradients: PassRow["gradients"]): void {
  for (const [name, { data }] of Object.entries(gradients))
    if (!allFinite(data))
      throw new CajalError(
        "bad-model",
        `the network's scores are finite, their gradient by "${name}" is not: something on the way has no slope at this image, as the root of 0 in a norm has none, or it overflows. Methods that only run forwards, such as occlusion, take it.`,
        { value: name },
      );
}

/** In one pass without a call for each: x − x is 0, and NaN where x is no finite number. */
function allFinite(values: Float32Array): boolean {
  // Several sums, so that none waits for the addition before it.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += values[i]! - values[i]!;
    b += values[i + 1]! - values[i + 1]!;
    c += values[i + 2]! - values[i + 2]!;
    d += values[i + 3]! - values[i + 3]!;
  }
  for (let i = whole; i < values.length; i++) a += values[i]! - values[i]!;
  return a + b + c + d === 0;
}

/** Keeps what `body` returns by its arguments, of which the last follows from the others. */
function memo<A extends readonly unknown[], T>(body: (...args: A) => T): (...args: A) => T {
  const cache = new Map<string, T>();
  return (...args) => {
    const key = JSON.stringify(args.slice(0, -1));
    if (!cache.has(key)) cache.set(key, body(...args));
    return cache.get(key)!;
  };
}
