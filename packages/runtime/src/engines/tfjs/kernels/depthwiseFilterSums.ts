import type * as tfc from "@tensorflow/tfjs-core";

/** dw[k, i, q] = Σ x[b, what tap k sees from p, i] · dy[b, p, i · multiplier + q], in float64. */
export function depthwiseFilterSums(
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
