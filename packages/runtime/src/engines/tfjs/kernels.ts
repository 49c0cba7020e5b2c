// TF.js' pure-JavaScript gradients of convolution filters and of max pooling call functions for every element; these
// loops over flat arrays compute the same sums many times faster. They replace TF.js' kernels only while a training
// step runs.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

/** Runs `body` with the faster kernels on TF.js' `cpu` backend. */
export function withFasterKernels<T>(tf: TfCore, body: () => T): T {
  const originals = kernels(tf).map((kernel) => {
    const original = tf.getKernel(kernel.kernelName, "cpu");
    tf.unregisterKernel(kernel.kernelName, "cpu");
    tf.registerKernel(kernel);
    return original;
  });
  try {
    return body();
  } finally {
    for (const original of originals) {
      tf.unregisterKernel(original.kernelName, "cpu");
      tf.registerKernel(original);
    }
  }
}

/** The part of TF.js' cpu backend that is used here. */
interface CpuBackend {
  readonly data: { get(id: object): { readonly values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: "float32", values: Float32Array): tfc.TensorInfo;
}

function kernels(tf: TfCore): tfc.KernelConfig[] {
  const filterGradient = (kernelName: string, depthwise: boolean): tfc.KernelConfig => ({
    kernelName,
    backendName: "cpu",
    kernelFunc: ({ inputs, backend: cpuBackend, attrs }) => {
      const backend = cpuBackend as CpuBackend;
      const { x, dy } = inputs as { x: tfc.TensorInfo; dy: tfc.TensorInfo };
      const { strides, pad, dimRoundingMode, filterShape, dilations } = attrs as {
        strides: [number, number];
        pad: "valid" | "same" | number;
        dimRoundingMode?: "floor" | "round" | "ceil";
        filterShape: [number, number, number, number];
        dilations?: [number, number];
      };
      const info = tf.backend_util.computeConv2DInfo(
        x.shape as [number, number, number, number],
        filterShape,
        strides,
        dilations ?? 1,
        pad,
        dimRoundingMode,
        depthwise,
      );
      const values = (tensorInfo: tfc.TensorInfo) => backend.data.get(tensorInfo.dataId).values;
      const sum = depthwise ? depthwiseFilterSums : filterSums;
      const gradient = Float32Array.from(sum(info, values(x), values(dy)));
      return backend.makeTensorInfo(info.filterShape, "float32", gradient);
    },
  });
  return [
    filterGradient("Conv2DBackpropFilter", false),
    filterGradient("DepthwiseConv2dNativeBackpropFilter", true),
    maxPoolGradient(tf),
  ];
}

function maxPoolGradient(tf: TfCore): tfc.KernelConfig {
  return {
    kernelName: "MaxPoolGrad",
    backendName: "cpu",
    kernelFunc: ({ inputs, backend: cpuBackend, attrs }) => {
      const backend = cpuBackend as CpuBackend;
      const { input, dy } = inputs as { input: tfc.TensorInfo; dy: tfc.TensorInfo };
      const { filterSize, strides, pad, dimRoundingMode } = attrs as {
        filterSize: number | [number, number];
        strides: number | [number, number];
        pad: "valid" | "same" | number;
        dimRoundingMode?: "floor" | "round" | "ceil";
      };
      const shape = input.shape as [number, number, number, number];
      const info = tf.backend_util.computePool2DInfo(
        shape,
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      );
      const values = (tensorInfo: tfc.TensorInfo) => backend.data.get(tensorInfo.dataId).values;
      const gradient = Float32Array.from(maxPoolSums(info, values(input), values(dy)));
      return backend.makeTensorInfo(shape, "float32", gradient);
    },
  };
}

/** dx of the largest value of each window, the first where several are equal, is the window's dy, in float64. */
function maxPoolSums(
  info: tfc.backend_util.Conv2DInfo,
  x: Float32Array,
  dy: Float32Array,
): Float64Array {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = info;
  const { effectiveFilterHeight, effectiveFilterWidth, strideHeight, strideWidth, padInfo } = info;
  const sums = new Float64Array(batchSize * inHeight * inWidth * inChannels);
  for (let b = 0, dyAt = 0; b < batchSize; b++)
    for (let outY = 0; outY < outHeight; outY++) {
      const top = outY * strideHeight - padInfo.top;
      const [fromY, toY] = [Math.max(top, 0), Math.min(top + effectiveFilterHeight, inHeight)];
      for (let outX = 0; outX < outWidth; outX++) {
        const left = outX * strideWidth - padInfo.left;
        const [fromX, toX] = [Math.max(left, 0), Math.min(left + effectiveFilterWidth, inWidth)];
        for (let channel = 0; channel < inChannels; channel++, dyAt++) {
          // None, where all are −∞ or NaN: as in TF.js, that window has no gradient.
          let [largest, largestAt] = [-Infinity, -1];
          for (let y = fromY; y < toY; y++) {
            let at = ((b * inHeight + y) * inWidth + fromX) * inChannels + channel;
            for (let column = fromX; column < toX; column++, at += inChannels)
              if (x[at]! > largest) [largest, largestAt] = [x[at]!, at];
          }
          if (largestAt >= 0) sums[largestAt]! += dy[dyAt]!;
        }
      }
    }
  return sums;
}

/** dW[ky, kx, i, o] = Σ x[b, y·stride + ky − pad, x·stride + kx − pad, i] · dy[b, y, x, o], in float64. */
function filterSums(
  info: tfc.backend_util.Conv2DInfo,
  x: Float32Array,
  dy: Float32Array,
): Float64Array {
  const { inChannels, outChannels } = info;
  const sums = new Float64Array(info.filterHeight * info.filterWidth * inChannels * outChannels);
  const xStep = info.strideWidth * inChannels;
  forEachRow(info, (xRow, dyRow, count, tap) => {
    const firstSum = tap * inChannels * outChannels;
    for (let n = 0, xAt = xRow, dyAt = dyRow; n < count; n++, xAt += xStep, dyAt += outChannels)
      for (let i = 0, sumIndex = firstSum; i < inChannels; i++) {
        const xi = x[xAt + i]!;
        for (let o = 0; o < outChannels; o++, sumIndex++) sums[sumIndex]! += xi * dy[dyAt + o]!;
      }
  });
  return sums;
}

/** As {@link filterSums}, with output channel i · multiplier + q from input channel i alone. */
function depthwiseFilterSums(
  info: tfc.backend_util.Conv2DInfo,
  x: Float32Array,
  dy: Float32Array,
): Float64Array {
  const { inChannels, outChannels } = info;
  const multiplier = outChannels / inChannels;
  const sums = new Float64Array(info.filterHeight * info.filterWidth * outChannels);
  const xStep = info.strideWidth * inChannels;
  forEachRow(info, (xRow, dyRow, count, tap) => {
    const firstSum = tap * outChannels;
    for (let n = 0, xAt = xRow, dyAt = dyRow; n < count; n++, xAt += xStep, dyAt += outChannels)
      for (let i = 0, o = 0; i < inChannels; i++) {
        const xi = x[xAt + i]!;
        for (let q = 0; q < multiplier; q++, o++) sums[firstSum + o]! += xi * dy[dyAt + o]!;
      }
  });
  return sums;
}

/**
 * Visits each filter tap and each row of the output with the pixels of that row that the tap takes from inside the image:
 * the offsets of the first one's channels, and how many there are.
 */
function forEachRow(
  info: tfc.backend_util.Conv2DInfo,
  body: (xRow: number, dyRow: number, count: number, tap: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const { dilationHeight, dilationWidth } = info;
  for (let b = 0; b < batchSize; b++)
    for (let outY = 0; outY < outHeight; outY++)
      for (let ky = 0; ky < filterHeight; ky++) {
        const inY = outY * strideHeight - padInfo.top + ky * dilationHeight;
        if (inY < 0 || inY >= inHeight) continue;
        for (let kx = 0; kx < filterWidth; kx++) {
          const offset = kx * dilationWidth - padInfo.left; // inX = outX · stride + offset
          const from = Math.max(0, Math.ceil(-offset / strideWidth));
          const to = Math.min(outWidth, Math.floor((inWidth - 1 - offset) / strideWidth) + 1);
          if (from >= to) continue;
          const inX = from * strideWidth + offset;
          const xRow = ((b * inHeight + inY) * inWidth + inX) * inChannels;
          const dyRow = ((b * outHeight + outY) * outWidth + from) * outChannels;
          body(xRow, dyRow, to - from, ky * filterWidth + kx);
        }
      }
}
