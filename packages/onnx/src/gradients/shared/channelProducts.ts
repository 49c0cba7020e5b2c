// The sum of the products of two images, channel by channel: what the gradient of a normalization's scale is made of.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { Target } from "../../closeFormulations";

/** Σ a · b over all axes but axis 1; a and b are [batch, channels, ...extents]. */
export function channelProducts(g: GraphBuilder, a: Value, b: Value, { block }: Target): Value {
  const [batch, channels, ...extents] = (a.shape ?? []) as number[];
  const area = extents.reduce((product, extent) => product * extent, 1);
  // Where ONNX Runtime runs natively: in wasm its convolution takes longer than the product.
  if (
    block === undefined ||
    a.dtype !== "float32" ||
    extents.length !== 2 ||
    !(area >= largeArea) ||
    !Number.isInteger(batch)
  )
    return g.reduceSum(g.mul(a, b), {
      axes: [0, ...extents.map((_, i) => i + 2)],
      keepdims: false,
    });
  // Each channel of each image convolved with one as large as itself is that sum, and nothing else is written.
  const images = batch! * channels!;
  const image = g.reshape(a, [1, images, ...extents]);
  const kernels = g.reshape(b, [images, 1, ...extents]);
  const sums = g.reshape(g.conv(image, kernels, undefined, { group: images }), [batch!, channels!]);
  return batch === 1 ? g.squeeze(sums, [0]) : g.reduceSum(sums, { axes: [0], keepdims: false });
}

/** Below, writing the products takes no longer. */
const largeArea = 256;
