import { CajalError, checkArgument, checkTensor, type Batch, type DType } from "@cajal/core";

/**
 * Mean and population standard deviation of each channel, the last axis of x, over a whole dataset: what
 * pixels are standardized by. Of a dataset of class numbers y `[n]`, the size of each class, too.
 *
 * @param data read through once
 * @throws CajalError `bad-argument` for a dataset without examples
 * @example await channelStatistics(await mnist()) // { mean: [0.1306…], std: [0.3081…], … }
 */
export async function channelStatistics(
  data: AsyncIterable<Batch<DType, DType>>,
): Promise<{ mean: number[]; std: number[]; classCounts: number[] }> {
  checkArgument("channelStatistics", "data", data, "asyncIterable");
  let sums: Float64Array | undefined;
  let squares = new Float64Array();
  let count = 0;
  const classCounts: number[] = [];
  for await (const batch of data) {
    checkArgument("channelStatistics", "batch", batch, "object");
    const { x, y } = batch;
    checkTensor(x, "channelStatistics x");
    checkTensor(y, "channelStatistics y");
    const channels = x.shape.at(-1) ?? 1;
    sums ??= new Float64Array(channels);
    if (squares.length === 0) squares = new Float64Array(channels);
    // Whole numbers of 64 bits do not go into sums of doubles.
    const values = (typeof x.data[0] === "bigint" ? Float64Array.from(x.data as BigInt64Array, Number) : x.data) as Float32Array; // prettier-ignore
    for (let c = 0; c < channels; c++) {
      let [sum, square] = [0, 0];
      for (let i = c; i < values.length; i += channels) {
        const value = values[i]!;
        sum += value;
        square += value * value;
      }
      sums[c]! += sum;
      squares[c]! += square;
    }
    count += x.data.length / channels;
    if (y.shape.length === 1)
      for (const label of y.data as Int32Array)
        classCounts[Number(label)] = (classCounts[Number(label)] ?? 0) + 1;
  }
  if (sums === undefined || count === 0)
    throw new CajalError("bad-argument", "channelStatistics: the dataset has no examples.");
  const mean = Array.from(sums, (sum) => sum / count);
  const std = mean.map((m, c) => Math.sqrt(Math.max(0, squares[c]! / count - m * m)));
  return { mean, std, classCounts: Array.from(classCounts, (each) => each ?? 0) };
}
