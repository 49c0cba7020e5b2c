// The best of one rate where another is held, as precision where the recall is at least 0.8: a point of the curve.
import { checkOptions } from "@cajal/core";
import type { TotalsMetric } from "@cajal/runtime";
import { ratio } from "../defineMetric";
import { curveOptions, ofCurve, type CurveOptions, type CurvePoint } from "./curve";

export interface BestAtOptions extends CurveOptions {
  /** Number of the only output to count, from 0; default: all outputs together. */
  classId?: number;
}

/** Of the decisions at a threshold. */
type Rate = (above: CurvePoint, all: CurvePoint) => number;

const recall: Rate = (above, all) => ratio(above.truePositives, all.truePositives);

export const rates = {
  /** tp / (tp + fp) */
  precision: ({ truePositives, falsePositives }) =>
    ratio(truePositives, truePositives + falsePositives),
  /** tp / (tp + fn) */
  recall,
  sensitivity: recall,
  /** tn / (tn + fp) */
  specificity: (above, all) => ratio(all.falsePositives - above.falsePositives, all.falsePositives),
} satisfies Record<string, Rate>;

/**
 * The largest of a rate among the thresholds at which another is at least what its option says; 0 where it is at none.
 *
 * @param where name of the metric, for messages
 * @param best the rate to maximize
 * @param held the rate that is held, and the option
 */
export function bestAt<Held extends keyof typeof rates>(
  name: string,
  where: string,
  { best, held }: { best: keyof typeof rates; held: Held },
  options: BestAtOptions & { [Name in Held]?: number },
): TotalsMetric {
  checkOptions(where, options, {
    ...curveOptions,
    classId: { whole: true, least: 0 },
    [held]: { least: 0, most: 1 },
  });
  const { thresholds = 200, fromLogits = false, classId } = options;
  const least: number = options[held] ?? 0.5;
  // As float32, as Keras compares: 0.1 · 3 is then 0.3.
  const isHeld = (above: CurvePoint, all: CurvePoint) =>
    Math.fround(rates[held](above, all)) >= Math.fround(least);
  return {
    name,
    config: { [held]: least, thresholds, fromLogits, classId },
    ...ofCurve(where, { thresholds, fromLogits, classId }, ({ all, points }) =>
      points
        .filter((point) => isHeld(point, all))
        .reduce((most, point) => Math.max(most, rates[best](point, all)), 0),
    ),
  };
}
