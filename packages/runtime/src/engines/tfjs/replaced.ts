// TF.js' kernels and gradients in another form, in place of its own: each once, however many models are opened.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

export type Kernel = tfc.KernelConfig["kernelFunc"];
export type GradientRule = tfc.GradConfig["gradFunc"];

const ours = new WeakSet<Kernel | GradientRule>();

/** @param change makes the new kernel of the backend's own */
export function replaceKernel(
  tf: TfCore,
  kernelName: string,
  backendName: string,
  change: (original: tfc.KernelConfig) => Kernel,
): void {
  const original = tf.getKernel(kernelName, backendName);
  if (ours.has(original.kernelFunc)) return;
  const kernelFunc = change(original);
  ours.add(kernelFunc);
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...original, kernelFunc });
}

/** @param change makes the new rule of TF.js' own */
export function replaceGradient(
  tf: TfCore,
  kernelName: string,
  change: (original: GradientRule) => GradientRule,
): void {
  const original = tf.getGradient(kernelName);
  if (ours.has(original.gradFunc)) return;
  const gradFunc = change(original.gradFunc);
  ours.add(gradFunc);
  tf.unregisterGradient(kernelName);
  tf.registerGradient({ ...original, gradFunc });
}
