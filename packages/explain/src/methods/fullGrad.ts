// FullGrad (Srinivas & Fleuret 2019, arXiv:1905.00780) as a picture, as pytorch-grad-cam draws it: |x g| and
// |bias · gradient| of every convolution and normalization that has a bias, each channel scaled to 0 … 1, resized
// and added. (The authors scale a layer's channels together and align corners.) Dense biases are left out by
// both; method full-gradients has the decomposition itself, which adds up.
import { imageExtents } from "../network/images";
import { defineMethod } from "./method";
import { eachTerm } from "./shared/biasTerms";
import { sums } from "./shared/evaluate";
import { resized, scaled01 } from "./shared/resize";

export const fullGrad = defineMethod({
  name: "full-grad",
  title: "FullGrad",
  gives: "cam",
  plain: true,
  options: [],
  async attribute(call) {
    const [count, , height, width] = imageExtents("attribute (full-grad)", call.images);
    const map = sums(count, [height, width]);
    await eachTerm(call, (image, layer, values, shape) => {
      if (shape.length !== 3 || (layer && (layer.kind === "dense" || !layer.bias))) return;
      const [channels, h, w] = shape as [number, number, number];
      for (let k = 0; k < channels; k++) {
        const channel = values.subarray(k * h * w, (k + 1) * h * w).map(Math.abs);
        map.add(image, resized(scaled01(channel), [h, w], [height, width]));
      }
    });
    return { map: map.tensor() };
  },
});
