// Numbers in nested arrays, as people write them, and tensors.
import { checkArgument } from "../checks/checkArgument";
import { CajalError } from "../checks/errors";
import { checkOptions } from "../checks/options";
import { showValue } from "../checks/showValue";
import {
  checkTensor,
  isTensor,
  showShape,
  tensor,
  type DType,
  type NamedTensors,
  type Shape,
  type Tensor,
} from "./tensor";

/** Numbers, nested in as many arrays as there are axes. */
export type Numbers = readonly number[] | TypedNumbers | readonly Numbers[];

type TypedNumbers = Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint32Array | Uint16Array | Uint8Array | Uint8ClampedArray; // prettier-ignore

/** Whether a value is a list of numbers or of such lists. */
export const isNumbers = (value: unknown): value is Numbers =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/**
 * Makes a tensor of nested arrays, whose lengths are its shape.
 *
 * @example tensorOf([[1, 2, 3], [4, 5, 6]]) // float32 [2,3]
 * @param numbers true and false count as 1 and 0
 * @param name what to call it in messages
 * @throws CajalError `bad-shape` where arrays side by side differ in length, `bad-argument` for what is no number,
 *   or none of this dtype
 */
export function tensorOf<D extends DType = "float32">(
  numbers: Numbers,
  dtype: D = "float32" as D,
  name = "tensorOf",
): Tensor<D> {
  if (!isNumbers(numbers))
    throw new CajalError(
      "bad-argument",
      `${name}: got ${showValue(numbers)}, expected numbers in arrays: [[1, 2], [3, 4]].`,
      { name },
    );
  const shape: number[] = [];
  for (let nested: Numbers | number | undefined = numbers; isNumbers(nested); nested = nested[0])
    shape.push(nested.length);
  const flat: number[] = [];
  /** Where the value being read is: its index along each axis. */
  const path: number[] = [];
  const index = (depth: number) => path.slice(0, depth).map((each) => `[${each}]`).join(""); // prettier-ignore
  const visit = (value: Numbers | number, depth: number): void => {
    if (isNumbers(value) ? value.length !== shape[depth] : depth !== shape.length)
      throw new CajalError(
        "bad-shape",
        `${name}${index(depth)}: got ${isNumbers(value) ? `a list of ${value.length}` : showValue(value)}, expected ${depth < shape.length ? `a list of ${shape[depth]}` : "a number"}, as the first of its axis: they say ${showShape(shape)}.`,
        { name, index: path.slice(0, depth), shape },
      );
    if (isNumbers(value))
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
  return tensor(dtype, shape, flat);
}

/** What x, y or weights of examples are given as: tensors or numbers, by name where there are several. */
export type TensorsOrNumbers = Tensor | Numbers | Readonly<Record<string, Tensor | Numbers>>;

/**
 * Tensors of what is either: numbers become float32, and labels that are whole numbers int32.
 *
 * @param name what to call it in messages
 * @returns a tensor as it is, and anything that is neither, for the caller to refuse
 * @throws CajalError as `tensorOf`
 */
export function tensorsOf(
  values: TensorsOrNumbers,
  name: string,
  options: {
    /** Whether they are labels, of which whole numbers become int32; default false. */
    readonly labels?: boolean;
  } = {},
): Tensor | NamedTensors {
  checkArgument("tensorsOf", "name", name, "string");
  checkOptions("tensorsOf", options, { labels: "boolean" });
  const { labels = false } = options;
  const made = (value: Tensor | Numbers, name: string): Tensor => {
    if (!isNumbers(value)) return value;
    const floats = tensorOf(value, "float64", name);
    const areClasses =
      labels && floats.data.every((each) => Number.isInteger(each) && Math.abs(each) < 2 ** 31);
    return tensor(areClasses ? "int32" : "float32", floats.shape, floats.data as Iterable<number>);
  };
  if (isNumbers(values)) return made(values, name);
  const named = values as Readonly<Record<string, Tensor | Numbers>>;
  if (
    typeof values !== "object" ||
    isTensor(values as Tensor) ||
    !Object.values(named ?? {}).some(isNumbers)
  )
    return values as Tensor | NamedTensors;
  return Object.fromEntries(
    Object.entries(named).map(([key, each]) => [key, made(each, `${name} "${key}"`)]),
  );
}

/** Numbers in as many arrays as there are axes; a scalar is a number. */
export type NestedArrays = number | readonly NestedArrays[];

/**
 * The numbers of a tensor in nested arrays, as NumPy's `tolist`: to print or to send as JSON.
 *
 * @example arraysOf(tensor("float32", [2, 2], [1, 2, 3, 4])) // [[1, 2], [3, 4]]
 * @throws CajalError `bad-argument` for float16, whose data are bits, and for what no JavaScript number holds
 */
export function arraysOf(x: Tensor): NestedArrays {
  checkTensor(x, "arraysOf");
  const { dtype, shape, data } = x;
  if (dtype === "float16")
    throw new CajalError("bad-argument", "arraysOf: got float16, whose data are bits.", { dtype });
  let next = 0;
  const number = () => {
    const value = data[next++]!;
    if (typeof value === "bigint" && !Number.isSafeInteger(Number(value)))
      throw new CajalError("bad-argument", `arraysOf: got ${value}, which no JavaScript number holds.`, { index: next - 1 }); // prettier-ignore
    return Number(value);
  };
  const nest = ([extent, ...inner]: Shape): NestedArrays =>
    extent === undefined ? number() : Array.from({ length: extent }, () => nest(inner));
  return nest(shape);
}
