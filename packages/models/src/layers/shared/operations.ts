// Operations of keras.ops that functional models may have beside layers, by Keras 3's class names. Axes and
// broadcasting are NumPy's. keras.io/api/ops
import { CajalError, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import { activate, activationNames } from "../definition/activations";

export interface OperationArguments {
  /** Tensors, and what else was given, in their order: numbers, lists, the keys of a slice. */
  readonly given: readonly unknown[];
  /** By name: "axis", "keepdims", "newshape". */
  readonly options: Readonly<Record<string, unknown>>;
}

type Operation = (args: OperationArguments, g: GraphBuilder) => Value;

const isValue = (given: unknown): given is Value =>
  typeof given === "object" && given !== null && "dtype" in given && "name" in given;

const refused = (got: unknown, expected: string) =>
  new CajalError("unsupported", `got ${JSON.stringify(got) ?? String(got)}, expected ${expected}`, { got }); // prettier-ignore

function operand(given: unknown, g: GraphBuilder): Value {
  if (isValue(given)) return given;
  if (typeof given === "number") return g.constant(tensor("float32", [], [given]));
  if (Array.isArray(given) && given.every((each) => typeof each === "number"))
    return g.constant(tensor("float32", [given.length], given as number[]));
  throw refused(given, "a tensor or a number");
}

const first = ({ given }: OperationArguments, g: GraphBuilder) => operand(given[0], g);

const binary =
  (apply: (a: Value, b: Value, g: GraphBuilder) => Value): Operation =>
  ({ given: [a, b] }, g) =>
    apply(operand(a, g), operand(b, g), g);

const unary =
  (apply: (x: Value, g: GraphBuilder) => Value): Operation =>
  (args, g) =>
    apply(first(args, g), g);

/** What an option says, which may have been given by its place too. */
function option<T>(
  { given, options }: OperationArguments,
  name: string,
  place: number,
  absent: T,
): T {
  const value = options[name] ?? given[place];
  return value === undefined || value === null ? absent : (value as T);
}

function wholes(given: unknown, what: string): number[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.every((each) => Number.isSafeInteger(each))) return list as number[];
  throw refused(given, `whole numbers as its ${what}`);
}

const reduction =
  (
    apply: (x: Value, options: { axes?: number[]; keepdims: boolean }, g: GraphBuilder) => Value,
  ): Operation =>
  (args, g) => {
    const axis = option<unknown>(args, "axis", 1, undefined);
    const keepdims = option(args, "keepdims", 2, false);
    return apply(first(args, g), { ...(axis !== undefined && { axes: wholes(axis, "axis") }), keepdims }, g); // prettier-ignore
  };

const along =
  (absent: number, apply: (x: Value, axis: number, g: GraphBuilder) => Value): Operation =>
  (args, g) =>
    apply(first(args, g), wholes(option<unknown>(args, "axis", 1, absent), "axis")[0]!, g);

const list = ({ given }: OperationArguments, g: GraphBuilder) =>
  (Array.isArray(given[0]) ? given[0] : given).map((each) => operand(each, g));

/** A part of a slice as Keras writes it: a range, one index, a new axis, or all axes that are not named. */
type Key =
  | { readonly start: number | null; readonly stop: number | null; readonly step: number | null }
  | number
  | null
  | "...";

function keyOf(given: unknown): Key {
  if (given === null || typeof given === "number") return given;
  if (typeof given === "object") {
    const { class_name, config } = given as { class_name?: unknown; config?: unknown };
    if (class_name === "__ellipsis__") return "...";
    const range = class_name === "__slice__" ? config : given;
    if (typeof range === "object" && range !== null && "start" in range && "stop" in range) {
      const { start, stop, step } = range as Record<string, unknown>;
      const parts = [start, stop, step ?? null];
      if (parts.every((part) => part === null || part === undefined || Number.isSafeInteger(part)))
        return { start: (start ?? null) as number | null, stop: (stop ?? null) as number | null, step: (step ?? null) as number | null }; // prettier-ignore
    }
  }
  throw refused(given, "slices and whole numbers");
}

