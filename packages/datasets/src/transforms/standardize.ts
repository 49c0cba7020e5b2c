// Standardization, fitted on one dataset and applied to any: x − mean, over the standard deviation.
import {
  type Batch,
  CajalError,
  checkOptions,
  type DType,
  showShape,
  showValue,
  tensor,
  type Tensor,
  checkArgument,
} from "@cajal/core";
import { checkValues } from "../checkValues";
import type { BatchContext, Dataset } from "../dataset";

/** A map of batches, with the statistics it was fitted to, float64 `[channels]`. */
export interface Standardizer {
  <Y extends DType>(
    batch: Batch<DType, Y>,
    context?: Pick<BatchContext, "tensor">,
  ): Batch<"float32", Y>;
  readonly mean: Tensor<"float64">;
  readonly variance: Tensor<"float64">;
}

/**
 * Fits mean and variance of x on one pass over `train`, one for each index of the last axis: for each
 * feature of `[n, features]`, for each channel of `[n, height, width, channels]` (as Keras'
 * `Normalization` with its default axis −1). What comes back standardizes any dataset to float32.
 *
 * The variance is that of the population (n, not n − 1). A feature that never varies is only centred.
 *
 * @param options.signal ends the pass over the data
 * @throws CajalError `bad-argument` for an empty dataset or one with values that are not finite
 * @example
 * const standardized = await standardize(train);
 * train.map(standardized); test.map(standardized); // never fit on the test set
 */
export async function standardize(
  train: Dataset,
  options: { signal?: AbortSignal } = {},
): Promise<Standardizer> {
  checkOptions("standardize", options, { signal: "signal" });
  if (typeof train?.batches !== "function")
    throw new CajalError("bad-argument", `standardize: got ${showValue(train)}, expected a dataset: await standardize(dataset({ x, y })).`); // prettier-ignore
  let mean: Float64Array | undefined;
  let squares = new Float64Array();
  let count = 0;
  const pass = train.batches(options);
  checkArgument("standardize", "what train.batches gives", pass, "asyncIterable");
  for await (const { x } of pass) {
    checkValues("standardize", "x", x);
    const channels = channelsOf(x);
    if (mean === undefined) {
      mean = new Float64Array(channels);
      squares = new Float64Array(channels);
    }
    checkChannels(x, mean.length);
    // Welford 1962: stable in one pass, also where the mean is far from 0.
    for (let at = 0; at < x.data.length; at += channels) {
      count++;
      for (let c = 0; c < channels; c++) {
        const value = Number(x.data[at + c]);
        const delta = value - mean[c]!;
        mean[c]! += delta / count;
        squares[c]! += delta * (value - mean[c]!);
      }
    }
  }
  if (mean === undefined || count === 0)
    throw new CajalError("bad-argument", "standardize: got an empty dataset, expected examples.");
  const variance = squares.map((sum) => sum / count);
  const bad = variance.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new CajalError(
      "bad-argument",
      `standardize: feature ${bad} has values that are not finite numbers.`,
      { feature: bad },
    );
  return standardizer(mean, variance);
}

function standardizer(mean: Float64Array, variance: Float64Array): Standardizer {
  const scale = variance.map((value) => (value > 0 ? 1 / Math.sqrt(value) : 1));
  const apply = <Y extends DType>(
    batch: Batch<DType, Y>,
    context?: Pick<BatchContext, "tensor">,
  ): Batch<"float32", Y> => {
    const { x } = batch;
    checkValues("standardize", "x", x);
    checkChannels(x, mean.length);
    const standardized = (context?.tensor ?? tensor)("float32", x.shape);
    const { data } = standardized;
    for (let i = 0; i < data.length; i++) {
      const c = i % mean.length;
      data[i] = (Number(x.data[i]) - mean[c]!) * scale[c]!;
    }
    return { ...batch, x: standardized };
  };
  return Object.assign(apply, {
    mean: tensor("float64", [mean.length], mean),
    variance: tensor("float64", [variance.length], variance),
  });
}

/** Extent of the last axis: `[n, …, channels]`; plain `[n]` is one channel. */
export const channelsOf = (x: Tensor) => (x.shape.length > 1 ? x.shape.at(-1)! : 1);

function checkChannels(x: Tensor, expected: number): void {
  if (channelsOf(x) !== expected)
    throw new CajalError(
      "bad-shape",
      `standardize: got x ${showShape(x.shape)}, expected ${expected} along the last axis.`,
      { shape: x.shape, expected },
    );
}
