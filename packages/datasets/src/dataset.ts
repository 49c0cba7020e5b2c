// A dataset: examples that can be read by number, an order for every epoch, and a batch size.
// Its verbs are methods, so that a chain reads in the order in which it happens, and
// `for await (const batch of train.batch(64))` does not hide a function named `batch`.
import {
  type Batch,
  CajalError,
  abortable,
  checkInteger,
  checkOptions,
  checkTensor,
  random,
  type DType,
  showShape,
  sizeOf,
  isTensor,
  type NamedBatch,
  type NamedTensors,
  type Tensor,
  tensor,
  checkArgument,
} from "@cajal/core";
import { splitIndices } from "./splitIndices";

/** Where examples come from: they are read when a batch is delivered, and only then. */
export interface Source<X extends DType = DType, Y extends DType = DType> {
  /** Number of examples. */
  readonly size: number;
  /** Names of the classes; label `i` is `classes[i]`. */
  readonly classes?: readonly string[];
  /** The class of every example, where it is known without reading any; what a stratified split needs. */
  readonly labels?: ArrayLike<number | bigint>;
  /** Reads the examples with these numbers, in this order: x `[n, …]`, y `[n, …]`. */
  read(indices: Uint32Array, options: { signal?: AbortSignal }): Batch<X, Y> | Promise<Batch<X, Y>>;
}

