// What an operation of keras.ops takes: tensors, numbers and lists in their order, settings by name.
import { CajalError, sizeOf, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";

export interface OperationArguments {
  /** Tensors, and other positional arguments, in their order: numbers, lists, the keys of a slice. */
  readonly positional: readonly unknown[];
  /** By name: "axis", "keepdims", "newshape". */
  readonly options: Readonly<Record<string, unknown>>;
}

export type Operation<Result = Value> = (args: OperationArguments, g: GraphBuilder) => Result;

const isValue = (value: unknown): value is Value =>
  typeof value === "object" && value !== null && "dtype" in value && "name" in value;

export const refusal = (got: unknown, expected: string) =>
  new CajalError("unsupported", `got ${JSON.stringify(got) ?? String(got)}, expected ${expected}`, { got }); // prettier-ignore

export function operand(value: unknown, g: GraphBuilder): Value {
  if (isValue(value)) return value;
  if (typeof value === "number") return g.constant(tensor("float32", [], [value]));
  const list = listed(value);
  if (Array.isArray(list)) {
    const shape = shapeOf(list);
    const numbers = list.flat(shape.length - 1);
    if (
      numbers.length === sizeOf(shape) &&
      numbers.every((each) => typeof each === "number" || typeof each === "boolean")
    )
      return g.constant(tensor("float32", shape, numbers.map(Number)));
  }
  throw refusal(value, "a tensor or a number");
}

/** Numbers that Keras writes as an array, or a tensor, of its own. */
export function listed(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("class_name" in value)) return value;
  const { class_name, config } = value as { class_name: unknown; config?: { value?: unknown } };
  return class_name === "__numpy__" || class_name === "__tensor__" ? config?.value : value;
}

function shapeOf(list: unknown): number[] {
  return Array.isArray(list) ? [list.length, ...shapeOf(list[0])] : [];
}

export const first = ({ positional }: OperationArguments, g: GraphBuilder) =>
  operand(positional[0], g);

export const binary =
  (apply: (a: Value, b: Value, g: GraphBuilder) => Value): Operation =>
  ({ positional: [a, b] }, g) =>
    apply(operand(a, g), operand(b, g), g);

export const unary =
  (apply: (x: Value, g: GraphBuilder) => Value): Operation =>
  (args, g) =>
    apply(first(args, g), g);

/** What an option says, which may have been positional too. */
export function option<T>(
  { positional, options }: OperationArguments,
  name: string,
  place: number,
  absent: T,
): T {
  const value = options[name] ?? positional[place];
  return value === undefined || value === null ? absent : (value as T);
}

export function integers(value: unknown, what: string): number[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.every((each) => Number.isSafeInteger(each))) return list as number[];
  throw refusal(value, `whole numbers as its ${what}`);
}

/** One whole number, which may be a list of one. */
export function integer(value: unknown, what: string): number {
  const [one, ...others] = integers(value, what);
  if (one === undefined || others.length > 0) throw refusal(value, `one whole number as its ${what}`); // prettier-ignore
  return one;
}

export const reduction =
  (
    apply: (x: Value, options: { axes?: number[]; keepdims: boolean }, g: GraphBuilder) => Value,
  ): Operation =>
  (args, g) => {
    const axis = option<unknown>(args, "axis", 1, undefined);
    const keepdims = option(args, "keepdims", 2, false);
    return apply(first(args, g), { ...(axis !== undefined && { axes: integers(axis, "axis") }), keepdims }, g); // prettier-ignore
  };

export const along =
  (absent: number, apply: (x: Value, axis: number, g: GraphBuilder) => Value): Operation =>
  (args, g) =>
    apply(first(args, g), integer(option<unknown>(args, "axis", 1, absent), "axis"), g);

export const list = ({ positional }: OperationArguments, g: GraphBuilder) =>
  (Array.isArray(positional[0]) ? positional[0] : positional).map((each) => operand(each, g));
