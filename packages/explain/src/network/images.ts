// How images lie. Inside of this package channels come first, as in ONNX graphs and as the formulas of
// papers are written; at its doors they come last, unless asked for otherwise.
import {
  CajalError,
  checkTensor,
  showShape,
  showValue,
  tensor,
  type Shape,
  type Tensor,
} from "@cajal/core";

/** As Keras has it. */
export type DataFormat = "channels_last" | "channels_first";

/** An image tensor, or any other, as one lies inside; a copy where it must be turned. */
export function inside(x: Tensor, format: DataFormat): Tensor<"float32"> {
  const { shape, data } = x as Tensor<"float32">;
  if (format === "channels_first" || shape.length !== 4) return { dtype: "float32", shape, data };
  const [n, h, w, c] = shape as [number, number, number, number];
  return tensor("float32", [n, c, h, w], transposed(data, n, h * w, c));
}

/** The other way. */
export function outside(x: Tensor<"float32">, format: DataFormat): Tensor<"float32"> {
  const { shape, data } = x;
  if (format === "channels_first" || shape.length !== 4) return x;
  const [n, c, h, w] = shape as [number, number, number, number];
  return tensor("float32", [n, h, w, c], transposed(data, n, c, h * w));
}

/** The shape of one example as it lies inside. */
export const insideShape = (shape: Shape, format: DataFormat): Shape =>
  format === "channels_first" || shape.length !== 3 ? shape : [shape[2]!, shape[0]!, shape[1]!];

/**
 * [batch, channels, height, width] of images as they lie inside.
 *
 * @throws CajalError `unsupported` for what is no image of height and width, such as a sequence
 */
export function imageExtents(
  where: string,
  { shape }: Pick<Tensor, "shape">,
): readonly [number, number, number, number] {
  const [batch, channels, height, width] = shape;
  if (
    shape.length !== 4 ||
    batch === undefined ||
    channels === undefined ||
    height === undefined ||
    width === undefined
  )
    // prettier-ignore
    throw new CajalError(
      "unsupported",
      `${where}: the network takes ${showShape(["batch", ...shape.slice(1)])}, expected images of height, width and channels: this is about places in an image. Methods such as integrated-gradients are not.`,
      { shape },
    );
  return [batch, channels, height, width];
}

/**
 * What pixels may be.
 *
 * @throws CajalError `bad-argument` unless these are numbers, the lower one first
 */
export function checkBounds(where: string, low: number, high: number): void {
  if (typeof low !== "number" || typeof high !== "number" || !(low <= high))
    throw new CajalError(
      "bad-argument",
      `${where}: got low ${showValue(low)} and high ${showValue(high)}, expected numbers, low at most high.`,
      { low, high },
    );
}

/** @throws CajalError `bad-argument` for a number that is none, or is not finite */
export function checkFinite(what: string, data: ArrayLike<number | bigint>): void {
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(Number(data[i])))
      throw new CajalError(
        "bad-argument",
        `${what}: element ${i} is ${data[i]}, expected finite numbers.`,
        { index: i },
      );
}

/** Each of `n` matrices of `a` rows and `b` columns, transposed. */
function transposed(data: Float32Array, n: number, a: number, b: number): Float32Array {
  const to = new Float32Array(data.length);
  for (let i = 0; i < n; i++)
    for (let row = 0; row < a; row++)
      for (let column = 0; column < b; column++)
        to[(i * b + column) * a + row] = data[(i * a + row) * b + column]!;
  return to;
}

/**
 * Images as they lie inside, checked: one (`[h, w, c]`) or a batch of them.
 *
 * @param shape of one example inside; undefined where an extent is free
 * @throws CajalError `bad-shape`, `bad-argument` (another dtype, a number that is none)
 */
export function checkedImages(
  where: string,
  x: Tensor,
  shape: readonly (number | undefined)[],
  format: DataFormat,
): Tensor<"float32"> {
  checkTensor(x, `${where}: images`);
  if (x.dtype !== "float32")
    throw new CajalError(
      "bad-argument",
      `${where}: got ${x.dtype}, expected float32, scaled as the model was trained.`,
      { dtype: x.dtype },
    );
  const one = x.shape.length === shape.length;
  const batch = inside(one ? { ...x, shape: [1, ...x.shape] } : x, format);
  const fits =
    batch.shape.length === shape.length + 1 &&
    shape.every((extent, i) => extent === undefined || extent === batch.shape[i + 1]);
  if (!fits) {
    const [c, ...rest] = shape;
    const outer = format === "channels_last" && shape.length === 3 ? [...rest, c] : shape;
    throw new CajalError(
      "bad-shape",
      `${where}: got ${showShape(x.shape)}, expected ${showShape(["batch", ...outer])} (${format}), or one image ${showShape(outer)}.`,
      { got: x.shape, expected: outer },
    );
  }
  if (batch.shape[0] === 0)
    throw new CajalError("bad-shape", `${where}: got no image.`, { got: x.shape });
  checkFinite(`${where}: images`, batch.data);
  return batch;
}
