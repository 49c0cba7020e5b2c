// A kernel with each output channel times a number, computed when it is read.
import type { Tensor } from "@cajal/core";
import { isLazy, lazyTensor } from "@cajal/onnx/builder";

/** What a scaled kernel is computed from, where its output channels are all of its last axis. */
export interface Scaled {
  readonly kernel: Tensor;
  readonly scale: Float64Array;
}

const origins = new WeakMap<Tensor, Scaled>();

/** A float32 kernel with each output channel times its scale; `channels`: the axes that make them up. */
export function scaled(kernel: Tensor, scale: Float64Array, channels: readonly number[]): Tensor {
  const elementsPerChannel = kernel.shape
    .slice(channels.at(-1)! + 1)
    .reduce((size, extent) => size * extent, 1);
  const result = lazyTensor("float32", kernel.shape, (allocate) => {
    const source = kernel.data as Float32Array;
    const data = allocate("float32", source.length);
    const channelCount = scale.length;
    if (elementsPerChannel === 1)
      for (let start = 0; start < data.length; start += channelCount)
        for (let c = 0; c < channelCount; c++) data[start + c] = source[start + c]! * scale[c]!;
    else
      for (let i = 0; i < data.length;)
        for (let c = 0; c < channelCount; c++)
          for (let k = 0; k < elementsPerChannel; k++, i++) data[i] = source[i]! * scale[c]!;
    return data;
  });
  if (elementsPerChannel === 1) origins.set(result, { kernel, scale });
  return result;
}

/** What a tensor of {@link scaled} is computed from; undefined of any other, and once it is computed. */
export const scaledOf = (tensor: Tensor): Scaled | undefined =>
  isLazy(tensor) ? origins.get(tensor) : undefined;
