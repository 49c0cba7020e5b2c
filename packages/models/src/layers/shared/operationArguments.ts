// What an operation of keras.ops is given: tensors, numbers and lists in their order, settings by name.
import { CajalError, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";

export interface OperationArguments {
  /** Tensors, and what else was given, in their order: numbers, lists, the keys of a slice. */
  readonly given: readonly unknown[];
  /** By name: "axis", "keepdims", "newshape". */
  readonly options: Readonly<Record<string, unknown>>;
}

export type Operation<Result = Value> = (args: OperationArguments, g: GraphBuilder) => Result;

const isValue = (given: unknown): given is Value =>
  typeof given === "object" && given !== null && "dtype" in given && "name" in given;

export const refused = (got: unknown, expected: string) =>
  new CajalError("unsupported", `got ${JSON.stringify(got) ?? String(got)}, expected ${expected}`, { got }); // prettier-ignore

export function operand(given: unknown, g: GraphBuilder): Value {
  if (isValue(given)) return given;
  if (typeof given === "number") return g.constant(tensor("float32", [], [given]));
  if (Array.isArray(given) && given.every((each) => typeof each === "number"))
    return g.constant(tensor("float32", [given.length], given as number[]));
  throw refused(given, "a tensor or a number");
}

export const first = ({ given }: OperationArguments, g: GraphBuilder) => operand(given[0], g);

export const binary =
  (apply: (a: Value, b: Value, g: GraphBuilder) => Value): Operation =>
  ({ given: [a, b] }, g) =>
    apply(operand(a, g), operand(b, g), g);

export const unary =
  (apply: (x: Value, g: GraphBuilder) => Value): Operation =>
  (args, g) =>
    apply(first(args, g), g);

/** What an option says, which may have been given by its place too. */
export function option<T>(
  { given, options }: OperationArguments,
  name: string,
  place: number,
  absent: T,
): T {
  const value = options[name] ?? given[place];
  return value === undefined || value === null ? absent : (value as T);
}

export function wholes(given: unknown, what: string): number[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.every((each) => Number.isSafeInteger(each))) return list as number[];
  throw refused(given, `whole numbers as its ${what}`);
}

export const reduction =
  (
    apply: (x: Value, options: { axes?: number[]; keepdims: boolean }, g: GraphBuilder) => Value,
  ): Operation =>
  (args, g) => {
    const axis = option<unknown>(args, "axis", 1, undefined);
    const keepdims = option(args, "keepdims", 2, false);
    return apply(first(args, g), { ...(axis !== undefined && { axes: wholes(axis, "axis") }), keepdims }, g); // prettier-ignore
  };

export const along =
  (absent: number, apply: (x: Value, axis: number, g: GraphBuilder) => Value): Operation =>
  (args, g) =>
    apply(first(args, g), wholes(option<unknown>(args, "axis", 1, absent), "axis")[0]!, g);

export const list = ({ given }: OperationArguments, g: GraphBuilder) =>
  (Array.isArray(given[0]) ? given[0] : given).map((each) => operand(each, g));
