// What training takes as data: a dataset, or numbers in memory.
import {
  CajalError,
  isTensor,
  tensor,
  type NamedBatch,
  type NamedTensors,
  type Tensor,
  checkArgument,
  showValue,
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

/** Numbers, nested in as many arrays as there are axes. */
export type Numbers = readonly number[] | TypedNumbers | readonly Numbers[];

type TypedNumbers = Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint32Array | Uint16Array | Uint8Array | Uint8ClampedArray; // prettier-ignore

/** Whether a value is a list of numbers or of such lists. */
const isList = (value: unknown): value is Numbers =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

type Values = Tensor | NamedTensors | Numbers | Readonly<Record<string, Numbers>>;

/** Examples in memory: tensors or arrays of numbers, by name where a model has several inputs or outputs. */
export interface DataInMemory {
  readonly x: Values;
  readonly y: Values;
  /** Factor of each example's loss (Keras: `sample_weight`). */
  readonly weight?: Values;
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
        x: valuesOf(`${what} x`, x),
        y: valuesOf(`${what} y`, y, true),
        ...(weight !== undefined && { weight: valuesOf(`${what} weight`, weight) }),
      }) as Dataset;
    }
  }
  throw new CajalError(
    "bad-argument",
    typeof data === "function"
      ? `train: got ${what} ${showValue(data)}. Call it: ${(data as { name: string }).name || what}().`
      : `train: got ${what} ${typeof data === "object" && data !== null && !Array.isArray(data) ? `with ${Object.keys(data).join(", ") || "nothing"}` : showValue(data)}, expected a dataset, or { x, y }: dataset({ x: tensor("float32", [n, …], numbers), y: tensor("int32", [n], classes) }) of @cajal/datasets.`,
  );
}

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

function valuesOf(name: string, values: Values, labels = false): Tensor | NamedTensors {
  if (isList(values)) return tensorOf(name, values, labels);
  if (typeof values !== "object" || values === null || isTensor(values as Tensor))
    return values as Tensor;
  return Object.fromEntries(
    Object.entries(values as Record<string, Tensor | Numbers>).map(([key, each]) => [
      key,
      isList(each) ? tensorOf(`${name} "${key}"`, each, labels) : each,
    ]),
  );
}

function tensorOf(name: string, numbers: Numbers, labels: boolean): Tensor {
  const shape: number[] = [];
  for (let nested: Numbers | number | undefined = numbers; isList(nested); nested = nested[0])
    shape.push(nested.length);
  const flat: number[] = [];
  /** Where the value being read is: its index along each axis. */
  const path: number[] = [];
  const index = (depth: number) => path.slice(0, depth).map((each) => `[${each}]`).join(""); // prettier-ignore
  const visit = (value: Numbers | number, depth: number): void => {
    if (isList(value) ? value.length !== shape[depth] : depth !== shape.length)
      throw new CajalError(
        "bad-shape",
        `${name}${index(depth)}: got ${isList(value) ? `a list of ${value.length}` : showValue(value)}, expected ${depth < shape.length ? `a list of ${shape[depth]}` : "a number"}, as the first of its axis: they say [${shape.join(",")}].`,
        { name, index: path.slice(0, depth), shape },
      );
    if (isList(value))
      // Holes of sparse arrays are undefined.
      for (let i = 0; i < value.length; i++) {
        path[depth] = i;
        visit(value[i]!, depth + 1);
      }
    else if (typeof value === "number" || typeof value === "boolean") flat.push(Number(value));
    else
      throw new CajalError(
        "bad-argument",
        `${name}${index(depth)}: got ${showValue(value)}, expected a number.`,
        { name, index: path.slice(0, depth) },
      );
  };
  visit(numbers, 0);
  const areIntegers =
    labels && flat.every((each) => Number.isInteger(each) && Math.abs(each) < 2 ** 31);
  return tensor(areIntegers ? "int32" : "float32", shape, flat);
}
