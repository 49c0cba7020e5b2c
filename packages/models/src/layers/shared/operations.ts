// Operations of keras.ops that functional models may have beside layers, by Keras 3's class names. Axes and
// broadcasting are NumPy's. keras.io/api/ops
import type { GraphBuilder, Value } from "@cajal/onnx";
import { ofNn } from "./operationsOfNn";
import { ofOrder, ofWindows, topK } from "./operationsOfOrder";
import {
  binary,
  first,
  list,
  operand,
  option,
  reduction,
  refusal,
  unary,
  integer,
  integers,
  type Operation,
  type OperationArguments,
} from "./operationArguments";

/** A part of a slice as Keras writes it: a range, one index, a new axis, or all axes that are not named. */
type Key =
  | { readonly start: number | null; readonly stop: number | null; readonly step: number | null }
  | number
  | null
  | "...";

function keyOf(value: unknown): Key {
  if (value === null || typeof value === "number") return value;
  if (typeof value === "object") {
    const { class_name, config } = value as { class_name?: unknown; config?: unknown };
    if (class_name === "__ellipsis__") return "...";
    const range = class_name === "__slice__" ? config : value;
    if (typeof range === "object" && range !== null && "start" in range && "stop" in range) {
      const { start, stop, step } = range as Record<string, unknown>;
      const parts = [start, stop, step ?? null];
      if (parts.every((part) => part === null || part === undefined || Number.isSafeInteger(part)))
        return { start: (start ?? null) as number | null, stop: (stop ?? null) as number | null, step: (step ?? null) as number | null }; // prettier-ignore
    }
  }
  throw refusal(value, "slices and whole numbers");
}

const getItem: Operation = ({ positional: [x, at] }, g) => {
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
  if (!Array.isArray(shape)) throw refusal(shape, "a shape");
  const extents = shape.map((extent: unknown) => (extent === null ? -1 : extent));
  return g.reshape(x, integers(extents, "shape"));
};

/** Truth values are 0 and 1 of float32 here, and whole numbers are float32: what is exact in them stays so. */
const truth =
  (apply: (a: Value, b: Value, g: GraphBuilder) => Value): Operation =>
  ({ positional: [a, b] }, g) =>
    g.cast(apply(operand(a, g), operand(b, g), g), "float32");

const isTrue = (x: Value, g: GraphBuilder) => g.not(g.equal(x, 0));

const variance = reduction((x, { axes, keepdims }, g) => {
  const all = axes ? { axes } : {};
  const apart = g.sub(x, g.reduceMean(x, { ...all, keepdims: true }));
  return g.reduceMean(g.mul(apart, apart), { ...all, keepdims });
});

/** The place of the greatest, or least, along an axis; of all where none is given. */
const place =
  (
    apply: (x: Value, options: { axis: number; keepdims: boolean }, g: GraphBuilder) => Value,
  ): Operation =>
  // prettier-ignore
  (args, g) => {
    const axis = option<unknown>(args, "axis", 1, undefined);
    const keepdims = option(args, "keepdims", 2, false);
    if (axis === undefined) throw refusal(axis, "an axis: of all values the place is not computed");
    return g.cast(apply(first(args, g), { axis: integer(axis, "axis"), keepdims }, g), "float32"); // prettier-ignore
  };

const axisOf = (axis: number, { shape }: Value) => (axis < 0 ? axis + shape!.length : axis);

/** Axes, which must be given: over none NumPy works on all values in a row. */
const axesFrom = (args: OperationArguments, at: number) => {
  const axis = option<unknown>(args, "axis", at, undefined);
  if (axis === undefined) throw refusal(axis, "an axis");
  return integers(axis, "axis");
};

const axisFrom = (args: OperationArguments, at: number) => integer(axesFrom(args, at), "axis");

