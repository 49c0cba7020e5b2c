// A convolution of each channel by itself, kernel [length, in, multiplier]. TF.js has it for images,
// of which a sequence is one of height 1.
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";
import { activate } from "../activations";
import { dilatedKernel } from "../dilatedKernel";
import { defineTfjsLayer } from "./layer";

type Windows = {
  readonly strides: readonly [number];
  readonly padding: "valid" | "same";
  readonly dilation_rate: readonly [number];
};

export const depthwiseConv1d = defineTfjsLayer<Windows & { readonly activation: string }, "kernel">(
  {
    className: "DepthwiseConv1D",
    call: (config, [x], { tf, weights, differentiated }) => {
      const y = eachChannel(tf, config, x, weights.kernel, differentiated);
      return activate(tf, config.activation, weights.bias ? tf.add(y, weights.bias) : y);
    },
  },
);

/** Each channel of x [batch, length, in] convolved by itself: [batch, length, in · multiplier]. */
export function eachChannel(
  tf: TfCore,
  { strides: [stride], padding, dilation_rate: [dilation] }: Windows,
  x: Tensor,
  kernel: Tensor,
  differentiated: boolean,
): Tensor {
  const image = tf.expandDims(x, 1) as Tensor4D;
  const kernel2d = tf.expandDims(
    differentiated ? dilatedKernel(tf, kernel, [dilation]) : kernel,
    0,
  );
  const dilations: [number, number] = [1, differentiated ? 1 : dilation];
  const y = tf.depthwiseConv2d(
    image,
    kernel2d as Tensor4D,
    [1, stride],
    padding,
    "NHWC",
    dilations,
  );
  return tf.squeeze(y, [1]);
}
