import { CajalError, tensor } from "@cajal/core";
import type { Value } from "../graph/builder";
import { show } from "../model/dims";
import { defineGradient, type GradientContext } from "./gradient";
import { alongAxis, checkEntries, transpose, type Entry } from "./shared/alongAxis";
import { constantNumbers } from "./shared/constantNumbers";
import { staticShape, rankOf } from "./shared/sumTo";

const scales = (...values: number[]) => tensor("float32", [values.length], values);
const sizes = (...values: number[]) => tensor("int64", [values.length], values);
const empty = tensor("float32", [0], []);

export const resize = defineGradient({
  op: "Resize",
  // Interpolation is a linear map along each axis, y = M x; its gradient is dx = Mᵀ dy.
  gradient: ([dy], context, g) => {
    return [
      axesOf(context, dy).reduce((dx, axis, i) => {
        if (axis === undefined) return dx;
        const entries = interpolation(context, axis);
        return alongAxis(g, dx, i, transpose({ rows: axis.to, columns: axis.from, entries }));
      }, dy),
    ];
  },
  samples: [
    { inputs: [[1, 2, 3, 4], empty, scales(1, 1, 2, 2)] },
    {
      inputs: [[1, 2, 3, 4], empty, scales(1, 1, 2, 3)],
      attributes: {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      },
    },
    { inputs: [[1, 2, 3, 4], empty, scales(1, 1, 2, 2)], attributes: { mode: "linear" } },
    {
      inputs: [[1, 2, 5, 4], empty, undefined, sizes(1, 2, 3, 7)],
      attributes: { mode: "linear", coordinate_transformation_mode: "align_corners" },
    },
    {
      inputs: [[1, 2, 3, 4], empty, scales(1, 1, 2, 2)],
      attributes: { mode: "linear", coordinate_transformation_mode: "asymmetric" },
    },
    { inputs: [[1, 2, 4, 4], empty, scales(1, 1, 2, 2)], attributes: { mode: "cubic" } },
    // A scale that leaves the extent as it is still moves what is shown.
    {
      inputs: [[1, 1, 4, 10], empty, scales(1, 1, 1.5, 1.05)],
      attributes: { mode: "linear", coordinate_transformation_mode: "asymmetric" },
    },
    {
      inputs: [[1, 1, 9, 7], empty, scales(1, 1, 0.6, 0.4)],
      attributes: { mode: "linear", antialias: 1 },
    },
    {
      inputs: [[1, 1, 9, 7], empty, undefined, sizes(1, 1, 5, 4)],
      attributes: { mode: "cubic", antialias: 1, cubic_coeff_a: -0.5 },
    },
    {
      inputs: [[1, 1, 5, 4], empty, scales(1, 1, 0.8, 1.7)],
      attributes: { mode: "cubic", exclude_outside: 1 },
    },
    { inputs: [[1, 1, 3, 4], empty, scales(2, 3)], attributes: { axes: [3, 2] } },
    {
      inputs: [[1, 1, 3, 5], empty, undefined, sizes(7, 8)],
      attributes: { mode: "linear", axes: [2, 3], keep_aspect_ratio_policy: "not_larger" },
    },
    {
      inputs: [[1, 1, 3, 5], empty, undefined, sizes(7, 8)],
      attributes: { axes: [2, 3], keep_aspect_ratio_policy: "not_smaller" },
    },
    {
      inputs: [[1, 1, 5, 6], empty, scales(1, 1, 0.7, 0.7)],
      attributes: { mode: "linear", coordinate_transformation_mode: "half_pixel_symmetric" },
    },
    // Coordinates just below 1, and just below 3.5, by rounding.
    {
      inputs: [[1, 1, 5, 6], empty, undefined, sizes(1, 1, 2, 2)],
      attributes: {
        nearest_mode: "floor",
        coordinate_transformation_mode: "half_pixel_symmetric",
      },
    },
    {
      inputs: [[1, 1, 7], empty, undefined, sizes(1, 1, 2)],
      attributes: {
        nearest_mode: "round_prefer_ceil",
        coordinate_transformation_mode: "asymmetric",
      },
    },
    {
      inputs: [[1, 1, 4, 6], empty, scales(1, 1, 1.5, 1.1)],
      attributes: { mode: "linear", antialias: 1 },
    },
    // A coordinate that is 0 by rounding, so within the image.
    {
      inputs: [[1, 1, 5], scales(0, 0, -0.2, 1, 1, 1), scales(1, 1, 1.5)],
      attributes: { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize" },
    },
    // Nothing is cropped where an extent does not change.
    {
      inputs: [[1, 1, 6, 5], scales(0, 0, 0.3, 0.1, 1, 1, 0.5, 0.5), empty, sizes(1, 1, 6, 2)],
      attributes: { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize" },
    },
    {
      inputs: [[1, 1, 2, 4], scales(0, 0, 0, -0.2, 1, 1, 1, 0.5), empty, sizes(1, 1, 2, 4)],
      attributes: { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize" },
    },
    {
      inputs: [[1, 1, 6, 6], scales(0, 0, 0.4, 0.6, 1, 1, 0.8, 1.3), empty, sizes(1, 1, 3, 4)],
      attributes: { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize" },
    },
    // Wide axes: few of the entries of the map are not 0.
    {
      inputs: [[1, 1, 2, 70], empty, scales(1, 1, 1, 2)],
      attributes: { mode: "linear" },
    },
    {
      inputs: [[1, 1, 70, 2], empty, scales(1, 1, 3, 1)],
      attributes: { mode: "nearest", nearest_mode: "floor" },
    },
    {
      inputs: [[1, 1, 3, 200], empty, scales(1, 1, 1, 0.3)],
      attributes: { mode: "cubic" },
    },
  ].map((sample) => ({ ...sample, float32: true as const })),
});

/** An axis that is resized. `crop`: the part of x that is shown, 0 to 1. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly crop: readonly [start: number, end: number];
}

/** All axes of x; undefined for those that keep every element in its place. */
function axesOf(context: GradientContext, y: Value): (Axis | undefined)[] {
  const x = context.inputs[0]!;
  const rank = rankOf(x);
  const resizedAxes = (context.ints("axes") ?? Array.from({ length: rank }, (_, i) => i)).map(
    (axis) => (axis < 0 ? axis + rank : axis),
  );
  const crops = coordinatesOf(context) === "tf_crop_and_resize";
  // Where no extent changes ONNX Runtime copies, whatever the scales and regions are.
  if (show(x.shape) === show(y.shape)) return [];
  const roi = crops ? constantNumbers(context, 1, "regions of interest") : undefined;
  const statedScales = constantNumbers(context, 2, "scales");
  const scales = statedScales?.length ? statedScales : scalesBySizes(context, resizedAxes);
  return Array.from({ length: rank }, (_, axis) => {
    const i = resizedAxes.indexOf(axis);
    if (i < 0 || (scales[i] === 1 && !crops)) return undefined;
    const crop = [roi?.[i] ?? 0, roi?.[i + resizedAxes.length] ?? 1] as const;
    const [from, to] = [staticShape(x, "of Resize")[axis]!, staticShape(y, "of Resize")[axis]!];
    const isUncropped = crop[0] === 0 && crop[1] === 1;
    if (from === to && isUncropped && (crops || coordinatesOf(context) === "align_corners"))
      return undefined;
    // Antialiased, ONNX Runtime (1.30) resizes one axis after the other, and those alone whose extent changes.
    if (from === to && isAntialiased(context)) return undefined;
    return { from, to, scale: scales[i]!, crop };
  });
}

/** ONNX Runtime computes scales and coordinates in float32, which decides the nearest neighbour. */
const f = Math.fround;

/** The factors that lead to `sizes`, one for all axes where the aspect ratio is kept. */
function scalesBySizes(context: GradientContext, axes: readonly number[]): readonly number[] {
  const from = staticShape(context.inputs[0]!, "of Resize");
  const sizes = constantNumbers(context, 3, "sizes")!;
  const scales = axes.map((axis, i) => f(sizes[i]! / from[axis]!));
  const policy = context.string("keep_aspect_ratio_policy", "stretch");
  if (policy === "not_larger") return scales.map(() => Math.min(...scales));
  if (policy === "not_smaller") return scales.map(() => Math.max(...scales));
  return scales;
}

const coordinatesOf = ({ string }: GradientContext) =>
  string("coordinate_transformation_mode", "half_pixel");

const isAntialiased = ({ string, int }: GradientContext) =>
  string("mode", "nearest") !== "nearest" && int("antialias", 0) === 1;

/** The coordinate on the axis of x of output index `y`, by coordinate_transformation_mode. */
function coordinate(
  context: GradientContext,
  { from, to, scale, crop }: Axis,
): (y: number) => number {
  const mode = coordinatesOf(context);
  // Where nothing is scaled ONNX Runtime (1.30) does not look at the region either.
  if (scale === 1) return (y) => y;
  const halfPixel = (y: number) => f(f((y + 0.5) / scale) - 0.5);
  switch (mode) {
    case "half_pixel":
      return halfPixel;
    case "pytorch_half_pixel":
      return to > 1 ? halfPixel : () => 0;
    case "half_pixel_symmetric": {
      // The extent may be rounded down: both ends then lose as much. ONNX Runtime rounds the sum alone here.
      const offset = f((from / 2) * f(1 - f(to / f(scale * from))));
      return (y) => f(offset + (y + 0.5) / scale - 0.5);
    }
    case "asymmetric":
      return (y) => f(y / scale);
    case "align_corners":
      return (y) => (to > 1 ? f((y * (from - 1)) / (to - 1)) : 0);
    case "tf_crop_and_resize": {
      const [start, end] = crop;
      const first = f(start * (from - 1));
      return (y) =>
        to > 1
          ? f(first + f(f(f(y * f(end - start)) * (from - 1)) / (to - 1)))
          : f(f(0.5 * f(start + end)) * (from - 1));
    }
    default:
      throw new CajalError(
        "unsupported",
        `coordinate_transformation_mode ${JSON.stringify(mode)} has no gradient.`,
        { node: context.node.name, op: "Resize", mode },
      );
  }
}

/** The entries of M [to, from] for an axis, after the ONNX specification of Resize. */
function interpolation(context: GradientContext, axis: Axis): Entry[] {
  const { string, int, float } = context;
  const { from, to } = axis;
  const mode = string("mode", "nearest");
  // Antialiasing stretches the filter over all that a smaller image leaves out.
  const shrink = isAntialiased(context) ? Math.min(axis.scale, 1) : 1;
  const reach = mode === "linear" ? 1 : 2;
  checkEntries(to * (mode === "nearest" ? 1 : (2 * reach) / shrink));
  const filter = mode === "linear" ? triangle : cubic(float("cubic_coeff_a", -0.75));
  const excludes = int("exclude_outside", 0) === 1;
  const at = coordinate(context, axis);
  const crops = axis.crop[0] !== 0 || axis.crop[1] !== 1;
  const roundToNearest = nearestOf(string("nearest_mode", "round_prefer_floor"));
  const entries: Entry[] = [];
  for (let y = 0; y < to; y++) {
    const x = at(y);
    // Beyond a crop's image all is `extrapolation_value`.
    if (crops && (x < 0 || x > from - 1)) continue;
    if (mode === "nearest") {
      entries.push([y, clamp(roundToNearest(x), from), 1]);
      continue;
    }
    const first = Math.floor(x - reach / shrink) + 1;
    const last = Math.ceil(x + reach / shrink) - 1;
    const weights: Entry[] = [];
    for (let i = first; i <= Math.max(first, last); i++) {
      if (excludes && (i < 0 || i >= from)) continue;
      weights.push([y, clamp(i, from), filter(Math.abs(i - x) * shrink)]);
    }
    const sum = weights.reduce((total, [, , weight]) => total + weight, 0);
    for (const [row, column, weight] of weights) entries.push([row, column, weight / sum]);
  }
  return entries;
}

const clamp = (x: number, extent: number) => Math.max(0, Math.min(extent - 1, x));

const triangle = (distance: number) => Math.max(0, 1 - distance);

/** Keys' cubic convolution (1981), support 4. */
const cubic = (a: number) => (d: number) => {
  if (d >= 2) return 0;
  return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
};

function nearestOf(mode: string): (x: number) => number {
  switch (mode) {
    case "floor":
      return Math.floor;
    case "ceil":
      return Math.ceil;
    case "round_prefer_ceil":
      return (x) => (isHalfway(x) ? Math.ceil(x) : Math.round(x));
    default:
      return (x) => (isHalfway(x) ? Math.floor(x) : Math.round(x));
  }
}

/** As ONNX Runtime (1.30) takes a coordinate for the middle between two elements. */
const isHalfway = (x: number) => Math.abs(x - Math.floor(x) - 0.5) < 1e-6;
