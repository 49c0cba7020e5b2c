// Repeats or interpolates rows and columns. TF.js interpolates at other coordinates: Keras' are TensorFlow's
// half_pixel_centers. Its gradients of both modes are wrong (of repeated pixels where the factors differ), so where
// gradients are needed, rows and columns are multiplied by a matrix of weights.
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { linearWeights, nearestWeights } from "../interpolation";
import { defineTfjsLayer } from "./layer";

export const upSampling2d = defineTfjsLayer<{
  size: readonly [number, number];
  interpolation: string;
}>({
  className: "UpSampling2D",
  refuses: ({ interpolation }) => !["nearest", "bilinear"].includes(interpolation),
  call: ({ size, interpolation }, [x], { tf, differentiated }) => {
    const weightsOf = (from: number, to: number) =>
      interpolation === "bilinear" ? linearWeights(from, to) : nearestWeights(from, to, false);
    const [, height, width] = x.shape; // [batch, height, width, channels]
    if (differentiated) {
      // Along the last axis: [batch, width, channels, height] → height′, then [batch, height′, channels, width].
      const resizeLastAxis = (values: Tensor, factor: number): Tensor => {
        const extent = values.shape[3]!;
        const matrix = tf.tensor2d(weightsOf(extent, extent * factor), [extent, extent * factor]);
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
