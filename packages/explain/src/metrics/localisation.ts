// How much of the heat lies in the box of the object: the pointing game (Zhang et al. 2016, arXiv:1608.00507), is the
// hottest pixel inside; relevance mass and rank accuracy (Arras et al. 2022, arXiv:2003.07258), heat inside/heat, and
// the share inside of the n hottest pixels, n the size of the box; the share of the k hottest; the area under the ROC
// curve of heat as a test of being inside.
import { CajalError, checkInteger, showValue } from "@cajal/core";
import { total } from "../methods/shared/evaluate";
import { imageExtents } from "../network/images";
import { defineMetric } from "./metric";
import { beside, fallingOrder, heatOptions, type HeatOptions } from "./shared";

export interface LocalisationOptions extends HeatOptions {
  /** [top, left, bottom, right), of every image or one for each. */
  readonly box: readonly number[] | readonly (readonly number[])[];
  /** Default 100, or all pixels where there are fewer. */
  readonly k?: number;
}

export const localisation = defineMetric({
  name: "localisation",
  title: "Localisation",
  judges: { figure: "relevanceMassAccuracy", better: "higher" },
  options: [...heatOptions, "box", "k"],
  async measure(call, options: LocalisationOptions) {
    const [, , height, width] = imageExtents("measure", call.images);
    const { box: boxes, k = Math.min(100, height * width) } = options;
    checkInteger("measure", "k", k, { least: 1, most: height * width });
    const boxOf = (image: number) => {
      const box: unknown = Array.isArray(boxes?.[0]) ? boxes[image] : boxes;
      const isList = Array.isArray(box) && box.length === 4 && box.every(Number.isInteger);
      const [top, left, bottom, right] = (isList ? box : [-1, -1, -1, -1]) as [number, number, number, number]; // prettier-ignore
      if (
        !(
          top >= 0 &&
          left >= 0 &&
          bottom > top &&
          right > left &&
          bottom <= height &&
          right <= width
        )
      )
        throw new CajalError(
          "bad-argument",
          `measure (localisation): got box ${Array.isArray(box) ? `[${box.map(showValue).join()}]` : showValue(box)}, expected [top, left, bottom, right) inside of ${height} × ${width}.`,
          { box },
        );
      return (pixel: number) => {
        const [y, x] = [Math.floor(pixel / width), pixel % width];
        return y >= top && y < bottom && x >= left && x < right;
      };
    };
    return beside(call, { ...options, control: "noise" }, (heat) => {
      const each = heat.map((row, image) => {
        const within = boxOf(image);
        const inside = Array.from(fallingOrder(row), (pixel) => (within(pixel) ? 1 : 0));
        const size = total(inside);
        const share = (n: number) => total(inside.slice(0, n)) / n;
        // Of the ranks, n for the hottest down to 1: Mann and Whitney's count of pairs in the right order.
        const ranks = total(inside.map((is, at) => is * (inside.length - at)));
        return {
          pointingGame: inside[0]!,
          relevanceMassAccuracy:
            total(row.map((h, pixel) => (within(pixel) ? h : 0))) / (total(row) || 1),
          relevanceRankAccuracy: share(size),
          topKIntersection: share(k),
          auc: (ranks - (size * (size + 1)) / 2) / (size * (inside.length - size) || 1),
        };
      });
      const figure = (name: keyof (typeof each)[number]) => each.map((one) => one[name]);
      return {
        pointingGame: figure("pointingGame"),
        relevanceMassAccuracy: figure("relevanceMassAccuracy"),
        relevanceRankAccuracy: figure("relevanceRankAccuracy"),
        topKIntersection: figure("topKIntersection"),
        auc: figure("auc"),
      };
    });
  },
});
