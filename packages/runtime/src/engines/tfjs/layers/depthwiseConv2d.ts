// A convolution of each channel by itself, kernel [height, width, in, multiplier]. TF.js leaves the
// dilation out of its count.
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { defineTfjsLayer } from "./layer";

type Pair = readonly [number, number];

export const depthwiseConv2d = defineTfjsLayer<{
  strides: Pair;
  padding: "valid" | "same";
  dilation_rate: Pair;
  activation: string;
}>({
  className: "DepthwiseConv2D",
  differs: ({ dilation_rate: [rows, columns] }) => rows !== 1 || columns !== 1,
  call: ({ strides, padding, dilation_rate, activation }, [x], { tf, weights }) => {
    const kernel = weights.kernel as Tensor4D;
    const y = tf.depthwiseConv2d(x as Tensor4D, kernel, [...strides], padding, "NHWC", [
      ...dilation_rate,
    ]);
    return activate(tf, activation, weights.bias ? tf.add(y, weights.bias) : y);
  },
});
