// What training takes as data: a dataset, or numbers in memory.
import {
  CajalError,
  checkArgument,
  showValue,
  tensorsOf,
  type NamedBatch,
  type TensorsOrNumbers,
} from "@cajal/core";
import { dataset, type Dataset, type PassOptions } from "@cajal/datasets";
import { checkAwaited } from "./checkAwaited";

/** The interface of training data; every dataset implements it. */
export interface TrainData {
  readonly size: number;
  readonly batchSize: number;
  readonly batchCount: number;
  batches(options?: PassOptions): AsyncGenerator<NamedBatch, void, undefined>;
  shuffle(options: { seed: number }): TrainData;
  batch(size: number): TrainData;
}

/** Examples in memory: tensors or arrays of numbers, by name where a model has several inputs or outputs. */
export interface DataInMemory {
  readonly x: TensorsOrNumbers;
  readonly y: TensorsOrNumbers;
  /** Factor of each example's loss (Keras: `sample_weight`). */
  readonly weight?: TensorsOrNumbers;
}

/**
 * Arrays become float32 tensors; labels of whole numbers become int32.
 *
 * @param what to call it in messages: "data" or "validation"
 * @throws CajalError `bad-argument`, `bad-shape`
 */
export function dataOf(what: string, data: TrainData | DataInMemory): TrainData {
  if (typeof data === "object" && data !== null) {
    if ("batches" in data && typeof data.batches === "function") {
      for (const name of ["shuffle", "batch"] as const)
        checkArgument("train", `${what}.${name}`, data[name], "function");
      return data;
    }
    if ("x" in data && "y" in data) {
      const { x, y, weight, ...rest } = data;
      checkAwaited("train", { [`${what} x`]: x, [`${what} y`]: y, [`${what} weight`]: weight });
      return dataset({
        ...rest,
        x: tensorsOf(x, `${what} x`),
        y: tensorsOf(y, `${what} y`, { labels: true }),
        ...(weight !== undefined && { weight: tensorsOf(weight, `${what} weight`) }),
      }) as Dataset;
    }
  }
  throw notData(what, data);
}

/**
 * Checks what a verb of data gave; the data may be the caller's own.
 *
 * @param what e.g. "data.shuffle()"
 */
export function checkGiven(what: string, data: TrainData): TrainData {
  if (typeof data?.batches === "function") return data;
  throw notData(what, data);
}

const notData = (what: string, data: unknown) =>
  new CajalError(
    "bad-argument",
    typeof data === "function"
      ? `train: got ${what} ${showValue(data)}. Call it: ${(data as { name: string }).name || what}().`
      : `train: got ${what} ${typeof data === "object" && data !== null && !Array.isArray(data) ? `with ${Object.keys(data).join(", ") || "nothing"}` : showValue(data)}, expected a dataset, or { x, y }: dataset({ x: tensor("float32", [n, …], numbers), y: tensor("int32", [n], classes) }) of @cajal/datasets.`,
  );

/** The batches of a pass; data may be the caller's own. */
export function batchesOf(
  what: string,
  data: TrainData,
  options: PassOptions,
): AsyncGenerator<NamedBatch, void, undefined> {
  const batches: AsyncGenerator<NamedBatch, void, undefined> | undefined = data.batches(options);
  if (typeof batches?.[Symbol.asyncIterator] !== "function")
    throw new CajalError(
      "bad-argument",
      `train: ${what}.batches() gave ${showValue(batches)}, expected an async generator of batches: async *batches() { yield { x, y }; }.`,
    );
  return batches;
}

/** A pass whose first batch has been read, and may be looked at before the pass goes on. */
export async function begun<T>(pass: AsyncIterable<T>) {
  const iterator = pass[Symbol.asyncIterator]();
  const first = await iterator.next();
  const close = async (): Promise<void> => void (await iterator.return?.());
  return {
    first: first.done ? undefined : first.value,
    /** The whole pass, once. */
    async *all(): AsyncGenerator<T, void, undefined> {
      try {
        for (let next = first; !next.done; next = await iterator.next()) yield next.value;
      } finally {
        await close();
      }
    },
    close,
  };
}
