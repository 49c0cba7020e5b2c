// 1D convolution, kernel [length, in / groups, out]. TF.js lacks `causal` padding, which keeps the
// output at a step from later inputs, and groups.
import type { Tensor3D } from "@tensorflow/tfjs-core";
import { activate } from "../activations";
import { defineTfjsLayer } from "./layer";

export const conv1d = defineTfjsLayer<{
  strides: readonly [number];
  padding: "valid" | "same" | "causal";
  dilation_rate: readonly [number];
  groups: number;
  activation: string;
}>({
  className: "Conv1D",
  differs: ({ padding, groups }) => padding === "causal" || groups !== 1,
  call: (config, [x], { tf, weights }) => {
    const { groups, activation, padding } = config;
    const [stride, dilation] = [config.strides[0], config.dilation_rate[0]];
    const before = (weights.kernel!.shape[0]! - 1) * dilation;
    const causal = padding === "causal";
    const padded = causal ? tf.pad(x!, [[0, 0], [before, 0], [0, 0]]) : x!; // prettier-ignore
    const kernels = tf.split<Tensor3D>(weights.kernel!, groups, 2);
    const parts = tf
      .split<Tensor3D>(padded, groups, 2)
      .map((part, i) =>
        tf.conv1d(part, kernels[i]!, stride, causal ? "valid" : padding, "NWC", dilation),
      );
    const y = tf.concat(parts, 2);
    return activate(tf, activation, weights.bias ? tf.add(y, weights.bias) : y);
  },
});
