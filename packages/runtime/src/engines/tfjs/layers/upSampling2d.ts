// Every row and column repeated, or interpolated. TF.js interpolates between other points: Keras'
// pixels have their centres at halves (TensorFlow's half_pixel_centers).
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";

export const upSampling2d = defineTfjsLayer<{
  size: readonly [number, number];
  interpolation: string;
}>({
  className: "UpSampling2D",
  differs: ({ interpolation }) => interpolation === "bilinear",
  call: ({ size }, [x], { tf }) => {
    const [, height, width] = x!.shape; // [batch, height, width, channels]
    const target: [number, number] = [height! * size[0], width! * size[1]];
    return tf.image.resizeBilinear(x as Tensor4D, target, false, true);
  },
});
