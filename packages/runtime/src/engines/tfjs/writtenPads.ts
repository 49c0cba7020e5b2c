// TF.js' WebAssembly kernels of convolutions leave padding "same" to XNNPACK, which counts less than none where windows are
// smaller than their strides and pixels are left over, and computes other numbers. Here what is padded is written out.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";
import { replaceKernel, type Kernel } from "./replaced";

type Size = [number, number];
type Four = [number, number, number, number];

/** The kernels, and whether they are depthwise. */
const kernels = {
  Conv2D: false,
  FusedConv2D: false,
  DepthwiseConv2dNative: true,
  FusedDepthwiseConv2D: true,
};

/** Writes out what "same" pads for a backend's convolutions; once a backend. */
export function writePads(tf: TfCore, backendName: string): void {
  for (const [kernelName, isDepthwise] of Object.entries(kernels))
    replaceKernel(tf, kernelName, backendName, (original) => withPads(tf, original, isDepthwise));
}

const withPads =
  (tf: TfCore, { kernelFunc }: tfc.KernelConfig, isDepthwise: boolean): Kernel =>
  (call) => {
    const { inputs, attrs } = call;
    if (attrs!["pad"] !== "same") return kernelFunc(call);
    const { strides, dilations } = attrs as { strides: Size; dilations: Size | null };
    const [image, filter] = [inputs["x"]!.shape as Four, inputs["filter"]!.shape as Four];
    const { top, bottom, left, right } = tf.backend_util.computeConv2DInfo(image, filter, strides, dilations ?? 1, "same", undefined, isDepthwise).padInfo; // prettier-ignore
    const pad = [[0, 0], [top, bottom], [left, right], [0, 0]]; // prettier-ignore
    return kernelFunc({ ...call, attrs: { ...attrs, pad } });
  };