/** One pass over the examples. */
export interface PassOptions {
  /**
   * Which pass, from 0, the default: a shuffled dataset has another order in every epoch, and the
   * same one whenever the same epoch is asked for.
   */
  epoch?: number;
  /** Number of the batch to begin with, default 0; those before it are not read. */
  start?: number;
  /** Ends the pass at once: what is awaited rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Where in a run a batch stands. */
export interface BatchContext {
  readonly epoch: number;
  /** Number of the batch within its epoch, from 0. */
  readonly index: number;
  /** Numbers of the batch's examples in their source, whatever the order: what chance may depend on. */
  readonly examples: Uint32Array;
  readonly signal?: AbortSignal;
}

/** Changes a batch and keeps its number of examples, as `oneHot` and `rescale` do. */
export type BatchMap<
  X extends DType = DType,
  Y extends DType = DType,
  NewX extends DType = DType,
  NewY extends DType = DType,
> = (batch: Batch<X, Y>, context: BatchContext) => Batch<NewX, NewY> | Promise<Batch<NewX, NewY>>;

/**
 * Examples in batches `{ x, y }`. Plain iteration is the pass of epoch 0.
 *
 * Every method gives a new dataset and reads nothing. `shuffle` changes the order within an epoch;
 * *which* examples there are (`take`, `split`) never depends on the epoch.
 */
export interface Dataset<
  X extends DType = DType,
  Y extends DType = DType,
  B extends NamedBatch = Batch<X, Y>,
> extends AsyncIterable<B> {
  /** Number of examples in a pass. With `dropRemainder`, up to `batchSize − 1` of them are left out. */
  readonly size: number;
  readonly batchSize: number;
  /** Number of batches in a pass. */
  readonly batchCount: number;
  /** Names of the classes; label `i` is `classes[i]`. */
  readonly classes?: readonly string[];

  /** The batches of one epoch, each read when it is asked for. */
  batches(options?: PassOptions): AsyncGenerator<B, void, undefined>;
  /** All examples as one batch, in the order of the epoch. */
  all(options?: Omit<PassOptions, "start">): Promise<B>;

  /**
   * Another order in every epoch: Fisher–Yates with the numbers of `random(seed, "shuffle", epoch)`,
   * the same on every machine.
   */
  shuffle(options: { seed: number }): Dataset<X, Y, B>;
  /** The first `count` examples (of epoch 0, where the dataset is shuffled), or all if there are fewer. */
  take(count: number): Dataset<X, Y, B>;
  /**
   * Parts that share no example and leave none out. After a `shuffle` the order of epoch 0 is cut, so
   * shuffle the parts, not the whole.
   *
   * @param fractions the first part's share, in (0, 1), or the shares of all parts, of sum 1
   * @param options.seed deals the examples at random (from `random(seed, "split")`); without it they are dealt in order
   * @param options.stratify gives every part the same mix of classes: per class within one example
   *   of the exact share for two parts, within two for more
   */
  split(fraction: number, options?: SplitOptions): [Dataset<X, Y, B>, Dataset<X, Y, B>];
  split(fractions: readonly number[], options?: SplitOptions): Dataset<X, Y, B>[];
  /**
   * Sets how many examples a batch has, wherever in the chain it stands; 32 unless said (as in Keras).
   *
   * @param options.dropRemainder leaves out a last batch that would be smaller; default: as it was before,
   *   and at first false
   */
  batch(size: number, options?: { dropRemainder?: boolean }): Dataset<X, Y, B>;
  /** Applies `change` to every batch that is delivered, after the maps before it. */
  map<NewX extends DType, NewY extends DType>(
    change: (batch: B, context: BatchContext) => Batch<NewX, NewY> | Promise<Batch<NewX, NewY>>,
  ): Dataset<NewX, NewY>;
  map<NewB extends NamedBatch>(
    change: (batch: B, context: BatchContext) => NewB | Promise<NewB>,
  ): Dataset<DType, DType, NewB>;
}

export interface SplitOptions {
  seed?: number;
  stratify?: boolean;
}

/**
 * A dataset of tensors in memory. The data is not copied, so do not change it later.
 *
 * @param from.x `[n, …]`, any type; images `[n, height, width, channels]`
 * @param from.y `[n, …]`, any type; class numbers are int32 `[n]`
 * @param from.weight factor of each example's loss in training, float32 `[n]`
 * @param from.classes names of the classes
 * @throws CajalError `bad-shape` when x and y differ in n
 * @example dataset({ x: tensor("float32", [4, 2], [0, 0, 0, 1, 1, 0, 1, 1]), y: tensor("int32", [4], [0, 1, 1, 0]) })
 */
export function dataset<X extends DType, Y extends DType>(from: {
  x: Tensor<X>;
  y: Tensor<Y>;
  weight?: Tensor<"float32">;
  classes?: readonly string[];
}): Dataset<X, Y>;
/**
 * A dataset for a model of several inputs or outputs: x, y and weight are tensors, or records of tensors
 * by the names of inputs and outputs.
 *
 * @example dataset({ x: { image, place }, y: { kind, price } })
 */
export function dataset(
  from: NamedBatch & { classes?: readonly string[] },
): Dataset<DType, DType, NamedBatch>;
export function dataset(from: NamedBatch & { classes?: readonly string[] }): Dataset {
  if (typeof from !== "object" || from === null)
    throw new CajalError(
      "bad-argument",
      `dataset: got ${String(from)}, expected { x, y }, e.g. { x: tensor("float32", [4, 2], numbers), y: tensor("int32", [4], classes) }.`,
    );
  checkOptions("dataset", from, { x: true, y: true, weight: true, classes: "strings" });
  const { x, y, weight, classes } = from;
  const batch: NamedBatch = { x, y, ...(weight && { weight }) };
  for (const [name, value] of tensorsOf(batch, "dataset")) checkTensor(value, `dataset ${name}`);
  const size = countExamples(batch, "dataset");
  const chosen = (from: Tensor | NamedTensors, indices: Uint32Array) =>
    isTensor(from)
      ? rows(from, indices)
      : Object.fromEntries(Object.entries(from).map(([name, each]) => [name, rows(each, indices)]));
  return fromSource({
    size,
    classes,
    labels: isTensor(y) && y.shape.length === 1 ? y.data : undefined,
    // Its own types say what a batch has.
    read: (indices) =>
      ({
        x: chosen(x, indices),
        y: chosen(y, indices),
        ...(weight && { weight: chosen(weight, indices) }),
      }) as Batch,
  });
}

/**
 * A dataset whose examples are read as they are needed: from files, a database, a generator.
 *
 * @example fromSource({ size: 1000, read: async (indices) => ({ x: await images(indices), y: await labels(indices) }) })
 */
export function fromSource<X extends DType, Y extends DType>(source: Source<X, Y>): Dataset<X, Y> {
  checkOptions("fromSource", source, {
    size: { whole: true, least: 0, most },
    classes: "strings",
    labels: true,
    read: "function",
  });
  checkInteger("fromSource", "size", source.size, { least: 0, most });
  const { size, labels, read } = source;
  checkArgument("fromSource", "read", read, "function");
  if (labels !== undefined && labels.length !== size)
    throw new CajalError(
      "bad-shape",
      `fromSource: got ${labels.length} labels, expected one for each of the ${size} examples.`,
      { labels: labels.length, size },
    );
  const everything = Uint32Array.from({ length: size }, (_, i) => i);
  return make({ source, size, order: () => everything, batchSize: 32, maps: [] });
}

/** As many as a permutation has room for. */
const most = 2 ** 32 - 1;
/** Of numbers that count examples, batches or epochs before. */
const passed = { whole: true, least: 0, most } as const;

/** All that a dataset is, of whatever types it delivers; every method gives a copy with one thing changed. */
interface State {
  source: Source;
  size: number;
  /** The examples' numbers in the order of an epoch. */
  order: (epoch: number) => Uint32Array;
  batchSize: number;
  dropRemainder?: boolean;
  maps: readonly BatchMap[];
}

function make<X extends DType, Y extends DType>(state: State): Dataset<X, Y> {
  const { source, size, order, batchSize, dropRemainder = false, maps } = state;
  const batchCount = dropRemainder ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);

