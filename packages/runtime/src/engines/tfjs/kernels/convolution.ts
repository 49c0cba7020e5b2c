// Convolutions and their gradients as products of matrices: what each tap of the kernel sees of an image, times the kernel. An
// image is taken apart some rows of the result at a time, so that what is laid out stays in the cache. Sums are float64.
import type * as tfc from "@tensorflow/tfjs-core";
import { addProduct, layStrips, stripOffset, stripsSize, stripStep } from "./product";

type Geometry = tfc.backend_util.Conv2DInfo;

/** y[b, p, o] = Σ x[b, what tap k sees from p, i] · w[k, i, o]. */
export function convolve(geometry: Geometry, x: Float32Array, w: Float32Array): Float32Array {
  const { batchSize, outHeight, outWidth, outChannels: columns } = geometry;
  const depth = kernelRows(geometry);
  const kernel = new Float32Array(stripsSize(columns, depth));
  layStrips(w, { rows: columns, depth, start: 0, rowStride: 1, depthStride: columns }, kernel);
  const y = new Float32Array(batchSize * outHeight * outWidth * columns);
  const seen = new Float32Array(stripsSize(largestPart(geometry), depth));
  forEachPart(geometry, (part) => {
    const { pixels: rows, start } = part;
    const at = (row: number) => stripOffset(row, depth);
    copySeen(geometry, part, x, seen, { pixel: at, tap: (k) => stripStep * k });
    addProduct(seen, kernel, { rows, columns, depth }, y, start * columns);
  });
  return y;
}

/** dw[k, i, o] = Σ x[b, what tap k sees from p, i] · dy[b, p, o]. */
export function filterSums(geometry: Geometry, x: Float32Array, dy: Float32Array): Float64Array {
  const { outChannels: columns } = geometry;
  const rows = kernelRows(geometry);
  const sums = new Float64Array(rows * columns);
  const most = largestPart(geometry);
  const seen = new Float32Array(stripsSize(rows, most));
  const slopes = new Float32Array(stripsSize(columns, most));
  forEachPart(geometry, (part) => {
    const { pixels: depth, start } = part;
    const at = (row: number) => stripOffset(row, depth);
    copySeen(geometry, part, x, seen, { pixel: (p) => stripStep * p, tap: at });
    layStrips(dy, { rows: columns, depth, start: start * columns, rowStride: 1, depthStride: columns }, slopes); // prettier-ignore
    addProduct(seen, slopes, { rows, columns, depth }, sums);
  });
  return sums;
}

/** dx[b, pixel, i] = Σ dy[b, p, o] · w[k, i, o] over all p and k that see the pixel. */
export function imageSums(geometry: Geometry, dy: Float32Array, w: Float32Array): Float64Array {
  const { batchSize, inHeight, inWidth, inChannels, outChannels: depth } = geometry;
  const columns = kernelRows(geometry);
  const kernel = new Float32Array(stripsSize(columns, depth));
  layStrips(w, { rows: columns, depth, start: 0, rowStride: depth, depthStride: 1 }, kernel);
  const sums = new Float64Array(batchSize * inHeight * inWidth * inChannels);
  const most = largestPart(geometry);
  const slopes = new Float32Array(stripsSize(most, depth));
  const shares = new Float64Array(most * columns);
  forEachPart(geometry, (part) => {
    const { pixels: rows, start } = part;
    layStrips(dy, { rows, depth, start: start * depth, rowStride: depth, depthStride: 1 }, slopes);
    addProduct(slopes, kernel, { rows, columns, depth }, shares.fill(0));
    forEachRun(geometry, part, (pixel, row, at, count) => {
      for (let i = 0, from = pixel * columns + row; i < count; i++)
        sums[at + i]! += shares[from + i]!;
    });
  });
  return sums;
}

/** Rows of a kernel as a matrix: its taps, each of all channels. */
const kernelRows = ({ filterHeight, filterWidth, inChannels }: Geometry) =>
  filterHeight * filterWidth * inChannels;

/** Numbers that are laid out at once. */
const partSize = 2 ** 15;

/** Some rows of the result of one image. */
interface Part {
  readonly image: number;
  readonly fromRow: number;
  readonly toRow: number;
  readonly pixels: number;
  /** Pixels of the result before them, those of other images included. */
  readonly start: number;
}

function rowsPerPart(geometry: Geometry): number {
  const { outHeight, outWidth } = geometry;
  const rows = Math.floor(partSize / (outWidth * kernelRows(geometry)));
  return Math.max(1, Math.min(rows, outHeight));
}

const largestPart = (geometry: Geometry) => rowsPerPart(geometry) * geometry.outWidth;

function forEachPart(geometry: Geometry, body: (part: Part) => void): void {
  const { batchSize, outHeight, outWidth } = geometry;
  const height = rowsPerPart(geometry);
  for (let image = 0; image < batchSize; image++)
    for (let fromRow = 0; fromRow < outHeight; fromRow += height) {
      const toRow = Math.min(fromRow + height, outHeight);
      const pixels = (toRow - fromRow) * outWidth;
      body({ image, fromRow, toRow, pixels, start: (image * outHeight + fromRow) * outWidth });
    }
}

/**
 * Visits what the taps see inside the image, in runs of numbers that lie side by side in it: a pixel of the part, the run's first
 * row in the kernel as a matrix, where it begins in the image, and its length.
 */
function forEachRun(
  geometry: Geometry,
  { image, fromRow, toRow }: Part,
  body: (pixel: number, row: number, at: number, count: number) => void,
): void {
  const { inHeight, inWidth, inChannels, outWidth, filterHeight, filterWidth } = geometry;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = geometry;
  for (let outY = fromRow, pixel = 0; outY < toRow; outY++)
    for (let outX = 0; outX < outWidth; outX++, pixel++) {
      const left = outX * strideWidth - padInfo.left;
      const first = Math.max(0, Math.ceil(-left / dilationWidth));
      const end = Math.min(filterWidth, Math.ceil((inWidth - left) / dilationWidth));
      const taps = dilationWidth === 1 ? end - first : 1;
      for (let ky = 0; ky < filterHeight; ky++) {
        const inY = outY * strideHeight - padInfo.top + ky * dilationHeight;
        if (inY < 0 || inY >= inHeight) continue;
        const line = (image * inHeight + inY) * inWidth;
        for (let kx = first; kx < end; kx += taps)
          body(
            pixel,
            (ky * filterWidth + kx) * inChannels,
            (line + left + kx * dilationWidth) * inChannels,
            taps * inChannels,
          );
      }
    }
}

/** Lays out what the taps see; zeros outside the image. */
function copySeen(
  geometry: Geometry,
  part: Part,
  x: Float32Array,
  seen: Float32Array,
  offsets: { pixel(p: number): number; tap(row: number): number },
): void {
  const { padInfo } = geometry;
  const ofRow = Int32Array.from({ length: kernelRows(geometry) }, (_, row) => offsets.tap(row));
  const ofPixel = Int32Array.from({ length: part.pixels }, (_, p) => offsets.pixel(p));
  if (padInfo.top || padInfo.left || padInfo.bottom || padInfo.right) seen.fill(0);
  forEachRun(geometry, part, (pixel, row, at, count) => {
    const to = ofPixel[pixel]!;
    for (let i = 0; i < count; i++) seen[to + ofRow[row + i]!] = x[at + i]!;
  });
}
