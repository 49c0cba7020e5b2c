// The learning rate range test (Smith 2015, arXiv:1506.01186, section 3.3): train for a few steps while the
// rate grows from far too small to far too large, and find where the loss falls fastest.
import { CajalError, isCajalError, type Weights, checkArgument } from "@cajal/core";
import type { ModelConfig } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import { dataOf, type DataInMemory, type TrainData } from "./data";
import { optimizerOf } from "./named";
import { train, type TrainOptions } from "./train";

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
  readonly weights?: Weights;
}

export interface LearningRates {
  /** Each rate with the loss there, smoothed. It ends where the loss is four times the best, or not finite. */
  readonly points: readonly { readonly learningRate: number; readonly loss: number }[];
  /** The rate at which the loss falls fastest, over the logarithm of the rate. */
  readonly suggested: number;
}

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
  checkArgument("findLearningRate", "options", options, "object");
  const { from = 1e-6, to = 1, steps = 100, ...rest } = options;
  const optimizer = optimizerOf(rest.optimizer);
  const dataset = dataOf("data", data);
  if (!(from > 0 && to > from && Number.isInteger(steps) && steps > 2))
    throw new CajalError(
      "bad-argument",
      `findLearningRate: got from ${from}, to ${to}, steps ${steps}, expected 0 < from < to and at least 3 steps.`,
      { from, to, steps },
    );
  const learningRate = (step: number) => from * (to / from) ** (step / (steps - 1));
  const points: { learningRate: number; loss: number }[] = [];
  let average = 0;
  let best = Infinity;
  try {
    const epochs = Math.ceil(steps / Math.ceil(dataset.batchCount / (rest.accumulate ?? 1)));
    for await (const event of train(model, dataset, {
      ...rest,
      epochs,
      optimizer: { ...optimizer, learningRate },
    })) {
      if (event.type !== "step") continue;
      // An exponential moving average, corrected for its start at 0.
      average = smoothing * average + (1 - smoothing) * event.loss;
      const loss = average / (1 - smoothing ** event.step);
      points.push({ learningRate: event.learningRate, loss });
      best = Math.min(best, loss);
      if (event.step === steps || loss > 4 * best) break;
    }
  } catch (error) {
    // Divergence at a large rate is expected, and ends the test.
    if (!isCajalError(error, "diverged") || points.length < 3) throw error;
  }
  return { points, suggested: steepest(points) };
}

const smoothing = 0.9;

function steepest(points: LearningRates["points"]): number {
  let suggested: number | undefined;
  let lowestSlope = 0;
  for (let i = 1; i + 1 < points.length; i++) {
    // The rates are evenly spaced in their logarithm, so differences are slopes.
    const slope = points[i + 1]!.loss - points[i - 1]!.loss;
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
