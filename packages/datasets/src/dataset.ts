// A dataset: examples that can be read by number, an order for every epoch, and a batch size.
// Its verbs are methods, so that a chain reads in the order in which it happens, and
// `for await (const batch of train.batch(64))` does not hide a function named `batch`.
import {
  type Batch,
  CajalError,
  abortable,
  checkArgument,
  checkInteger,
  checkOptions,
  checkTensor,
  random,
  type DType,
  isTensor,
  type NamedBatch,
  type NamedTensors,
  type Tensor,
} from "@cajal/core";
import { checkBatch, countExamples, permuted, rows, tensorsOf } from "./batches";
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
  /**
   * Numbers of the batch's examples in their source, whatever the order: what chance may depend on. Of a repeated
   * dataset those of the k-th time are larger by k times the source's size.
   */
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
  /** All but the first `count` examples (of epoch 0, where the dataset is shuffled). */
  skip(count: number): Dataset<X, Y, B>;
  /**
   * The examples that `keep` answers true for, in their order; nothing is read. Examples are told apart by their
   * number in the source and, where it is known beforehand, their class.
   *
   * @throws CajalError `bad-argument` where none is left
   * @example mnist.filter(({ label }) => label === 3 || label === 7)
   */
  filter(keep: (example: { index: number; label?: number }) => boolean): Dataset<X, Y, B>;
  /**
   * The passes of so many epochs as one: pass e is the epochs count · e … count · e + count − 1, each in its own
   * order; what changes by chance is another each time.
   */
  repeat(count: number): Dataset<X, Y, B>;
  /**
   * Factors of the classes that make each weigh alike, n / (classes · n of the class), as scikit-learn's "balanced":
   * what training takes as classWeights.
   *
   * @throws CajalError `bad-argument` where classes are not known beforehand
   */
  classWeights(): Record<number, number>;
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
  /** Deals the examples at random, from `random(seed, "split")`; without it they are dealt in order. */
  seed?: number;
  /** Gives every part the same mix of classes: per class within one example. Default false. */
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
  /** How often the source is repeated; example i of copy k is number i + k · size of the source. */
  copies?: number;
}

function make<X extends DType, Y extends DType>(state: State): Dataset<X, Y> {
  const { source, size, order, batchSize, dropRemainder = false, maps } = state;
  const batchCount = dropRemainder ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);

  /** Numbers in the source, without what a repetition adds. */
  const inSource = (examples: Uint32Array) =>
    state.copies === undefined ? examples : examples.map((example) => example % source.size);

  const deliver = async (examples: Uint32Array, context: BatchContext) => {
    const { signal } = context;
    const indices = inSource(examples);
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
    if (state.copies !== undefined)
      throw new CajalError("bad-argument", "split: the dataset is repeated, and its parts would share examples. Split first, then repeat the parts."); // prettier-ignore
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

    skip(count) {
      checkInteger("skip", "count", count, { least: 0, most });
      const left = order(0).slice(count);
      return make({ ...state, size: left.length, order: () => left });
    },

    filter(keep) {
      checkArgument("filter", "keep", keep, "function");
      const { labels } = source;
      const kept = order(0).filter((example) => {
        const index = example % source.size;
        return keep({ index, ...(labels && { label: Number(labels[index]) }) });
      });
      if (kept.length === 0)
        throw new CajalError("bad-argument", `filter: none of the ${size} examples is left.`, { size }); // prettier-ignore
      return make({ ...state, size: kept.length, order: () => kept });
    },

    repeat(count) {
      checkInteger("repeat", "count", count, { least: 1, most });
      const before = state.copies ?? 1;
      const copies = count * before;
      if (Math.max(source.size * copies, size * count) > 2 ** 32 - 1)
        throw new CajalError("bad-argument", `repeat: got ${size} examples ${count} times, expected at most 2³² − 1 in all.`, { size, count }); // prettier-ignore
      return make({
        ...state,
        size: size * count,
        copies,
        order: (epoch) => {
          const all = new Uint32Array(size * count);
          for (let k = 0; k < count; k++) {
            const copy = k * before * source.size;
            all.set(order(epoch * count + k).map((example) => example + copy), k * size); // prettier-ignore
          }
          return all;
        },
      });
    },

    classWeights() {
      if (source.labels === undefined)
        throw new CajalError("bad-argument", "classWeights: they need class numbers y of shape [n] that are known beforehand, and this dataset has none."); // prettier-ignore
      const counts = new Map<number, number>();
      for (const index of inSource(order(0))) {
        const label = Number(source.labels[index]);
        counts.set(label, (counts.get(label) ?? 0) + 1);
      }
      const weight = (count: number) => size / (counts.size * count);
      return Object.fromEntries([...counts].map(([label, count]) => [label, weight(count)]));
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
