// What datasets and sources are: types alone.
import type { Allocate, Batch, DType, NamedBatch, Tensor } from "@cajal/core";

export type { Allocate };

/** Where examples come from: they are read when a batch is delivered, and only then. */
export interface Source<X extends DType = DType, Y extends DType = DType> {
  /** Number of examples. */
  readonly size: number;
  /** Names of the classes; label `i` is `classes[i]`. */
  readonly classes?: readonly string[];
  /** The class of every example, where it is known without reading any; what a stratified split needs. */
  readonly labels?: ArrayLike<number | bigint>;
  /** Reads the examples with these numbers, in this order: x `[n, …]`, y `[n, …]`. */
  read(indices: Uint32Array, options: ReadOptions): Batch<X, Y> | Promise<Batch<X, Y>>;
}

/** What a source may make use of. */
export interface ReadOptions {
  /** Ends the pass between two examples. */
  readonly signal?: AbortSignal;
  /** Which pass; the same examples are the same in every one, but their order or chance within may not be. */
  readonly epoch: number;
  /** Number of the batch within its epoch, from 0. */
  readonly index: number;
  /** Makes the batch's tensors. Values that are not written are not zero where memory is reused. */
  readonly tensor: Allocate;
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
  /** Aborts the pass: the pending promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Writes batches of equal shapes into the same memory, which saves allocating large ones: a batch is valid only
   * until the next is asked for. Default false. Or an array of tensors that are no longer needed, which are taken
   * out of it: batches are made of those that fit, and are yours to keep.
   */
  reuse?: boolean | Tensor[];
  /**
   * Is filled with the memory of the batch that comes next, as far as its context's `tensor` made it: nobody else has
   * it, so it may be transferred to another thread. What else a batch is in may be a map's own, or a source's.
   */
  transferable?: Set<ArrayBufferLike>;
}

/** The position of a batch in its epoch and its run. */
export interface BatchContext {
  readonly epoch: number;
  /** Number of the batch within its epoch, from 0. */
  readonly index: number;
  /**
   * Numbers of the batch's examples in their source, whatever the order: what chance may depend on. Of a repeated
   * dataset those of the k-th pass are larger by k times the source's size.
   */
  readonly examples: Uint32Array;
  readonly signal?: AbortSignal;
  /** Makes tensors, see {@link ReadOptions}. */
  readonly tensor: Allocate;
}

/** Maps a batch to another of as many examples, as `oneHot` and `rescale` do. */
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
   * @throws CajalError `bad-argument` where none is left, and for an answer that is neither true nor false
   * @example mnist.filter(({ label }) => label === 3 || label === 7)
   */
  filter(keep: (example: { index: number; label?: number }) => boolean): Dataset<X, Y, B>;
  /**
   * `count` epochs as one pass: pass e is the epochs count · e … count · e + count − 1, each in its own
   * order; what changes by chance is another each time.
   */
  repeat(count: number): Dataset<X, Y, B>;
  /**
   * Class weights that balance the classes, n / (classes · n of the class), as scikit-learn's "balanced":
   * pass them to training as `classWeights`.
   *
   * @throws CajalError `bad-argument` where classes are not known beforehand
   */
  classWeights(): Record<number, number>;
  /**
   * Parts that share no example and leave none out. After a `shuffle` the order of epoch 0 is cut, so
   * shuffle the parts, not the whole.
   *
   * Give a seed: without one examples are dealt in their order, and many sets, iris among them, are sorted by
   * class, so that the last part may have a single one. That is so with `stratify`, too: the mix of classes is right
   * then, but of each class the first examples are in the first part.
   *
   * @param fractions the first part's share, in (0, 1), or the shares of all parts, of sum 1
   * @param options.seed deals the examples at random (from `random(seed, "split")`); without it they are dealt in order
   * @param options.stratify gives every part the same mix of classes: per class within one example
   *   of the exact share for two parts, within two for more
   * @example iris().split(0.8, { seed: 1, stratify: true })
   */
  split(fractions: number, options?: SplitOptions): [Dataset<X, Y, B>, Dataset<X, Y, B>];
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
