// 2D convolution, kernel [height, width, in / groups, out]. TF.js lacks groups, and the
// gradients of dilation.
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { dilatedKernel } from "../dilatedKernel";
import { convolveInGroups } from "../convolveInGroups";
import { defineTfjsLayer } from "./layer";

type Pair = readonly [number, number];

export const conv2d = defineTfjsLayer<
  {
    strides: Pair;
    padding: "valid" | "same";
    dilation_rate: Pair;
    groups: number;
    activation: string;
  },
  "kernel"
>({
  className: "Conv2D",
  differs: ({ groups, dilation_rate: [rows, columns] }) =>
    groups !== 1 || rows !== 1 || columns !== 1,
  call: (config, [x], { tf, weights, differentiated }) => {
    const { strides, padding, dilation_rate, groups, activation } = config;
    const dilations: [number, number] = differentiated ? [1, 1] : [...dilation_rate];
    const kernel = differentiated
      ? dilatedKernel(tf, weights.kernel, dilation_rate)
      : weights.kernel;
    const convolve = (group: Tensor4D, groupKernel: Tensor4D) =>
      tf.conv2d(group, groupKernel, [...strides], padding, "NHWC", dilations);
    const y = convolveInGroups(tf, groups, [x as Tensor4D, kernel as Tensor4D], convolve);
    return activate(tf, activation, weights.bias ? tf.add(y, weights.bias) : y);
  },
});
