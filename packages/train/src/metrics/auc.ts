import { checkOptions, optionsOf } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { defineMetric, ratio } from "./defineMetric";
import { curveOptions, ofCurve, type CurveOptions, type CurvePoint } from "./shared/curve";

export interface AucOptions extends CurveOptions {
  /** Area under true over false positive rate ("ROC", the default), or precision over recall ("PR"). */
  curve?: "ROC" | "PR";
}

const optionKinds = optionsOf<AucOptions>({ ...curveOptions, curve: ["ROC", "PR"] });

/**
 * Area under the curve (Fawcett 2006), from counts of the whole epoch at evenly spaced thresholds, as
 * Keras' AUC: trapezoids for ROC, and the interpolation of Davis & Goadrich 2006 for PR. All outputs are
 * taken together; for class numbers each class against the others.
 *
 * @throws CajalError `bad-argument` for outputs that are not in 0 … 1
 */
export const auc = defineMetric(["auc"], (options: AucOptions = {}): TotalsMetric => {
  checkOptions("auc", options, optionKinds);
  const { curve = "ROC", thresholds = 200, fromLogits = false } = options;
  return {
    name: "auc",
    config: { curve, thresholds, fromLogits },
    ...ofCurve("auc", { thresholds, fromLogits }, ({ all, points }) => {
      // The curve begins with all and ends with none, those at 0 and 1 included.
      const nothing = { truePositives: 0, falsePositives: 0 };
      const ended = [all, ...points.slice(1, -1), nothing];
      return curve === "ROC" ? underRoc(ended) : underPrecisionRecall(ended);
    }),
  };
});

/** Trapezoids between the points; thresholds rise, so rates fall. */
function underRoc(points: readonly CurvePoint[]): number {
  const rate = (what: keyof CurvePoint, i: number) => ratio(points[i]![what], points[0]![what]);
  let area = 0;
  for (let i = 0; i + 1 < points.length; i++) {
    const width = rate("falsePositives", i) - rate("falsePositives", i + 1);
    area += (width * (rate("truePositives", i) + rate("truePositives", i + 1))) / 2;
  }
  return area;
}

/** Between two points false positives grow linearly with true ones, not precision with recall. */
function underPrecisionRecall(points: readonly CurvePoint[]): number {
  const [tp, fp] = [
    points.map(({ truePositives }) => truePositives),
    points.map(({ falsePositives }) => falsePositives),
  ];
  let area = 0;
  for (let i = 0; i + 1 < tp.length; i++) {
    const [addedTp, predicted] = [tp[i]! - tp[i + 1]!, tp[i]! + fp[i]!];
    const nextPredicted = Math.max(tp[i + 1]! + fp[i + 1]!, 0);
    const slope = ratio(addedTp, predicted - nextPredicted);
    const intercept = tp[i + 1]! - slope * nextPredicted;
    const growth = predicted > 0 && nextPredicted > 0 ? predicted / nextPredicted : 1;
    area += slope * (addedTp + intercept * Math.log(growth));
  }
  return ratio(area, tp[0]!);
}
