// Feature ablation: f(x) − f(x with the feature replaced by a baseline), for every element of the feature.
import type { Place } from "../patches/patches";
import { rowOf } from "../network/rows";
import { defineMethod } from "./method";
import { featureOptions, featuresOf, type FeatureOptions } from "./shared/features";
import { scoresOfChanged } from "./shared/scoresOfChanged";

export const featureAblation = defineMethod({
  name: "feature-ablation",
  title: "Feature ablation",
  gives: "image",
  plain: true,
  options: [...featureOptions],
  async attribute(call, options: FeatureOptions) {
    const features = featuresOf(call, options);
    const elements = elementsOfEach(features.of, features.count);
    const { full, changed } = await scoresOfChanged(
      call,
      elements.map((places) => around(places, call.images.shape)),
      (image, k, to) => {
        const baseline = rowOf(features.baseline, image);
        for (const i of elements[k]!) to[i] = baseline[i]!;
      },
    );
    const lost = Array.from(full, (score, image) =>
      elements.map((_, k) => score - changed[image * elements.length + k]!),
    );
    return { map: features.spread(lost) };
  },
});

function elementsOfEach(of: Int32Array, count: number): number[][] {
  const elements = Array.from({ length: count }, (): number[] => []);
  of.forEach((feature, i) => elements[feature]!.push(i));
  return elements;
}

/** Rows and columns of an image that elements lie in, of which a number that is skipped has none. */
function around(elements: readonly number[], shape: readonly number[]): Place {
  const width = shape.at(-1)!;
  const height = shape.at(-2)!;
  let [top, bottom, left, right] = [height, 0, width, 0];
  for (const i of elements) {
    const [y, x] = [Math.floor(i / width) % height, i % width];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
  }
  return elements.length === 0
    ? [
        [0, 0],
        [0, 0],
      ]
    : [
        [top, bottom],
        [left, right],
      ];
}