const pad: Operation = (args, g) => {
  const x = first(args, g);
  const width = option<unknown>(args, "pad_width", 1, undefined);
  const mode = option(args, "mode", 2, "constant");
  const value = option<unknown>(args, "constant_values", 3, 0);
  const modes = { constant: "constant", reflect: "reflect", edge: "edge" } as const;
  if (!Object.hasOwn(modes, mode)) throw refusal(mode, `one of ${Object.keys(modes).join(", ")}`);
  if (typeof value !== "number") throw refusal(value, "a number to pad with");
  const rank = x.shape!.length;
  const list: unknown[] = Array.isArray(width) ? width : [width];
  const one = list.every((each) => typeof each === "number");
  const pairs = one
    ? Array.from({ length: rank }, () => (list.length === 1 ? [list[0], list[0]] : list))
    : list.length === 1
      ? Array.from({ length: rank }, () => list[0])
      : list;
  const widths = pairs.map((pair) => integers(pair, "pad_width"));
  if (widths.length !== rank || widths.some((pair) => pair.length !== 2))
    throw refusal(width, `a pair for each of ${rank} axes`);
  const pads = [...widths.map(([before]) => before!), ...widths.map(([, after]) => after!)];
  return g.pad(x, { pads, mode: modes[mode as keyof typeof modes], value });
};

/** [axis, …] cut into slices of one and joined in another order. */
const taken = (x: Value, axis: number, order: readonly number[], g: GraphBuilder) =>
  g.gather(x, g.int64s(order), { axis });

function extentAlong(x: Value, axis: number): number {
  const extent = x.shape![axisOf(axis, x)];
  if (typeof extent !== "number") throw refusal(axis, "an axis whose extent is known");
  return extent;
}

const numbersTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** One axis after the other in another order. */
const onAxes =
  (
    at: number,
    order: (extent: number, args: OperationArguments, place: number) => number[],
  ): Operation =>
  (args, g) =>
    axesFrom(args, at).reduce(
      (x, axis, place) => taken(x, axis, order(extentAlong(x, axis), args, place), g),
      first(args, g),
    );

/** Parts of an axis, of one size or between indices. */
const split: Operation<readonly Value[]> = (args, g) => {
  const x = first(args, g);
  const axis = integer(option<unknown>(args, "axis", 2, 0), "axis");
  const extent = extentAlong(x, axis);
  const at = option<unknown>(args, "indices_or_sections", 1, undefined);
  const [sections] = integers(at, "indices_or_sections");
  const ends = Array.isArray(at)
    ? [...integers(at, "indices_or_sections"), extent]
    : numbersTo(sections!).map((i) => ((i + 1) * extent) / sections!);
  return ends.map((end, i) =>
    g.slice(x, { starts: [ends[i - 1] ?? 0], ends: [end], axes: [axis], steps: [1] }),
  );
};

const ofCore: Readonly<Record<string, Operation>> = {
  Cast: (args, g) => {
    const to = option<unknown>(args, "dtype", 1, "float32");
    const x = first(args, g);
    if (to === "float32") return x;
    if (to === "bool") return g.cast(isTrue(x, g), "float32");
    if (to === "int32" || to === "int64") return g.cast(g.cast(x, to), "float32");
    throw refusal(to, "float32, int32, int64 or bool");
  },
};

const ofMath: Readonly<Record<string, Operation<Value | readonly Value[]>>> = {
  TopK: topK,
  Rsqrt: unary((x, g) => g.reciprocal(g.sqrt(x))),
  Erf: unary((x, g) => g.erf(x)),
  Logsumexp: reduction((x, options, g) => g.reduceLogSumExp(x, options)),
};