  const deliver = async (indices: Uint32Array, context: BatchContext) => {
    const { signal } = context;
    let batch = await abortable(source.read(indices, { signal }), signal);
    checkBatch(batch, indices.length, "read");
    for (const change of maps) {
      batch = await abortable(change(batch, context), signal);
      checkBatch(batch, indices.length, "map");
    }
    // The types are those that the source and the last map declare.
    return batch as Batch<X, Y>;
  };

  async function* batches(options: PassOptions = {}): AsyncGenerator<Batch<X, Y>, void, undefined> {
    checkOptions("batches", options, { epoch: passed, start: passed, signal: "signal" });
    const { epoch = 0, start = 0, signal } = options;
    signal?.throwIfAborted();
    const indices = order(epoch);
    for (let index = start; index < batchCount; index++) {
      signal?.throwIfAborted();
      const from = index * batchSize;
      const examples = indices.subarray(from, from + batchSize);
      yield await deliver(examples, { epoch, index, examples, signal });
    }
  }

  type Part = Dataset<X, Y>;
  function split(fraction: number, options?: SplitOptions): [Part, Part];
  function split(fractions: readonly number[], options?: SplitOptions): Part[];
  function split(fractions: number | readonly number[], options: SplitOptions = {}): Part[] {
    checkOptions("split", options, { seed: { whole: true }, stratify: "boolean" });
    const { seed, stratify = false } = options;
    if (stratify && source.labels === undefined)
      throw new CajalError(
        "bad-argument",
        "split: stratify needs class numbers y of shape [n] that are known beforehand, and this dataset has none. Split without stratify.",
      );
    const base = order(0);
    const dealt =
      seed === undefined ? base : permuted(base, random(seed, "split").permutation(size));
    return splitIndices(dealt, fractions, stratify ? source.labels : undefined).map((part) =>
      make({ ...state, size: part.length, order: () => part }),
    );
  }

