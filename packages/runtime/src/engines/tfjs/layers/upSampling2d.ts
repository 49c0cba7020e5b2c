// Repeats or interpolates rows and columns. TF.js interpolates at other coordinates: Keras' are TensorFlow's
// half_pixel_centers. Its gradients of both modes are wrong (of repeated pixels where the factors differ), so where
// gradients are needed, rows and columns are multiplied by a matrix of weights.
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";

export const upSampling2d = defineTfjsLayer<{
  size: readonly [number, number];
  interpolation: string;
}>({
  className: "UpSampling2D",
  call: ({ size, interpolation }, [x], { tf, differentiated }) => {
    const weightsOf = interpolation === "bilinear" ? between : repeated;
    const [, height, width] = x.shape; // [batch, height, width, channels]
    if (differentiated) {
      // Along the last axis: [batch, width, channels, height] → height′, then [batch, height′, channels, width].
      const resizeLastAxis = (values: Tensor, factor: number): Tensor => {
        const extent = values.shape[3]!;
        const matrix = tf.tensor2d(weightsOf(extent, factor), [extent, extent * factor]);
        const flat = tf.reshape(values, [-1, extent]);
        return tf.reshape(tf.matMul(flat, matrix), values.shape.with(3, extent * factor));
      };
      const resizedHeight = resizeLastAxis(tf.transpose(x, [0, 2, 3, 1]), size[0]);
      return tf.transpose(
        resizeLastAxis(tf.transpose(resizedHeight, [0, 3, 2, 1]), size[1]),
        [0, 1, 3, 2],
      );
    }
    const target: [number, number] = [height! * size[0], width! * size[1]];
    return interpolation === "bilinear"
      ? tf.image.resizeBilinear(x as Tensor4D, target, false, true)
      : tf.image.resizeNearestNeighbor(x as Tensor4D, target);
  },
});

/** Weights [extent, extent · factor] of linear interpolation between pixel centres, edges repeated. */
function between(extent: number, factor: number): Float32Array {
  const weights = new Float32Array(extent * extent * factor);
  for (let to = 0; to < extent * factor; to++) {
    const from = Math.min(Math.max((to + 0.5) / factor - 0.5, 0), extent - 1);
    const [low, share] = [Math.floor(from), from % 1];
    weights[low * extent * factor + to] = 1 - share;
    if (share > 0) weights[(low + 1) * extent * factor + to] = share;
  }
  return weights;
}

/** Weights [extent, extent · factor] of pixels repeated. */
function repeated(extent: number, factor: number): Float32Array {
  const weights = new Float32Array(extent * extent * factor);
  for (let to = 0; to < extent * factor; to++)
    weights[Math.floor(to / factor) * extent * factor + to] = 1;
  return weights;
}
