// A depthwise convolution, then a pointwise one: depthwise_kernel [height, width, in, multiplier], pointwise_kernel
// [1, 1, in · multiplier, filters]. TF.js has no gradients of the dilation.
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { dilatedKernel } from "../dilatedKernel";
import { defineTfjsLayer } from "./layer";

type Pair = readonly [number, number];

export const separableConv2d = defineTfjsLayer<
  {
    strides: Pair;
    padding: "valid" | "same";
    dilation_rate: Pair;
    activation: string;
  },
  "depthwise_kernel" | "pointwise_kernel"
>({
  className: "SeparableConv2D",
  differs: ({ dilation_rate: [rows, columns] }) => rows !== 1 || columns !== 1,
  call: ({ strides, padding, dilation_rate, activation }, [x], { tf, weights, differentiated }) => {
    const depthwiseKernel = differentiated
      ? dilatedKernel(tf, weights.depthwise_kernel, dilation_rate)
      : weights.depthwise_kernel;
    const dilations: [number, number] = differentiated ? [1, 1] : [...dilation_rate];
    const [image, kernel] = [x as Tensor4D, depthwiseKernel as Tensor4D];
    const depthwiseOutput = tf.depthwiseConv2d(image, kernel, [...strides], padding, "NHWC", dilations); // prettier-ignore
    const y = tf.conv2d(depthwiseOutput, weights.pointwise_kernel as Tensor4D, 1, "valid");
    return activate(tf, activation, weights.bias ? tf.add(y, weights.bias) : y);
  },
});
