// A convolution of each channel by itself, kernel [height, width, in, multiplier]. TF.js leaves the
// dilation out of its count, and has no gradients of it.
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { dilatedKernel } from "../dilatedKernel";
import { defineTfjsLayer } from "./layer";

type Pair = readonly [number, number];

export const depthwiseConv2d = defineTfjsLayer<
  {
    strides: Pair;
    padding: "valid" | "same";
    dilation_rate: Pair;
    activation: string;
  },
  "kernel"
>({
  className: "DepthwiseConv2D",
  differs: ({ dilation_rate: [rows, columns] }) => rows !== 1 || columns !== 1,
  call: ({ strides, padding, dilation_rate, activation }, [x], { tf, weights, differentiated }) => {
    const kernel = differentiated
      ? dilatedKernel(tf, weights.kernel as Tensor4D, dilation_rate)
      : (weights.kernel as Tensor4D);
    const dilations: [number, number] = differentiated ? [1, 1] : [...dilation_rate];
    const y = tf.depthwiseConv2d(x as Tensor4D, kernel, [...strides], padding, "NHWC", dilations);
    return activate(tf, activation, weights.bias ? tf.add(y, weights.bias) : y);
  },
});
