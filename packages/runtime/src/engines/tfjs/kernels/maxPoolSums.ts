import type * as tfc from "@tensorflow/tfjs-core";

/** dx of the largest value of each window, the first where several are equal, is the window's dy, in float64. */
export function maxPoolSums(
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
