import type { TotalsMetric } from "@cajal/runtime";
import { checkSameShape } from "../losses/defineLoss";
import { meanSquaredError } from "../losses/meanSquaredError";
import { defineMetric } from "./defineMetric";

/** √ of the mean of (y − p)² over the whole epoch. */
export const rootMeanSquaredError = defineMetric(
  ["root_mean_squared_error", "rmse"],
  (): TotalsMetric<readonly [sum: number, count: number]> => ({
    name: "root_mean_squared_error",
    checkLabels: (yTrue, output) => checkSameShape("rootMeanSquaredError", yTrue, output),
    totals(ops, yTrue, yPred) {
      const squares = meanSquaredError().compute(ops, yTrue, yPred);
      const ones = ops.cast(ops.equal(squares, squares), "float32");
      return [ops.reduceSum(squares), ops.reduceSum(ones)];
    },
    result: ([sum, count]) => Math.sqrt(sum / count),
  }),
);
