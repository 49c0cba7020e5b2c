// 3D convolution, kernel [depth, height, width, in / groups, out]. TF.js lacks groups, and the
// gradients of dilation; where kernels are smaller than strides its padding "same" takes elements away.
import type { Tensor5D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { addBias } from "../addBias";
import { dilatedKernel } from "../dilatedKernel";
import { convolveInGroups } from "../convolveInGroups";
import { padsOfSame } from "../padsOfSame";
import { defineTfjsLayer } from "./layer";

type Triple = readonly [number, number, number];

export const conv3d = defineTfjsLayer<
  {
    kernel_size: Triple;
    strides: Triple;
    padding: "valid" | "same";
    dilation_rate: Triple;
    groups: number;
    activation: string;
  },
  "kernel"
>({
  className: "Conv3D",
  differs: ({ groups, dilation_rate, kernel_size, padding, strides }) =>
    groups !== 1 ||
    dilation_rate.some((rate) => rate !== 1) ||
    (padding === "same" && strides.some((stride, axis) => stride > kernel_size[axis]!)),
  call: (
    { strides, padding, dilation_rate, groups, activation },
    [x],
    { tf, weights, outputs },
  ) => {
    const kernel = dilatedKernel(tf, weights.kernel as Tensor5D, dilation_rate);
    const convolve = (group: Tensor5D, groupKernel: Tensor5D) =>
      tf.conv3d(group, groupKernel, [...strides], "valid");
    const windows = { windows: kernel.shape.slice(0, 3), strides };
    const padded = padding === "same" ? tf.pad(x, padsOfSame(x.shape, outputs[0]!, windows)) : x;
    const y = convolveInGroups(tf, groups, [padded as Tensor5D, kernel], convolve);
    return activate(tf, activation, weights.bias ? addBias(tf, y, weights.bias) : y);
  },
});