  return {
    size,
    batchSize,
    batchCount,
    ...(source.classes && { classes: source.classes }),
    batches,
    [Symbol.asyncIterator]: () => batches(),

    async all(options = {}) {
      checkOptions("all", options, { epoch: passed, signal: "signal" });
      const { epoch = 0, signal } = options;
      signal?.throwIfAborted();
      const examples = order(epoch);
      return deliver(examples, { epoch, index: 0, examples, signal });
    },

    shuffle(options) {
      checkOptions("shuffle", options, { seed: { whole: true } });
      const { seed } = options;
      checkInteger("shuffle", "seed", seed);
      return make({
        ...state,
        order: (epoch) => permuted(order(epoch), random(seed, "shuffle", epoch).permutation(size)),
      });
    },

    take(count) {
      checkInteger("take", "count", count, { least: 0, most });
      const taken = order(0).slice(0, count);
      return make({ ...state, size: taken.length, order: () => taken });
    },

    split,

    batch(batchSize, options = {}) {
      checkOptions("batch", options, { dropRemainder: "boolean" });
      checkInteger("batch", "size", batchSize, { least: 1, most });
      const { dropRemainder = state.dropRemainder } = options;
      return make({ ...state, batchSize, dropRemainder });
    },

    map(change: BatchMap<X, Y>) {
      const erased: BatchMap = (batch, context) => change(batch as Batch<X, Y>, context);
      return make({ ...state, maps: [...maps, erased] });
    },
  };
}

/** The examples of a tensor with these numbers, in this order: `[indices.length, …]`. */
function rows<D extends DType>(from: Tensor<D>, indices: Uint32Array): Tensor<D> {
  const inner = from.shape.slice(1);
  const length = sizeOf(inner);
  const to = tensor(from.dtype, [indices.length, ...inner]);
  // Tensor's type cannot say that both arrays are of one kind; they are, having one dtype.
  const source = from.data as Uint8Array;
  const target = to.data as Uint8Array;
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i]! * length;
    target.set(source.subarray(at, at + length), i * length);
  }
  return to;
}

const permuted = (order: Uint32Array, permutation: Uint32Array) =>
  permutation.map((i) => order[i]!);

/** All tensors of a batch with what to call them. */
function tensorsOf(batch: NamedBatch, where: string): [name: string, tensor: Tensor][] {
  const { x, y, weight } = batch;
  const parts = Object.entries({ x, y, ...(weight !== undefined && { weight }) });
  return parts.flatMap(([name, value]: [string, Tensor | NamedTensors | undefined]) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new CajalError(
        "bad-argument",
        `${where}: got ${name} ${Array.isArray(value) ? "as an array" : String(value)}, expected a tensor: tensor("float32", shape, numbers).`,
        { name },
      );
    if (isTensor(value)) return [[name, value] as [string, Tensor]];
    const named = Object.entries(value);
    if (named.length === 0 || named.some(([, each]) => !each || !isTensor(each)))
      throw new CajalError(
        "bad-argument",
        `${where}: got ${name} with ${Object.keys(value).join(", ") || "nothing"}, expected a tensor, or tensors by the names of the model's inputs or outputs.`,
        { name },
      );
    return named.map(([key, each]): [string, Tensor] => [`${name} "${key}"`, each]);
  });
}

function countExamples(batch: NamedBatch, where: string): number {
  const all = tensorsOf(batch, where);
  const [, first] = all[0]!;
  const [size] = first.shape;
  for (const [name, { shape }] of all)
    if (size === undefined || size !== shape[0])
      throw new CajalError(
        "bad-shape",
        `${where}: got x ${showShape(first.shape)} and ${name} ${showShape(shape)}, expected the same number of examples along the first axis of both.`,
        { x: first.shape, [name]: shape },
      );
  return size!;
}

function checkBatch(batch: Batch, expected: number, where: "read" | "map"): void {
  const got = countExamples(batch, where);
  if (got !== expected)
    throw new CajalError(
      "bad-shape",
      `${where}: got a batch of ${got} examples, expected ${expected}. ${where === "map" ? "A map keeps the number of examples; use take or split to choose among them." : "A source gives one example for each number it is asked for."}`,
      { got, expected },
    );
}
