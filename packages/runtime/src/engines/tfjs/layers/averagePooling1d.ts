// As AveragePooling2D, along one axis.
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";

export const averagePooling1d = defineTfjsLayer<{
  pool_size: readonly [number];
  strides: readonly [number];
  padding: "valid" | "same";
}>({
  className: "AveragePooling1D",
  differs: ({ padding }) => padding === "same",
  call: ({ pool_size: [size], strides: [stride] }, [x], { tf, outputs }) => {
    const [, length] = x.shape;
    const totalPadding = Math.max(0, (Number(outputs[0]![1]) - 1) * stride + size - length!);
    const pads: [number, number][] = [[0, 0], [0, 0], [Math.floor(totalPadding / 2), Math.ceil(totalPadding / 2)], [0, 0]]; // prettier-ignore
    const mean = (values: typeof x) =>
      tf.avgPool(tf.pad(tf.expandDims(values, 1), pads) as Tensor4D, [1, size], [1, stride], "valid"); // prettier-ignore
    return tf.squeeze(tf.div(mean(x), mean(tf.ones([1, length!, 1]))), [1]);
  },
});