const ofNumpy: Readonly<Record<string, Operation<Value | readonly Value[]>>> = {
  ...ofOrder,
  Tanh: unary((x, g) => g.tanh(x)),
  Add: binary((a, b, g) => g.add(a, b)),
  Subtract: binary((a, b, g) => g.sub(a, b)),
  Multiply: binary((a, b, g) => g.mul(a, b)),
  Divide: binary((a, b, g) => g.div(a, b)),
  TrueDivide: binary((a, b, g) => g.div(a, b)),
  FloorDivide: binary((a, b, g) => g.floor(g.div(a, b))),
  // Has the sign of what divides, as Python's.
  Mod: binary((a, b, g) => g.sub(a, g.mul(b, g.floor(g.div(a, b))))),
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
  Square: unary((x, g) => g.mul(x, x)),
  Reciprocal: unary((x, g) => g.reciprocal(x)),
  Sin: unary((x, g) => g.sin(x)),
  Cos: unary((x, g) => g.cos(x)),
  Mean: reduction((x, options, g) => g.reduceMean(x, options)),
  Sum: reduction((x, options, g) => g.reduceSum(x, options)),
  Any: reduction((x, options, g) => g.reduceMax(g.cast(isTrue(x, g), "float32"), options)),
  All: reduction((x, options, g) => g.reduceMin(g.cast(isTrue(x, g), "float32"), options)),
  Amax: reduction((x, options, g) => g.reduceMax(x, options)),
  Amin: reduction((x, options, g) => g.reduceMin(x, options)),
  Max: reduction((x, options, g) => g.reduceMax(x, options)),
  Min: reduction((x, options, g) => g.reduceMin(x, options)),
  Prod: reduction((x, options, g) => g.reduceProd(x, options)),
  GetItem: getItem,
  Reshape: reshape,
  Transpose: (args, g) => {
    const x = first(args, g);
    const axes = option<unknown>(args, "axes", 1, undefined);
    return g.transpose(x, axes === undefined ? x.shape!.map((_, i) => x.shape!.length - 1 - i) : integers(axes, "axes")); // prettier-ignore
  },
  ExpandDims: (args, g) =>
    g.unsqueeze(first(args, g), integers(option<unknown>(args, "axis", 1, 0), "axis")),
  // Without axes those of one element go.
  Squeeze: (args, g) => {
    const x = first(args, g);
    const ones = x.shape!.flatMap((extent, axis) => (extent === 1 ? [axis] : []));
    const axes = integers(option<unknown>(args, "axis", 1, ones), "axis");
    return axes.length > 0 ? g.squeeze(x, axes) : x;
  },
  Concatenate: (args, g) => g.concat(list(args, g), { axis: Number(args.options["axis"] ?? -1) }),
  Stack: (args, g) => {
    const axis = Number(args.options["axis"] ?? 0);
    return g.concat(list(args, g).map((x) => g.unsqueeze(x, [axis])), { axis }); // prettier-ignore
  },
  Greater: truth((a, b, g) => g.greater(a, b)),
  GreaterEqual: truth((a, b, g) => g.greaterOrEqual(a, b)),
  Less: truth((a, b, g) => g.less(a, b)),
  LessEqual: truth((a, b, g) => g.lessOrEqual(a, b)),
  Equal: truth((a, b, g) => g.equal(a, b)),
  NotEqual: truth((a, b, g) => g.not(g.equal(a, b))),
  LogicalAnd: truth((a, b, g) => g.and(isTrue(a, g), isTrue(b, g))),
  LogicalOr: truth((a, b, g) => g.or(isTrue(a, g), isTrue(b, g))),
  LogicalNot: unary((x, g) => g.cast(g.equal(x, 0), "float32")),
  Where: ({ positional: [condition, a, b] }, g) =>
    g.where(isTrue(operand(condition, g), g), operand(a, g), operand(b, g)),
  Sign: unary((x, g) => g.sign(x)),
  Floor: unary((x, g) => g.floor(x)),
  Ceil: unary((x, g) => g.ceil(x)),
  Round: unary((x, g) => g.round(x)),
  Log1p: unary((x, g) => g.log(g.add(x, 1))),
  Expm1: unary((x, g) => g.sub(g.exp(x), 1)),
  OnesLike: unary((x, g) => g.add(g.mul(g.cast(g.equal(x, x), "float32"), 0), 1)),
  Isnan: unary((x, g) => g.cast(g.not(g.equal(x, x)), "float32")),
  ZerosLike: unary((x, g) => g.mul(g.cast(g.equal(x, x), "float32"), 0)),
  Var: variance,
  Std: (args, g) => g.sqrt(variance(args, g)),
  Argmax: place((x, options, g) => g.argMax(x, options)),
  Argmin: place((x, options, g) => g.argMin(x, options)),
  Cumsum: (args, g) => g.cumSum(first(args, g), axisFrom(args, 1)),
  Einsum: (args, g) => {
    const equation = option<unknown>(args, "subscripts", -1, undefined);
    if (typeof equation !== "string") throw refusal(equation, "subscripts");
    return g.einsum(list(args, g), { equation });
  },
  Pad: pad,
  Split: split,
  Flip: onAxes(1, (extent) => numbersTo(extent).toReversed()),
  Roll: onAxes(2, (extent, args, place) => {
    const shifts = integers(option<unknown>(args, "shift", 1, undefined), "shift");
    const shift = shifts.length === 1 ? shifts[0]! : shifts[place];
    if (shift === undefined) throw refusal(shifts, "a shift for each axis");
    return numbersTo(extent).map((i) => (((i - shift) % extent) + extent) % extent);
  }),
  Repeat: onAxes(2, (extent, args) => {
    const times = option<unknown>(args, "repeats", 1, undefined);
    if (typeof times !== "number") throw refusal(times, "one number of repeats");
    return numbersTo(extent).flatMap((i) => Array.from({ length: times }, () => i));
  }),
  Tile: (args, g) => {
    const x = first(args, g);
    const repeats = integers(option<unknown>(args, "repeats", 1, undefined), "repeats");
    const rank = x.shape!.length;
    if (repeats.length > rank) throw refusal(repeats, `at most ${rank} repeats`);
    return g.tile(x, [...Array<number>(rank - repeats.length).fill(1), ...repeats]);
  },
  Moveaxis: (args, g) => {
    const x = first(args, g);
    const [source, target] = ["source", "destination"].map((name, i) =>
      integers(option<unknown>(args, name, i + 1, undefined), name).map((axis) => axisOf(axis, x)),
    );
    const order = numbersTo(x.shape!.length).filter((axis) => !source!.includes(axis));
    const places = target!.map((place, i) => [place, source![i]!] as const).sort(([a], [b]) => a - b); // prettier-ignore
    for (const [place, axis] of places) order.splice(place, 0, axis);
    return g.transpose(x, order);
  },
  // Of one index its axis goes.
  Take: (args, g) => {
    const x = first(args, g);
    const axis = option<unknown>(args, "axis", 2, undefined);
    if (axis === undefined) throw refusal(axis, "an axis: of all values in a row none are taken");
    const indices = g.cast(operand(option<unknown>(args, "indices", 1, undefined), g), "int64");
    return g.gather(x, indices, { axis: integer(axis, "axis") });
  },
  BroadcastTo: (args, g) =>
    g.expand(first(args, g), integers(option<unknown>(args, "shape", 1, undefined), "shape")),
  Swapaxes: (args, g) => {
    const x = first(args, g);
    const [a, b] = [option(args, "axis1", 1, 0), option(args, "axis2", 2, 1)].map((axis) => axisOf(axis, x)); // prettier-ignore
    return g.transpose(x, x.shape!.map((_, i) => (i === a ? b! : i === b ? a! : i))); // prettier-ignore
  },
  Clip: (args, g) =>
    g.clip(first(args, g), { min: option<number>(args, "x_min", 1, -3.4e38), max: option<number>(args, "x_max", 2, 3.4e38) }), // prettier-ignore
};

