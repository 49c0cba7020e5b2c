import { checkOptions, optionsOf } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { defineMetric, labelsLike } from "./defineMetric";

export interface R2ScoreOptions {
  /**
   * How the scores of several outputs are combined: their mean (default), or their mean weighted by the variance of each
   * output's labels.
   */
  classAggregation?: "uniform_average" | "variance_weighted_average";
  /** Numbers that the model knows of an example, by which the score is adjusted; default 0: it is not. */
  numRegressors?: number;
}

type Five<T> = [T, T, T, T, T];

/** Of float32, as a share. */
const roundingError = 2 ** -24;

const optionKinds = optionsOf<R2ScoreOptions>({
  classAggregation: ["uniform_average", "variance_weighted_average"],
  numRegressors: { whole: true, least: 0 },
});

/**
 * The coefficient of determination of each output over the whole epoch, 1 − Σ(y − p)² / Σ(y − ȳ)²: 1 is perfect, 0 as good as the
 * labels' mean. Where all labels of an output are equal it is 1 for what is right and else 0, as in scikit-learn.
 *
 * `yTrue` of the output's shape, or without its last axis where that is 1.
 */
export const r2Score = defineMetric(
  ["r2_score", "r2"],
  (options: R2ScoreOptions = {}): TotalsMetric => {
    checkOptions("r2Score", options, optionKinds);
    const { classAggregation = "uniform_average", numRegressors = 0 } = options;
    return {
      name: "r2_score",
      config: { classAggregation, numRegressors },
      totals(ops, yTrue, yPred) {
        const y = labelsLike("r2Score", ops, yTrue, yPred);
        const error = ops.sub(y, yPred);
        const axes = Array.from({ length: ops.rank(yPred) - 1 }, (_, axis) => axis);
        const ones = ops.cast(ops.equal(y, y), "float32");
        // About one of the batch's labels, which all are where they are equal: sums of many round.
        const one = axes.reduce((label, axis) => ops.slice(label, { axis, end: 1 }), y);
        const apart = ops.sub(y, one);
        // [outputs] each
        const [label, count, sumApart, squaresApart, residual] = [
          one,
          ones,
          apart,
          ops.mul(apart, apart),
          ops.mul(error, error),
        ].map((each) => ops.reduceSum(each, { axes })) as Five<typeof y>;
        const allAlike = ops.mul(label, count);
        const sum = ops.add(allAlike, sumApart);
        const twiceApart = ops.add(allAlike, ops.mul(sumApart, 2));
        const squares = ops.add(ops.mul(label, twiceApart), squaresApart);
        return [sum, squares, residual, squaresApart, count];
      },
      result(totals) {
        const outputs = totals.length / 5;
        const scores = Array.from({ length: outputs }, (_, i) => {
          const [sum, squares, residual, squaresApart, count] = [0, 1, 2, 3, 4].map((part) => totals[part * outputs + i]!) as Five<number>; // prettier-ignore
          const difference = squares - sum ** 2 / count;
          // Labels that are equal within each batch are so in all where what is left is rounding.
          const areEqual = squaresApart === 0 && difference <= 8 * roundingError * squares;
          const total = areEqual ? 0 : Math.max(0, difference);
          return { total, score: total === 0 ? Number(residual === 0) : 1 - residual / total };
        });
        const count = totals.at(-1)!;
        const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
        const whole = sum(scores.map(({ total }) => total));
        const score =
          classAggregation === "uniform_average" || whole === 0
            ? sum(scores.map((each) => each.score)) / outputs
            : sum(scores.map((each) => each.score * each.total)) / whole;
        const left = count - numRegressors - 1;
        return numRegressors === 0 || left <= 0 ? score : 1 - ((1 - score) * (count - 1)) / left;
      },
    };
  },
);
