// Means of windows, padding left out of them. TF.js' gradient counts it: with padding "same" it divides
// by the whole window everywhere.
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";

type Pair = readonly [number, number];

export const averagePooling2d = defineTfjsLayer<{
  pool_size: Pair;
  strides: Pair;
  padding: "valid" | "same";
}>({
  className: "AveragePooling2D",
  differs: ({ padding }) => padding === "same",
  call: ({ pool_size, strides }, [x], { tf, outputs }) => {
    // The sums of the padded windows, over the sums of as many ones.
    const pads = x.shape.map((extent, axis): [number, number] => {
      if (axis === 0 || axis === 3) return [0, 0];
      const steps = Number(outputs[0]![axis]) - 1;
      const totalPadding = Math.max(0, steps * strides[axis - 1]! + pool_size[axis - 1]! - extent);
      return [Math.floor(totalPadding / 2), Math.ceil(totalPadding / 2)];
    });
    const mean = (values: typeof x) =>
      tf.avgPool(tf.pad(values, pads) as Tensor4D, [...pool_size], [...strides], "valid");
    return tf.div(mean(x), mean(tf.ones([1, ...x.shape.slice(1, 3), 1])));
  },
});
