// 3D convolution, kernel [depth, height, width, in / groups, out]. TF.js lacks groups, and the
// gradients of dilation.
import type { Tensor5D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { addBias } from "../addBias";
import { dilatedKernel } from "../dilatedKernel";
import { convolveInGroups } from "../convolveInGroups";
import { defineTfjsLayer } from "./layer";

type Triple = readonly [number, number, number];

export const conv3d = defineTfjsLayer<
  {
    strides: Triple;
    padding: "valid" | "same";
    dilation_rate: Triple;
    groups: number;
    activation: string;
  },
  "kernel"
>({
  className: "Conv3D",
  differs: ({ groups, dilation_rate }) => groups !== 1 || dilation_rate.some((rate) => rate !== 1),
  call: ({ strides, padding, dilation_rate, groups, activation }, [x], { tf, weights }) => {
    const kernel = dilatedKernel(tf, weights.kernel as Tensor5D, dilation_rate);
    const convolve = (group: Tensor5D, groupKernel: Tensor5D) =>
      tf.conv3d(group, groupKernel, [...strides], padding);
    const y = convolveInGroups(tf, groups, [x as Tensor5D, kernel], convolve);
    return activate(tf, activation, weights.bias ? addBias(tf, y, weights.bias) : y);
  },
});
