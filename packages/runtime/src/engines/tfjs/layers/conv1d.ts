// 1D convolution, kernel [length, in / groups, out]. TF.js lacks `causal` padding, which keeps the
// output at a step from later inputs, groups, and the gradients of dilation.
import type { Tensor3D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { dilatedKernel } from "../dilatedKernel";
import { convolveInGroups } from "../convolveInGroups";
import { defineTfjsLayer } from "./layer";

export const conv1d = defineTfjsLayer<
  {
    strides: readonly [number];
    padding: "valid" | "same" | "causal";
    dilation_rate: readonly [number];
    groups: number;
    activation: string;
  },
  "kernel"
>({
  className: "Conv1D",
  differs: ({ padding, groups, dilation_rate: [dilation] }) =>
    padding === "causal" || groups !== 1 || dilation !== 1,
  call: (config, [x], { tf, weights, differentiated }) => {
    const { groups, activation, padding } = config;
    const [stride, dilation] = [config.strides[0], config.dilation_rate[0]];
    const causalPadding = (weights.kernel.shape[0] - 1) * dilation;
    const isCausal = padding === "causal";
    const padded = isCausal ? tf.pad(x, [[0, 0], [causalPadding, 0], [0, 0]]) : x; // prettier-ignore
    const kernel = differentiated ? dilatedKernel(tf, weights.kernel, [dilation]) : weights.kernel;
    const convolve = (group: Tensor3D, groupKernel: Tensor3D) =>
      tf.conv1d(
        group,
        groupKernel,
        stride,
        isCausal ? "valid" : padding,
        "NWC",
        differentiated ? 1 : dilation,
      );
    const y = convolveInGroups(tf, groups, [padded as Tensor3D, kernel as Tensor3D], convolve);
    return activate(tf, activation, weights.bias ? tf.add(y, weights.bias) : y);
  },
});
