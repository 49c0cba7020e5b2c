// Ablation-CAM (Desai & Ramaswamy 2020, WACV): wₖ = (f − f with Aₖ set to 0)/f. pytorch-grad-cam sets 0 only where
// the layer's smallest value is exactly 0; here 0 it is, as in the paper, before a sigmoid too.
import { CajalError } from "@cajal/core";
import { mapLayer } from "../network/layers";
import { rowOf, rows, rowsOf } from "../network/rows";
import { defineMethod } from "./method";
import { finished, mapsOf, weightedSum } from "./shared/cam";
import { layerOf, rowsOfEach, scoresOf } from "./shared/evaluate";

export const ablationCam = defineMethod({
  name: "ablation-cam",
  title: "Ablation-CAM",
  gives: "cam",
  plain: true,
  options: [],
  async attribute(call) {
    const { images, network } = call;
    const layer = mapLayer(network.graph, call.layer);
    const a = await layerOf(call, rowsOf(images), layer.value);
    const [count, channels, h, w] = a.shape as [number, number, number, number];
    const ablated = rows(count * channels, a.shape.slice(1), (row, to) => {
      to.set(rowOf(a, Math.floor(row / channels)));
      const k = row % channels;
      to.fill(0, k * h * w, (k + 1) * h * w);
    });
    const full = await scoresOf(call, rowsOf(images));
    const scores = new Float64Array(count * channels);
    await network.pass(
      {
        feeds: {
          [layer.value]: ablated,
          [network.graph.image]: rowsOfEach(call, channels, (i, _k, to) =>
            to.set(rowOf(images, i)),
          ),
        },
        of: call.scores,
        use: (row, { value }) =>
          void (scores[row] = value[call.targets[Math.floor(row / channels)]!]!),
      },
      call.control,
    );
    const cams = Array.from({ length: count }, (_, image) => {
      const f = full[image]!;
      if (f === 0)
        throw new CajalError(
          "unsupported",
          `attribute (ablation-cam): the score of image ${image} is 0, and what is lost is told as a share of it.`,
          { image },
        );
      const weights = Float64Array.from(
        { length: channels },
        (_, k) => (f - scores[image * channels + k]!) / f,
      );
      return weightedSum(mapsOf(a, image), weights);
    });
    return finished(call, layer.name, cams, a.shape.slice(1));
  },
});
