// TF.js' pure-JavaScript gradients of convolution filters call a function for every element; these loops over flat
// arrays compute the same sums about fifty times faster. They replace TF.js' kernels only while a training step runs.
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
  ];
}

/** dW[ky, kx, i, o] = Σ x[b, y·stride + ky − pad, x·stride + kx − pad, i] · dy[b, y, x, o], in float64. */
function filterSums(
  info: tfc.backend_util.Conv2DInfo,
  x: Float32Array,
  dy: Float32Array,
): Float64Array {
  const { inChannels, outChannels } = info;
  const sums = new Float64Array(info.filterHeight * info.filterWidth * inChannels * outChannels);
  forEachTap(info, (xAt, dyAt, tap) => {
    let sumIndex = tap * inChannels * outChannels;
    for (let i = 0; i < inChannels; i++) {
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
  forEachTap(info, (xAt, dyAt, tap) => {
    let sumIndex = tap * outChannels;
    for (let i = 0, o = 0; i < inChannels; i++) {
      const xi = x[xAt + i]!;
      for (let q = 0; q < multiplier; q++, o++, sumIndex++) sums[sumIndex]! += xi * dy[dyAt + o]!;
    }
  });
  return sums;
}

/** Visits every pair of an output pixel and a filter tap inside the image, with the offsets of their channels. */
function forEachTap(
  info: tfc.backend_util.Conv2DInfo,
  body: (xAt: number, dyAt: number, tap: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const { dilationHeight, dilationWidth } = info;
  for (let b = 0, dyAt = 0; b < batchSize; b++)
    for (let outY = 0; outY < outHeight; outY++)
      for (let outX = 0; outX < outWidth; outX++, dyAt += outChannels)
        for (let ky = 0; ky < filterHeight; ky++) {
          const inY = outY * strideHeight - padInfo.top + ky * dilationHeight;
          if (inY < 0 || inY >= inHeight) continue;
          for (let kx = 0; kx < filterWidth; kx++) {
            const inX = outX * strideWidth - padInfo.left + kx * dilationWidth;
            if (inX < 0 || inX >= inWidth) continue;
            body(((b * inHeight + inY) * inWidth + inX) * inChannels, dyAt, ky * filterWidth + kx);
          }
        }
}
