// Average of each window, without padding. TF.js has wrong gradients where it pads.
import type { Tensor5D } from "@tensorflow/tfjs-core";
import { padsOfSame } from "../padsOfSame";
import { defineTfjsLayer } from "./layer";

type Triple = readonly [number, number, number];

export const averagePooling3d = defineTfjsLayer<{
  pool_size: Triple;
  strides: Triple;
  padding: "valid" | "same";
}>({
  className: "AveragePooling3D",
  differs: ({ padding }) => padding === "same",
  call: ({ pool_size, strides }, [x], { tf, outputs }) => {
    // The sums of the padded windows, over the sums of as many ones.
    const pads = padsOfSame(x.shape, outputs[0]!, { windows: pool_size, strides });
    const mean = (values: typeof x) =>
      tf.avgPool3d(tf.pad(values, pads) as Tensor5D, [...pool_size], [...strides], "valid");
    return tf.div(mean(x), mean(tf.ones([1, ...x.shape.slice(1, 4), 1])));
  },
});
