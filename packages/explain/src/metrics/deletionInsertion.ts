// Deletion and insertion (Petsiuk et al. 2018, arXiv:1806.07421): the probability of the network's own top class after
// 0, n, 2n, … pixels, the hottest first, went from the image to the substrate, or came into it from the image. The
// area is by trapezoids of width 1/steps, and counts the whole image, as RISE has it; Quantus leaves the first
// point out and does not divide. A good map deletes fast (low) and inserts fast (high).
import { checkInteger } from "@cajal/core";
import { baselineOf, type Baseline } from "../methods/baseline";
import { imageExtents } from "../network/images";
import { rowOf, rows, rowsOf, type Rows } from "../network/rows";
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
  measure: async (call, options: DeletionInsertionOptions) =>
    beside(call, options, await curvesOf(call, options)),
});

/** Curves of heat maps; what all maps have in common is computed once. */
async function curvesOf(
  call: MetricCall,
  { substrate = 0, pixelsPerStep }: DeletionInsertionOptions,
) {
  const { images, network, control } = call;
  const { graph } = network;
  const [count, , height, width] = imageExtents("measure", images);
  const area = height * width;
  const n = pixelsPerStep ?? Math.ceil(area / 50);
  checkInteger("measure", "pixelsPerStep", n, { least: 1 });
  const points = Math.ceil(area / n) + 1;
  const from = baselineOf(call, substrate);
  const logits = await logitsOf(call);
  const tops = Array.from({ length: count }, (_, i) => {
    const row = rowOf(logits, i);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b), -Infinity));
  });
  /** The probability of each row's image's own top class. */
  const probabilities = async (of: Rows, imageOf: (row: number) => number) => {
    const scores = new Float64Array(of.count);
    const use = (row: number, { value }: { value: Float32Array }) => void (scores[row] = value[tops[imageOf(row)]!]!); // prettier-ignore
    await network.pass({ feeds: { [graph.image]: of }, of: graph.probabilities, use }, control);
    return scores;
  };
  // Every curve of an image begins and ends at the image and at the substrate.
  const ofImages = await probabilities(rowsOf(images), (row) => row);
  const ofSubstrates = await probabilities(rowsOf(from), (row) => row);
  const between = points - 2;

  return async (heat: Heat) => {
    const ranks = heat.map(ranksOf);
    const place = (row: number) => {
      const curve = Math.floor(row / between);
      return { image: curve >> 1, inserted: curve % 2 === 1, point: (row % between) + 1 };
    };
    const changed = rows(2 * count * between, images.shape.slice(1), (row, to) => {
      const { image, inserted, point } = place(row);
      const [x, b, rank] = [rowOf(images, image), rowOf(from, image), ranks[image]!];
      const [start, end] = inserted ? [b, x] : [x, b];
      for (let channel = 0; channel < to.length; channel += area)
        for (let pixel = 0; pixel < area; pixel++)
          to[channel + pixel] = (rank[pixel]! < point * n ? end : start)[channel + pixel]!;
    });
    const scores = await probabilities(changed, (row) => place(row).image);
    const curve = (image: number, inserted: boolean) => {
      const begin = (2 * image + (inserted ? 1 : 0)) * between;
      const inner = scores.subarray(begin, begin + between);
      const [start, end] = inserted ? [ofSubstrates, ofImages] : [ofImages, ofSubstrates];
      return [start[image]!, ...inner, end[image]!];
    };
    const deletion = heat.map((_, image) => curve(image, false));
    const insertion = heat.map((_, image) => curve(image, true));
    return {
      deletion,
      deletionAuc: deletion.map(areaUnder),
      insertion,
      insertionAuc: insertion.map(areaUnder),
    };
  };
}

/** How many pixels are hotter than each, or as hot and before it. */
function ranksOf(heat: Float32Array): Uint32Array {
  const ranks = new Uint32Array(heat.length);
  fallingOrder(heat).forEach((pixel, rank) => (ranks[pixel] = rank));
  return ranks;
}

/** By trapezoids, over [0, 1]. */
const areaUnder = (curve: readonly number[]): number =>
  (curve.reduce((a, b) => a + b, 0) - curve[0]! / 2 - curve.at(-1)! / 2) / (curve.length - 1);
