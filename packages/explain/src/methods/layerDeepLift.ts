// DeepLIFT of a layer: its multiplier times A − A₀.
import { rowsOf, rowOf } from "../network/rows";
import { deepLift, referenceOf } from "../rules/deepLift";
import type { DeepLiftOptions } from "./deepLift";
import { defineMethod } from "./method";
import { baselineOf } from "./baseline";
import { baselineScores } from "./shared/baselineScores";
import { gradientsOf, layerOf, neededLayer, sums, total } from "./shared/evaluate";

export const layerDeepLift = defineMethod({
  name: "layer-deep-lift",
  title: "Layer DeepLIFT",
  gives: "layer",
  plain: false,
  needsLayer: true,
  options: ["baseline", "maxima"],
  async attribute(call, { baseline = 0, maxima = "rescale" }: DeepLiftOptions) {
    const { name, value } = neededLayer(call, "layer-deep-lift");
    const { images, network } = call;
    const reference = referenceOf(network.graph);
    const from = baselineOf(call, baseline);
    const a0 = await layerOf(call, rowsOf(from), value);
    const map = sums(a0.shape[0]!, a0.shape.slice(1));
    const at: number[] = [];
    await gradientsOf(call, rowsOf(images), {
      by: [value],
      values: [value],
      rules: deepLift({ maxima, image: network.graph.image, reference }),
      feeds: { [reference]: rowsOf(from) },
      use: (row, { values, gradients }, score) => {
        const [a, b] = [values[value]!.data, rowOf(a0, row)];
        map.add(
          row,
          gradients[value]!.data.map((m, i) => m * (a[i]! - b[i]!)),
        );
        at.push(score);
      },
    });
    const before = await baselineScores(call, baseline, from);
    const delta = at.map((score, i) => total(map.of(i)) - (score - before[i]!));
    return { map: map.tensor(), layer: name, delta };
  },
});
