import {
  CajalError,
  checkArgument,
  showShape,
  type Batch,
  type DType,
  type Tensor,
} from "@cajal/core";
import { checkValues } from "../checkValues";
import { channelsOf } from "./standardize";

/**
 * Mean and population standard deviation of each channel, the last axis of x (x `[n]` is one channel), over a whole
 * dataset: what pixels are standardized by. Of a dataset of class numbers y `[n]`, whole and from 0 on, the size of each
 * class, too; of any other y the list is empty.
 *
 * @param data read through once
 * @throws CajalError `bad-argument` for a dataset without examples, or with values that are not finite; `bad-shape`
 *   where batches have other numbers of channels; `unsupported` for float16
 * @example await channelStatistics(await mnist()) // { mean: [0.1306…], std: [0.3081…], … }
 */
export async function channelStatistics(
  data: AsyncIterable<Batch<DType, DType>>,
): Promise<{ mean: number[]; std: number[]; classCounts: number[] }> {
  checkArgument("channelStatistics", "data", data, "asyncIterable");
  let mean: Float64Array | undefined;
  let squares = new Float64Array();
  let count = 0;
  const classCounts: number[] = [];
  let areClasses = true;
  for await (const batch of data) {
    checkArgument("channelStatistics", "batch", batch, "object");
    const { x, y } = batch;
    checkValues("channelStatistics", "x", x);
    checkValues("channelStatistics", "y", y);
    const channels = channelsOf(x);
    if (mean === undefined) [mean, squares] = [new Float64Array(channels), new Float64Array(channels)]; // prettier-ignore
    if (channels !== mean.length)
      throw new CajalError("bad-shape", `channelStatistics: got x ${showShape(x.shape)} after batches of ${mean.length} channels, expected as many along the last axis.`, { shape: x.shape, expected: mean.length }); // prettier-ignore
    const added = x.data.length / channels;
    if (!(added > 0)) continue;
    const values = numbersOf(x);
    for (let c = 0; c < channels; c++) {
      // About the batch's first value, which keeps digits where means are far from 0: being one of the values it is
      // never so far from the others that the difference below would be rounding alone.
      const first = values[c]!;
      let [sum, square] = [0, 0];
      for (let i = c; i < values.length; i += channels) {
        const value = values[i]! - first;
        sum += value;
        square += value * value;
      }
      // Chan, Golub and LeVeque 1979: two parts as one.
      const apart = first + sum / added - mean[c]!;
      mean[c]! += (apart * added) / (count + added);
      squares[c]! += Math.max(0, square - (sum * sum) / added) + (apart * apart * count * added) / (count + added); // prettier-ignore
    }
    count += added;
    areClasses &&= y.shape.length === 1 && countClasses(y, classCounts);
  }
  if (mean === undefined || count === 0)
    throw new CajalError("bad-argument", "channelStatistics: the dataset has no examples.");
  const odd = squares.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0)
    throw new CajalError("bad-argument", `channelStatistics: channel ${odd} has values that are not finite numbers.`, { channel: odd }); // prettier-ignore
  const std = Array.from(squares, (value) => Math.sqrt(value / count));
  return { mean: Array.from(mean), std, classCounts: areClasses ? classCounts : [] };
}

/** Whole numbers of 64 bits do not go into sums of doubles. */
const numbersOf = ({ data }: Tensor): Float64Array =>
  (typeof data[0] === "bigint" ? Float64Array.from(data as BigInt64Array, Number) : data) as Float64Array; // prettier-ignore

/** More than any set has; what is larger is a number of something else. */
const mostClasses = 2 ** 20;

/** Adds the numbers of a batch; false where one is no class. */
function countClasses({ data }: Tensor, counts: number[]): boolean {
  for (const value of data) {
    const label = Number(value);
    if (!(Number.isInteger(label) && label >= 0 && label < mostClasses)) return false;
    while (counts.length <= label) counts.push(0);
    counts[label]!++;
  }
  return true;
}
