// Score-CAM (Wang et al. 2019, arXiv:1910.01279): wₖ = softmax over channels of the score of x Mₖ, Mₖ the channel,
// resized to the image and scaled to 0 … 1. It needs no gradient, and an evaluation for each channel.
import { unknownName } from "@cajal/core";
import { imageExtents } from "../network/images";
import { mapLayer } from "../network/layers";
import { emptyRows, rowOf, rowsOf } from "../network/rows";
import { defineMethod } from "./method";
import { finished, mapsOf, weightedSum } from "./shared/cam";
import { layerOf, rowsOfEach, scoresOf } from "./shared/evaluate";
import { resized, scaled01 } from "./shared/resize";

export interface ScoreCamOptions {
  /**
   * How a channel becomes a mask. `paper`: resized by pixel centres, then (M − min)/(max − min), 0 where that is
   * constant. `pytorch-grad-cam`: corners aligned, and 1e-8 in the denominator. `torchcam`: scaled first, then
   * resized. Default "paper".
   */
  readonly masks?: "paper" | "pytorch-grad-cam" | "torchcam";
}

type Size = readonly [number, number];
const masksOf: Readonly<
  Record<string, (channel: ArrayLike<number>, from: Size, to: Size) => Float64Array>
> = {
  paper: (channel, from, to) => scaled01(resized(channel, from, to), 0).map((m) => m || 0),
  "pytorch-grad-cam": (channel, from, to) => scaled01(resized(channel, from, to, "corners"), 1e-8),
  torchcam: (channel, from, to) => resized(scaled01(channel, 1e-8), from, to),
};

export const scoreCam = defineMethod({
  name: "score-cam",
  title: "Score-CAM",
  gives: "cam",
  plain: true,
  options: ["masks"],
  async attribute(call, { masks = "paper" }: ScoreCamOptions) {
    const mask = Object.hasOwn(masksOf, masks) ? masksOf[masks]! : undefined;
    if (!mask) throw unknownName("kind of masks", masks, Object.keys(masksOf));
    const { images } = call;
    const [, , height, width] = imageExtents("attribute (score-cam)", images);
    const layer = mapLayer(call.network.graph, call.layer);
    const a = await layerOf(call, rowsOf(images), layer.value);
    const [count, channels, h, w] = a.shape as [number, number, number, number];
    const masked = rowsOfEach(call, channels, (image, k, to) => {
      const channel = rowOf(a, image).subarray(k * h * w, (k + 1) * h * w);
      const m = mask(channel, [h, w], [height, width]);
      const x = rowOf(images, image);
      for (let i = 0; i < to.length; i++) to[i] = x[i]! * m[i % m.length]!;
    });
    const scores = await scoresOf(call, masked);
    const maskScores = emptyRows(count, [channels]);
    maskScores.data.set(scores);
    const cams = Array.from({ length: count }, (_, image) => {
      const ofImage = scores.subarray(image * channels, (image + 1) * channels);
      const most = ofImage.reduce((x, y) => Math.max(x, y), -Infinity);
      const powers = ofImage.map((score) => Math.exp(score - most));
      const sum = powers.reduce((x, y) => x + y, 0);
      return weightedSum(
        mapsOf(a, image),
        powers.map((power) => power / sum),
      );
    });
    return { ...finished(call, layer.name, cams, a.shape.slice(1)), maskScores };
  },
});