const ofLinalg: Readonly<Record<string, Operation>> = {
  Norm: (args, g) => {
    const order = option<unknown>(args, "ord", 1, "fro");
    const axis = option<unknown>(args, "axis", 2, undefined);
    const axes = axis === undefined ? undefined : integers(axis, "axis");
    const keepdims = option(args, "keepdims", 3, false);
    const options = { ...(axes && { axes }), keepdims };
    const x = first(args, g);
    // Of one axis, or of all by no order: a matrix has other norms.
    if (order === 1 && axes?.length === 1) return g.reduceSum(g.abs(x), options);
    if (order === "fro" || order === "euclidean" || (order === 2 && axes?.length === 1))
      return g.sqrt(g.reduceSum(g.mul(x, x), options));
    throw refusal(order, "the Euclidean norm, or 1 along one axis, as its ord");
  },
};

/** By the modules of keras.src.ops that they are in. */
const modules = {
  numpy: ofNumpy,
  math: ofMath,
  core: ofCore,
  linalg: ofLinalg,
  nn: { ...ofNn, ...ofWindows },
};

export const operations: Readonly<Record<string, Operation<Value | readonly Value[]>>> =
  Object.assign({}, ofNn, ofWindows, ofLinalg, ofCore, ofMath, ofNumpy);

/** Keras' module of an operation: "numpy", "nn". */
export const moduleOf = (name: string): string =>
  Object.entries(modules).find(([, each]) => Object.hasOwn(each, name))?.[0] ?? "numpy";
