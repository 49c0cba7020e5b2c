// ROAD (Rong et al. 2022, arXiv:2202.00449): what the score loses where the hottest pixels are imputed from the rest
// (morf, most relevant first) and where the coldest are (lerf). For each percentile q the pixels of heat at or above
// it go; combined = (mean lerf − mean morf)/2, high for good maps. Imputed pixels get no noise unless it is asked for
// (pytorch-grad-cam adds 0.01 N(0, 1)).
import { CajalError, checkNumber, random } from "@cajal/core";
import { scoresOf } from "../methods/shared/evaluate";
import { rowOf, rows, rowsOf } from "../network/rows";
import { imputed } from "./impute";
import { defineMetric, type MetricCall } from "./metric";
import { beside, controlledOptions, type Heat, type ControlledOptions } from "./shared";

export interface RoadOptions extends ControlledOptions {
  /** Default [20, 40, 60, 80]. */
  readonly percentiles?: readonly number[];
  /** Standard deviation of noise on imputed pixels. Default 0. */
  readonly noise?: number;
}

export const road = defineMetric({
  name: "road",
  title: "ROAD",
  judges: { figure: "combined", better: "higher" },
  options: [...controlledOptions, "percentiles", "noise"],
  measure: async (call, options: RoadOptions) =>
    beside(call, options, await lossesOf(call, options)),
});

/** What is lost by heat maps; the score of the whole image is computed once. */
async function lossesOf(
  call: MetricCall,
  { percentiles = [20, 40, 60, 80], noise = 0, seed = 0 }: RoadOptions,
) {
  const { images } = call;
  if (percentiles.length === 0) throw new CajalError("bad-argument", "measure: no percentiles.");
  for (const q of percentiles) checkNumber("measure", "percentiles", q, { least: 0, most: 100 });
  checkNumber("measure", "noise", noise, { least: 0 });
  const full = await scoresOf(call, rowsOf(images));
  const each = percentiles.length;
  return async (heat: Heat) => {
    // Of each image all of morf, then all of lerf.
    const maps = heat.flatMap((map) => [map, map.map((h) => -h)]);
    const limits = maps.map((map) => percentilesOf(map, percentiles));
    const imputed = rows(maps.length * each, images.shape.slice(1), (row, to) => {
      const [map, k] = [Math.floor(row / each), row % each];
      const image = map >> 1;
      to.set(withoutHot(call, image, maps[map]!, limits[map]![k]!));
      if (noise > 0) {
        const x = rowOf(images, image);
        const numbers = random(seed, "road", image * each + k);
        for (let i = 0; i < to.length; i++) if (to[i] !== x[i]) to[i]! += noise * numbers.normal();
      }
    });
    const scores = await scoresOf(call, imputed);
    const lost = (from: number) =>
      Array.from(full, (score, image) =>
        percentiles.map((_, k) => scores[2 * image * each + from + k]! - score),
      );
    const [morf, lerf] = [lost(0), lost(each)];
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    return { morf, lerf, combined: morf.map((row, i) => (mean(lerf[i]!) - mean(row)) / 2) };
  };
}

/** An image without the pixels of heat at or above a limit, imputed. */
export function withoutHot(
  { images }: Pick<MetricCall, "images">,
  image: number,
  heat: Float32Array,
  limit: number,
): Float32Array {
  const [, , height, width] = images.shape as [number, number, number, number];
  const keep = Uint8Array.from(heat, (h) => (h < limit ? 1 : 0));
  return imputed(rowOf(images, image), [height, width], keep);
}

/** As numpy's, linear between ranks. */
export function percentilesOf(values: Float32Array, percentiles: readonly number[]): number[] {
  const sorted = values.toSorted();
  return percentiles.map((q) => {
    const at = (q / 100) * (sorted.length - 1);
    const low = Math.floor(at);
    const high = Math.min(low + 1, sorted.length - 1);
    return Math.fround(sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!));
  });
}
