// 2D convolution, kernel [height, width, in / groups, out]. TF.js lacks groups.
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { defineTfjsLayer } from "./layer";

type Pair = readonly [number, number];

export const conv2d = defineTfjsLayer<{
  strides: Pair;
  padding: "valid" | "same";
  dilation_rate: Pair;
  groups: number;
  activation: string;
}>({
  className: "Conv2D",
  differs: ({ groups }) => groups !== 1,
  call: (config, [x], { tf, weights }) => {
    const { strides, padding, dilation_rate, groups, activation } = config;
    const kernels = tf.split<Tensor4D>(weights.kernel!, groups, 3);
    const parts = tf
      .split<Tensor4D>(x!, groups, 3)
      .map((part, i) =>
        tf.conv2d(part, kernels[i]!, [...strides], padding, "NHWC", [...dilation_rate]),
      );
    const y = tf.concat(parts, 3);
    return activate(tf, activation, weights.bias ? tf.add(y, weights.bias) : y);
  },
});
