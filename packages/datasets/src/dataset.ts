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
  isPromise,
  random,
  type DType,
  isTensor,
  type NamedBatch,
  type NamedTensors,
  type Numbers,
  showValue,
  type Tensor,
  type TensorsOrNumbers,
  tensor,
  tensorsOf,
} from "@cajal/core";
import { checkBatch, countExamples, permuted, rows } from "./batches";
import type {
  Allocate,
  BatchContext,
  BatchMap,
  Dataset,
  PassOptions,
  ReadOptions,
  Source,
  SplitOptions,
} from "./datasetTypes";
import { checkAnswer } from "./answers";
import { fromSpare } from "./spareTensors";
import { splitIndices } from "./splitIndices";

export type * from "./datasetTypes";

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
/**
 * A dataset of numbers in nested arrays, as they are written in a program or come from JSON: x becomes float32, y float32
 * too, or int32 where all of it are whole numbers.
 *
 * @throws CajalError `bad-shape` where arrays side by side differ in length, `bad-argument` for what is no number
 * @example dataset({ x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] })
 */
export function dataset(from: {
  x: Numbers;
  y: Numbers;
  weight?: Numbers;
  classes?: readonly string[];
}): Dataset<"float32", "float32" | "int32">;
/** The same by the names of inputs and outputs. */
export function dataset(from: {
  x: TensorsOrNumbers;
  y: TensorsOrNumbers;
  weight?: TensorsOrNumbers;
  classes?: readonly string[];
}): Dataset<DType, DType, NamedBatch>;
export function dataset(from: {
  x: TensorsOrNumbers;
  y: TensorsOrNumbers;
  weight?: TensorsOrNumbers;
  classes?: readonly string[];
}): Dataset {
  if (typeof from !== "object" || from === null)
    throw new CajalError(
      "bad-argument",
      `dataset: got ${showValue(from)}, expected { x, y }, e.g. { x: tensor("float32", [4, 2], numbers), y: tensor("int32", [4], classes) }.`,
    );
  checkOptions("dataset", from, { x: true, y: true, weight: true, classes: "strings" });
  const { classes } = from;
  const x = tensorsOf(from.x, "dataset x");
  const y = tensorsOf(from.y, "dataset y", { labels: true });
  const weight = from.weight && tensorsOf(from.weight, "dataset weight");
  const batch: NamedBatch = { x, y, ...(weight !== undefined && { weight }) };
  const size = countExamples(batch, "dataset");
  const gathered = (from: Tensor | NamedTensors, indices: Uint32Array, tensor: Allocate) =>
    isTensor(from)
      ? rows(from, indices, tensor)
      : Object.fromEntries(Object.entries(from).map(([name, each]) => [name, rows(each, indices, tensor)])); // prettier-ignore
  return fromSource({
    size,
    classes,
    // Bits of float16 are no numbers.
    labels: isTensor(y) && y.shape.length === 1 && y.dtype !== "float16" ? y.data : undefined,
    // Its own types say what a batch has.
    read: (indices, { tensor }) =>
      ({
        x: gathered(x, indices, tensor),
        y: gathered(y, indices, tensor),
        ...(weight && { weight: gathered(weight, indices, tensor) }),
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
  checkLabels(labels);
  const everything = Uint32Array.from({ length: size }, (_, i) => i);
  return make({ source, size, order: () => everything, batchSize: 32, maps: [] });
}

function checkLabels(labels: Source["labels"]): void {
  // Of a typed array all are numbers.
  if (labels === undefined || ArrayBuffer.isView(labels)) return;
  for (let i = 0; i < labels.length; i++)
    if (typeof labels[i] !== "number" && typeof labels[i] !== "bigint")
      throw new CajalError("bad-argument", `fromSource: got ${showValue(labels[i])} as label ${i}, expected numbers of classes.`, { index: i }); // prettier-ignore
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
  /** Whether examples were chosen by their places in the order of epoch 0, in which datasets that it is made of stay then. */
  chosen?: boolean;
}

function make<X extends DType, Y extends DType>(state: State): Dataset<X, Y> {
  const { source, size, order, batchSize, dropRemainder = false, maps } = state;
  const batchCount = dropRemainder ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);

  /** Numbers in the source, without what a repetition adds. */
  const inSource = (examples: Uint32Array) =>
    state.copies === undefined ? examples : examples.map((example) => example % source.size);

  /** The last order that was asked for: those that read batch by batch ask again and again. */
  let latest: { epoch: number; indices: Uint32Array } | undefined;
  const orderOf = (epoch: number) => {
    if (latest?.epoch !== epoch) latest = { epoch, indices: order(epoch) };
    return latest.indices;
  };

  const deliver = async (context: BatchContext) => {
    const { signal } = context;
    const indices = inSource(context.examples);
    if (state.chosen) orderEpochs.set(context, 0);
    let batch = await abortable(source.read(indices, context), signal);
    checkBatch(batch, indices.length, "read");
    for (const change of maps) {
      batch = await abortable(change(batch, context), signal);
      checkBatch(batch, indices.length, "map");
    }
    // The types are those that the source and the last map declare.
    return batch as Batch<X, Y>;
  };

  async function* batches(options: PassOptions = {}): AsyncGenerator<Batch<X, Y>, void, undefined> {
    checkOptions("batches", options, {
      epoch: passed,
      start: passed,
      signal: "signal",
      reuse: true,
      transferable: true,
    });
    const { epoch = 0, start = 0, signal, reuse = false, transferable } = options;
    if (typeof reuse !== "boolean") checkArgument("batches", "reuse", reuse, "array");
    if (transferable !== undefined) checkArgument("batches", "transferable", transferable, "object"); // prettier-ignore
    const spare = reuse === true ? [] : reuse;
    signal?.throwIfAborted();
    const indices = orderOf(epoch);
    for (let index = start; index < batchCount; index++) {
      signal?.throwIfAborted();
      const from = index * batchSize;
      const examples = indices.slice(from, from + batchSize);
      const context = { epoch, index, examples, signal };
      if (spare === false && !transferable) yield await deliver({ ...context, tensor });
      else {
        const { allocate, keep } = fromSpare(spare || []);
        const batch = await deliver({ ...context, tensor: allocate });
        const delivered = keep(batch);
        for (const { data } of delivered) transferable?.add(data.buffer);
        yield batch;
        if (reuse === true && spare) spare.push(...delivered);
      }
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
      make({ ...state, size: part.length, order: () => part, chosen: true }),
    );
  }

  const data: Dataset<X, Y> = {
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
      return deliver({ epoch, index: 0, examples: orderOf(epoch).slice(), signal, tensor });
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
      const indices = order(0).slice(0, count);
      return make({ ...state, size: indices.length, order: () => indices, chosen: true });
    },

    skip(count) {
      checkInteger("skip", "count", count, { least: 0, most });
      const left = order(0).slice(count);
      return make({ ...state, size: left.length, order: () => left, chosen: true });
    },

    filter(keep) {
      checkArgument("filter", "keep", keep, "function");
      const { labels } = source;
      const indices = order(0).filter((example) => {
        const index = example % source.size;
        const answer = keep({ index, ...(labels && { label: Number(labels[index]) }) });
        checkAnswer("filter", "keep", answer);
        return answer;
      });
      if (indices.length === 0)
        throw new CajalError("bad-argument", `filter: none of the ${size} examples is left.`, { size }); // prettier-ignore
      return make({ ...state, size: indices.length, order: () => indices, chosen: true });
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
      if (typeof change !== "function")
        throw new CajalError("bad-argument", `map: got ${isPromise(change) ? "a promise" : showValue(change)}, expected a function from a batch to a batch.${isPromise(change) ? " Wait for it first: data.map(await standardize(train))." : ""}`); // prettier-ignore
      const erased: BatchMap = (batch, context) => change(batch as Batch<X, Y>, context);
      return make({ ...state, maps: [...maps, erased] });
    },
  };
  readers.set(data, (positions, options) => {
    const { epoch, signal, tensor } = options;
    const orderEpoch = orderEpochs.get(options) ?? epoch;
    const whole = orderOf(orderEpoch);
    const context = {
      epoch,
      examples: positions.map((position) => whole[position]!),
      signal,
      tensor,
    };
    // As it is there: that of cacheOnDisk throws where a map asks for it.
    const index = Object.getOwnPropertyDescriptor(options, "index")!;
    orderEpochs.set(context, orderEpoch);
    return deliver(Object.defineProperty(context, "index", index) as BatchContext);
  });
  labelings.set(data, () => source.labels && Array.from(inSource(order(0)), (i) => Number(source.labels![i]))); // prettier-ignore
  return data;
}

/** What those that are made of other datasets need to know of them. */
type Reader = (positions: Uint32Array, options: ReadOptions) => Promise<Batch>;
const readers = new WeakMap<object, Reader>();
/** By what a source is read with: the epoch whose order the datasets that it is made of are in, where it is another. */
const orderEpochs = new WeakMap<object, number>();
const labelings = new WeakMap<object, () => readonly number[] | undefined>();

/**
 * The examples at these positions in the order of an epoch, all its maps applied.
 *
 * @throws CajalError `bad-argument` for what is no dataset of this package
 */
export function examplesAt(
  where: string,
  data: Dataset,
  positions: Uint32Array,
  options: ReadOptions,
): Promise<Batch> {
  return inner(readers, where, data)(positions, options);
}

/** The number of its examples. */
export function sizeOfPart(where: string, name: string, part: Dataset): number {
  inner(readers, `${where} ${name}`, part);
  return part.size;
}

/** The class of each example in the order of epoch 0, where it is known without reading any. */
export const labelsOf = (where: string, data: Dataset): readonly number[] | undefined =>
  inner(labelings, where, data)();

function inner<T>(of: WeakMap<object, T>, where: string, data: Dataset): T {
  const existing = typeof data === "object" && data !== null ? of.get(data) : undefined;
  if (existing === undefined)
    throw new CajalError("bad-argument", `${where}: got ${showValue(data)}, expected a dataset: dataset({ x, y }), mnist().`); // prettier-ignore
  return existing;
}