const getItem: Operation = ({ given: [x, at] }, g) => {
  const value = operand(x, g);
  const keys = (Array.isArray(at) ? at : [at]).map(keyOf);
  const rank = value.shape!.length;
  const named = keys.filter((key) => key !== null && key !== "...").length;
  const cut: { axis: number; start: number; end: number; step: number }[] = [];
  const [gone, added]: [number[], number[]] = [[], []];
  let [axis, place] = [0, 0];
  for (const key of keys)
    if (key === "...") {
      axis += rank - named;
      place += rank - named;
    } else if (key === null) added.push(place++);
    else if (typeof key === "number") {
      cut.push({ axis, start: key, end: key === -1 ? 2 ** 31 - 1 : key + 1, step: 1 });
      gone.push(axis++);
    } else {
      const step = key.step ?? 1;
      const [low, high] = step > 0 ? [0, 2 ** 31 - 1] : [-1, -(2 ** 31)];
      if (key.start !== null || key.stop !== null || step !== 1)
        cut.push({ axis, start: key.start ?? low, end: key.stop ?? high, step });
      axis++;
      place++;
    }
  const sliced =
    cut.length === 0
      ? value
      : g.slice(value, {
          starts: cut.map(({ start }) => start),
          ends: cut.map(({ end }) => end),
          axes: cut.map((each) => each.axis),
          steps: cut.map(({ step }) => step),
        });
  const squeezed = gone.length > 0 ? g.squeeze(sliced, gone) : sliced;
  return added.length > 0 ? g.unsqueeze(squeezed, added) : squeezed;
};

const reshape: Operation = (args, g) => {
  const x = first(args, g);
  const shape = option<unknown>(args, "newshape", 1, args.options["shape"]);
  if (!Array.isArray(shape)) throw refused(shape, "a shape");
  const extents = shape.map((extent: unknown) => (extent === null ? -1 : extent));
  return g.reshape(x, wholes(extents, "shape"));
};

const pascal = (name: string) => name.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase()); // prettier-ignore

/** Activations are operations, too; softmax has an axis. */
const ofActivations: Readonly<Record<string, Operation>> = Object.fromEntries(
  activationNames
    .filter((name) => !name.startsWith("keras2_"))
    .map((name): [string, Operation] => [
      pascal(name),
      along(-1, (x, axis, g) => activate(name, x, g, axis < 0 ? axis + x.shape!.length : axis)),
    ]),
);

export const operations: Readonly<Record<string, Operation>> = {
  ...ofActivations,
  LogSoftmax: along(-1, (x, axis, g) => g.logSoftmax(x, { axis })),
  Add: binary((a, b, g) => g.add(a, b)),
  Subtract: binary((a, b, g) => g.sub(a, b)),
  Multiply: binary((a, b, g) => g.mul(a, b)),
  Divide: binary((a, b, g) => g.div(a, b)),
  TrueDivide: binary((a, b, g) => g.div(a, b)),
  Power: binary((a, b, g) => g.pow(a, b)),
  Maximum: binary((a, b, g) => g.max(a, b)),
  Minimum: binary((a, b, g) => g.min(a, b)),
  Matmul: binary((a, b, g) => g.matMul(a, b)),
  Negative: unary((x, g) => g.neg(x)),
  Absolute: unary((x, g) => g.abs(x)),
  Abs: unary((x, g) => g.abs(x)),
  Exp: unary((x, g) => g.exp(x)),
  Log: unary((x, g) => g.log(x)),
  Sqrt: unary((x, g) => g.sqrt(x)),
  Rsqrt: unary((x, g) => g.reciprocal(g.sqrt(x))),
  Square: unary((x, g) => g.mul(x, x)),
  Reciprocal: unary((x, g) => g.reciprocal(x)),
  Sin: unary((x, g) => g.sin(x)),
  Cos: unary((x, g) => g.cos(x)),
  Mean: reduction((x, options, g) => g.reduceMean(x, options)),
  Sum: reduction((x, options, g) => g.reduceSum(x, options)),
  Max: reduction((x, options, g) => g.reduceMax(x, options)),
  Min: reduction((x, options, g) => g.reduceMin(x, options)),
  Prod: reduction((x, options, g) => g.reduceProd(x, options)),
  GetItem: getItem,
  Reshape: reshape,
  Transpose: (args, g) => {
    const x = first(args, g);
    const axes = option<unknown>(args, "axes", 1, undefined);
    return g.transpose(x, axes === undefined ? x.shape!.map((_, i) => x.shape!.length - 1 - i) : wholes(axes, "axes")); // prettier-ignore
  },
  ExpandDims: along(0, (x, axis, g) => g.unsqueeze(x, [axis])),
  Squeeze: (args, g) =>
    g.squeeze(first(args, g), wholes(option<unknown>(args, "axis", 1, -1), "axis")),
  Concatenate: (args, g) => g.concat(list(args, g), { axis: Number(args.options["axis"] ?? -1) }),
  Stack: (args, g) => {
    const axis = Number(args.options["axis"] ?? 0);
    return g.concat(list(args, g).map((x) => g.unsqueeze(x, [axis])), { axis }); // prettier-ignore
  },
  Clip: (args, g) =>
    g.clip(first(args, g), { min: option<number>(args, "x_min", 1, -3.4e38), max: option<number>(args, "x_max", 2, 3.4e38) }), // prettier-ignore
};
