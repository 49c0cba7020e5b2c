// Integrated gradients of a layer, along the straight path between its two values, A₀ at the baseline and A at
// the image (as Captum's; for the image's own path see layer-conductance): (A − A₀) Σᵢ wᵢ G(A₀ + aᵢ (A − A₀)).
// What passes the layer by stays as it is with the image.
import { rowOf, rows, rowsOf } from "../network/rows";
import { defineMethod } from "./method";
import { baselineOf } from "./baseline";
import { baselineScores } from "./shared/baselineScores";
import {
  gradientsOf,
  layerOf,
  neededLayer,
  rowsOfEach,
  scoresOf,
  sums,
  total,
} from "./shared/evaluate";
import { pathOptions, type PathOptions } from "./shared/pathOptions";
import { quadrature } from "./shared/quadrature";

export const layerIntegratedGradients = defineMethod({
  name: "layer-integrated-gradients",
  title: "Layer integrated gradients",
  gives: "layer",
  plain: true,
  needsLayer: true,
  options: [...pathOptions],
  async attribute(call, { baseline = 0, steps = 50, rule = "gausslegendre" }: PathOptions) {
    const { name, value } = neededLayer(call, "layer-integrated-gradients");
    const { images } = call;
    const { alphas, weights } = quadrature(rule, steps);
    const from = baselineOf(call, baseline);
    const a = await layerOf(call, rowsOf(images), value);
    const a0 = await layerOf(call, rowsOf(from), value);
    const [count, ...shape] = a.shape as [number, ...number[]];
    const points = rows(count * steps, shape, (row, to) => {
      const [x, b] = [rowOf(a, Math.floor(row / steps)), rowOf(a0, Math.floor(row / steps))];
      for (let i = 0; i < to.length; i++) to[i] = b[i]! + alphas[row % steps]! * (x[i]! - b[i]!);
    });
    const map = sums(count, shape);
    const same = rowsOfEach(call, steps, (image, _, to) => to.set(rowOf(images, image)));
    await gradientsOf(call, same, {
      feeds: { [value]: points },
      by: [value],
      use: (row, { gradients }) =>
        map.add(Math.floor(row / steps), gradients[value]!.data, weights[row % steps]),
    });
    map.data.forEach((g, i) => (map.data[i] = g * (a.data[i]! - a0.data[i]!)));
    const [at, before] = [
      await scoresOf(call, rowsOf(images)),
      await baselineScores(call, baseline, from),
    ];
    const delta = Array.from(at, (score, i) => total(map.of(i)) - (score - before[i]!));
    return { map: map.tensor(), layer: name, delta };
  },
});
