// Deletion and insertion (Petsiuk et al. 2018, arXiv:1806.07421): the probability of the network's own top class after
// 0, n, 2n, … pixels, the hottest first, went from the image to the substrate, or came into it from the image. The
// area is by trapezoids of width 1/steps, and counts the whole image, as RISE has it; Quantus leaves the first
// point out and does not divide. A good map deletes fast (low) and inserts fast (high).
import { checkInteger } from "@cajal/core";
import { baselineOf, type Baseline } from "../methods/baseline";
import { rowOf, rows } from "../network/rows";
import { logitsOf } from "../attacks/attack";
import { defineMetric, type MetricCall } from "./metric";
import {
  beside,
  fallingOrder,
  controlledOptions,
  type Heat,
  type ControlledOptions,
} from "./shared";

export interface DeletionInsertionOptions extends ControlledOptions {
  /** What pixels are replaced by. Default 0. */
  readonly substrate?: Baseline;
  /** Default: a fiftieth of the image. */
  readonly pixelsPerStep?: number;
}

export const deletionInsertion = defineMetric({
  name: "deletion-insertion",
  title: "Deletion and insertion",
  judges: { figure: "insertionAuc", better: "higher" },
  options: [...controlledOptions, "substrate", "pixelsPerStep"],
  measure: (call, options: DeletionInsertionOptions) =>
    beside(call, options, (heat) => curves(call, heat, options)),
});

async function curves(
  call: MetricCall,
  heat: Heat,
  { substrate = 0, pixelsPerStep }: DeletionInsertionOptions,
) {
  const { images, network } = call;
  const { graph } = network;
  const area = heat[0]!.length;
  const n = pixelsPerStep ?? Math.ceil(area / 50);
  checkInteger("measure", "pixelsPerStep", n, { least: 1 });
  const points = Math.ceil(area / n) + 1;
  const from = baselineOf(call, substrate);
  const orders = heat.map(fallingOrder);
  const logits = await logitsOf(call);
  const tops = heat.map((_, i) => {
    const row = rowOf(logits, i);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b), -Infinity));
  });
  const curve = async (inserted: boolean) => {
    const scores = heat.map(() => Array.from({ length: points }, () => 0));
    await network.pass(
      {
        feeds: {
          [graph.image]: rows(heat.length * points, images.shape.slice(1), (row, to) => {
            const image = Math.floor(row / points);
            const [x, b] = [rowOf(images, image), rowOf(from, image)];
            const [start, end] = inserted ? [b, x] : [x, b];
            to.set(start);
            for (const pixel of orders[image]!.subarray(0, (row % points) * n))
              for (let at = pixel; at < to.length; at += area) to[at] = end[at]!;
          }),
        },
        of: graph.probabilities,
        use: (row, { value }) => {
          const image = Math.floor(row / points);
          scores[image]![row % points] = value[tops[image]!]!;
        },
      },
      call.control,
    );
    return scores;
  };
  const [deletion, insertion] = [await curve(false), await curve(true)];
  return {
    deletion,
    deletionAuc: deletion.map(areaUnder),
    insertion,
    insertionAuc: insertion.map(areaUnder),
  };
}

/** By trapezoids, over [0, 1]. */
const areaUnder = (curve: readonly number[]): number =>
  (curve.reduce((a, b) => a + b, 0) - curve[0]! / 2 - curve.at(-1)! / 2) / (curve.length - 1);
