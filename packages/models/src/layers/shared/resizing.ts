// Images of another size, as TensorFlow's tf.image.resize makes them for Keras: pixels have their centres at halves.
import { CajalError, tensor, type Tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";

export const interpolations = ["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"] as const;

type Interpolation = (typeof interpolations)[number];

type Size = readonly [height: number, width: number];

/**
 * @param x [batch, channels, height, width]
 * @param from its extents, which "bicubic" and Lanczos' must know
 */
export function resized(
  g: GraphBuilder,
  x: Value,
  { from, to, interpolation }: { readonly from: Extents; readonly to: Size; readonly interpolation: Interpolation }, // prettier-ignore
): Value {
  if (interpolation === "nearest") {
    // Not Resize, which takes either where two pixels are as near.
    const [rows, columns] = from.isKnown
      ? from().map((extent, i) => g.int64s(nearest(extent, to[i]!)))
      : to.map((extent, i) => nearestIn(g, x, 2 + i, extent));
    return g.gather(g.gather(x, rows!, { axis: 2 }), columns!, { axis: 3 });
  }
  if (interpolation !== "bilinear") {
    const [height, width] = from();
    const weights = weightsOf[interpolation];
    const [rows, columns] = [weights(height, to[0]), weights(width, to[1])];
    return g.matMul(g.matMul(g.constant(rows), x), g.transpose(g.constant(columns), [1, 0]));
  }
  const sizes = g.concat([g.shape(x, { start: 0, end: 2 }), g.int64s(to)], { axis: 0 });
  return g.resize(x, { sizes, coordinate_transformation_mode: "half_pixel", mode: "linear" });
}

/** The pixel that each is: tensorflow/core/kernels/image/resize_nearest_neighbor_op.cc. */
const nearest = (from: number, to: number): number[] =>
  Array.from({ length: to }, (_, i) => Math.min(Math.floor(f32((i + 0.5) * f32(from / to))), from - 1)); // prettier-ignore

/** The same of an extent that only the image tells, step by step in float32, too. */
function nearestIn(g: GraphBuilder, x: Value, axis: number, to: number): Value {
  const extent = g.cast(g.shape(x, { start: axis, end: axis + 1 }), "float32");
  const centres = tensor(
    "float32",
    [to],
    Float32Array.from({ length: to }, (_, i) => i + 0.5),
  );
  const places = g.floor(g.mul(g.constant(centres), g.div(extent, to)));
  return g.cast(g.min(places, g.sub(extent, 1)), "int64");
}

/** Steps between two pixels that TensorFlow knows weights for. */
const steps = 1024;

const f32 = Math.fround;

/** The nearest whole number, of two the even one. */
function halfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

/**
 * Weights [to, from] of Keys' cubic interpolation (a = −1/2), each place, of float32, rounded to 1/1024 of a pixel, those
 * outside of the image left out: tensorflow/core/kernels/image/resize_bicubic_op.cc.
 */
function cubic(from: number, to: number): Tensor<"float32"> {
  const nearWeight = (x: number) => (1.5 * x - 2.5) * x * x + 1;
  const farWeight = (x: number) => ((-0.5 * (x + 1) + 2.5) * (x + 1) - 4) * (x + 1) + 2;
  const weights = tensor("float32", [to, from]);
  for (let i = 0; i < to; i++) {
    const at = f32(f32((i + 0.5) * f32(from / to)) - 0.5);
    const first = Math.floor(at);
    const fraction = halfEven(f32(at - first) * steps) / steps;
    const taps = [
      farWeight(fraction),
      nearWeight(fraction),
      nearWeight(1 - fraction),
      farWeight(1 - fraction),
    ];
    const tapsInside = taps.map((tap, k) => (first - 1 + k >= 0 && first - 1 + k < from ? tap : 0));
    const sum = tapsInside.reduce((a, b) => a + b, 0);
    tapsInside.forEach((tap, k) => {
      if (tap !== 0) weights.data[i * from + first - 1 + k] = tap / sum;
    });
  }
  return weights;
}

/**
 * Weights [to, from] of a Lanczos window, without antialiasing, at places of float32, those outside of the image left
 * out: tensorflow/core/kernels/image/scale_and_translate_op.cc.
 */
const lanczos =
  (radius: number) =>
  (from: number, to: number): Tensor<"float32"> => {
    const kernel = (x: number) =>
      x === 0 ? 1 : (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * x) ** 2; // prettier-ignore
    const weights = tensor("float32", [to, from]);
    for (let i = 0; i < to; i++) {
      const at = f32((i + 0.5) * f32(1 / f32(to / from)));
      const taps = Array.from({ length: from }, (_, k) => {
        const distance = f32(k + 0.5 - at);
        return Math.abs(distance) <= radius ? kernel(distance) : 0;
      });
      const sum = taps.reduce((a, b) => a + b, 0);
      taps.forEach((tap, k) => (weights.data[i * from + k] = tap / sum));
    }
    return weights;
  };

const weightsOf = { bicubic: cubic, lanczos3: lanczos(3), lanczos5: lanczos(5) } as const;

/** Asks for the extents of an image, which must be known then. */
interface Extents {
  (): Size;
  readonly isKnown: boolean;
}

/** Of an image [batch, height, width, channels]. */
export function extentsOf(shape: KerasShape, why: string): Extents {
  const [, height, width] = shape;
  const isKnown = typeof height === "number" && typeof width === "number";
  const ask = (): Size => {
    if (isKnown) return [height, width];
    throw new CajalError("unsupported", `${why}: the image's height and width must be known`, {
      shape,
    });
  };
  return Object.assign(ask, { isKnown });
}

/** Those of an image that is cut or has a border, which are known. */
export const extents = (size: Size): Extents => Object.assign(() => size, { isKnown: true });

/** The middle of an image [batch, channels, height, width]. */
export function middle(g: GraphBuilder, x: Value, [top, left]: Size, [height, width]: Size): Value {
  return g.slice(x, { starts: [top, left], ends: [top + height, left + width], axes: [2, 3] });
}

/** Extents of the largest part that has the proportions of `to`, of at least one pixel. */
export const cropOf = ([height, width]: Size, to: Size): Size => [
  Math.max(1, Math.min(height, Math.trunc((width * to[0]) / to[1]))),
  Math.max(1, Math.min(width, Math.trunc((height * to[1]) / to[0]))),
];

/** Rows above, and as many below, and columns before, and as many after, that give it their proportions. */
const bordersOf = ([height, width]: Size, to: Size): Size => [
  Math.max(0, Math.trunc((Math.trunc((width * to[0]) / to[1]) - height) / 2)),
  Math.max(0, Math.trunc((Math.trunc((height * to[1]) / to[0]) - width) / 2)),
];

/** Extents of an image with these around it: where an odd number is missing, Keras leaves one pixel out. */
export function borderOf(from: Size, to: Size): Size {
  const [rows, columns] = bordersOf(from, to);
  return [from[0] + 2 * rows, from[1] + 2 * columns];
}

/** The largest part in the middle that has the proportions of `to`. */
export function cropped(g: GraphBuilder, x: Value, from: Size, to: Size): Value {
  const [height, width] = from;
  const crop = cropOf(from, to);
  const start: Size = [Math.trunc((height - crop[0]) / 2), Math.trunc((width - crop[1]) / 2)];
  return middle(g, x, start, crop);
}

/** What is put around an image so that it has the proportions of `to`. */
export function bordered(g: GraphBuilder, x: Value, from: Size, to: Size, value: number): Value {
  const borders = bordersOf(from, to);
  return g.pad(x, { pads: [0, 0, ...borders, 0, 0, ...borders], value });
}
