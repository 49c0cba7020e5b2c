// The learning rate range test (Smith 2015, arXiv:1506.01186, section 3.3): train for a few steps while the
// rate grows from far too small to far too large, and find where the loss falls fastest.
import { CajalError, checkNumber, checkOptions, isCajalError, optionsOf } from "@cajal/core";
import type { ModelConfig } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import { checkAwaited } from "./checkAwaited";
import { checkGiven, dataOf, type DataInMemory, type TrainData } from "./data";
import { optimizerOf } from "./named";
import { train } from "./train";
import { updateOptions, type TrainOptions } from "./trainOptions";

export interface FindLearningRateOptions extends Omit<
  TrainOptions,
  "epochs" | "validation" | "checkpoint" | "resume" | "allowChanges"
> {
  /** The first rate; default 1e-6. */
  readonly from?: number;
  /** The last rate; default 1. */
  readonly to?: number;
  /** Number of updates, at least 3; default 100. */
  readonly steps?: number;
}

const optionKinds = optionsOf<FindLearningRateOptions>({
  ...updateOptions,
  from: true,
  to: true,
  steps: { whole: true, least: 3 },
});

export interface LearningRates {
  /**
   * Each rate with the loss there, smoothed. It ends where the loss is four times the best, of losses above 0, or not
   * finite.
   */
  readonly points: readonly { readonly learningRate: number; readonly loss: number }[];
  /**
   * The rate about which the loss falls fastest, over the logarithm of the rate: as it goes within a tenth of the points, the
   * first ones aside, which are as noisy as the batches.
   */
  readonly suggested: number;
}

const where = "findLearningRate";

/**
 * Finds a learning rate; the optimizer's own is not used. The weights trained meanwhile are discarded.
 *
 * @example
 * const { suggested } = await findLearningRate(model, data.batch(64), { loss, optimizer: adam() });
 * @throws CajalError `bad-argument` where the loss falls at no rate
 */
export async function findLearningRate(
  model: ModelConfig | OnnxModel,
  data: TrainData | DataInMemory,
  options: FindLearningRateOptions,
): Promise<LearningRates> {
  checkAwaited(where, { data, options, ...options });
  checkOptions(where, options, optionKinds);
  const { from = 1e-6, to = 1, steps = 100, batchSize, ...rest } = options;
  for (const [name, rate] of Object.entries({ from, to })) checkNumber(where, name, rate);
  if (!(from > 0 && to > from))
    throw new CajalError(
      "bad-argument",
      `${where}: got from ${from} and to ${to}, expected 0 < from < to.`,
      { from, to },
    );
  const optimizer = optimizerOf(rest.optimizer);
  const dataset = dataOf("data", data);
  const batched = batchSize === undefined ? dataset : checkGiven("data.batch()", dataset.batch(batchSize)); // prettier-ignore
  const learningRate = (step: number) => from * (to / from) ** (step / (steps - 1));
  const points: { learningRate: number; loss: number }[] = [];
  let average = 0;
  let best = Infinity;
  try {
    // At least one, so that train says of empty data what is wrong with it.
    const stepsPerEpoch = Math.max(1, Math.ceil(batched.batchCount / (rest.accumulate ?? 1)));
    const epochs = Math.ceil(steps / stepsPerEpoch);
    for await (const event of train(model, batched, {
      ...rest,
      epochs,
      optimizer: { ...optimizer, learningRate },
    })) {
      if (event.type !== "step") continue;
      // An exponential moving average, corrected for its start at 0.
      average = smoothing * average + (1 - smoothing) * event.loss;
      const loss = average / (1 - smoothing ** event.step);
      points.push({ learningRate: event.learningRate, loss });
      if (points.length > noisy) best = Math.min(best, loss);
      // Of losses that go below 0, such as a cosine similarity, a multiple says nothing.
      if (event.step === steps || (best > 0 && loss > 4 * best)) break;
    }
  } catch (error) {
    // Divergence at a large rate is expected, and ends the test.
    if (!isCajalError(error, "diverged") || points.length < 3) throw error;
  }
  return { points, suggested: steepest(points) };
}

const smoothing = 0.9;
/** Averages of that many steps and fewer differ by the chance of their batches. */
const noisy = Math.round(1 / (1 - smoothing));

function steepest(points: LearningRates["points"]): number {
  const first = Math.min(noisy, Math.floor(points.length / 4));
  const reach = Math.max(1, Math.round(points.length / 20));
  let suggested: number | undefined;
  let lowestSlope = 0;
  for (let i = first + reach; i + reach < points.length; i++) {
    // The rates are evenly spaced in their logarithm, so differences are slopes.
    const slope = points[i + reach]!.loss - points[i - reach]!.loss;
    if (slope >= lowestSlope) continue;
    lowestSlope = slope;
    suggested = points[i]!.learningRate;
  }
  if (suggested === undefined)
    throw new CajalError(
      "bad-argument",
      "findLearningRate: the loss falls at no rate between from and to. Try others, or look at the data.",
      { points },
    );
  return suggested;
}
