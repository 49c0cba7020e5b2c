// A depthwise convolution, then a pointwise one: depthwise_kernel [length, in, multiplier],
// pointwise_kernel [1, in · multiplier, filters]. TF.js has it for images only.
import type { Tensor3D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { eachChannel } from "./depthwiseConv1d";
import { defineTfjsLayer } from "./layer";

export const separableConv1d = defineTfjsLayer<
  {
    strides: readonly [number];
    padding: "valid" | "same";
    dilation_rate: readonly [number];
    activation: string;
  },
  "depthwise_kernel" | "pointwise_kernel"
>({
  className: "SeparableConv1D",
  call: (config, [x], { tf, weights, differentiated }) => {
    const depthwiseOutput = eachChannel(
      tf,
      config,
      x,
      weights.depthwise_kernel,
      differentiated,
    ) as Tensor3D;
    const y = tf.conv1d(depthwiseOutput, weights.pointwise_kernel as Tensor3D, 1, "valid");
    return activate(tf, config.activation, weights.bias ? tf.add(y, weights.bias) : y);
  },
});
