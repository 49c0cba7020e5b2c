// Full gradients (Srinivas & Fleuret 2019, arXiv:1905.00780): `perLayer` has Σ x g, then for every convolution,
// normalization and dense layer in order the sum over its units of bias times gradient (0 where it has no bias);
// a normalization's bias is β − γ mean/√(variance + ε). They add up to the score of a network of ReLUs, and
// delta is by how much they miss it. The map has what convolutions and normalizations add at their pixels, signed,
// resized to the image, and x g; dense layers have no place in it.
import { rowOf } from "../network/rows";
import { imageExtents } from "../network/images";
import { defineMethod } from "./method";
import { eachTerm } from "./shared/biasTerms";
import { sums, total } from "./shared/evaluate";
import { resized } from "./shared/resize";
import { emptyRows } from "../network/rows";

export const fullGradients = defineMethod({
  name: "full-gradients",
  title: "Full gradients",
  gives: "cam",
  plain: true,
  options: [],
  async attribute(call) {
    const [count, , height, width] = imageExtents("attribute (full-gradients)", call.images);
    const map = sums(count, [height, width]);
    const terms: number[][] = Array.from({ length: count }, () => []);
    const scores = await eachTerm(call, (image, layer, values, shape) => {
      terms[image]!.push(total(values));
      if (shape.length !== 3 || layer?.kind === "dense") return;
      const [channels, h, w] = shape as [number, number, number];
      const pixels = new Float64Array(h * w);
      for (let k = 0; k < channels; k++)
        for (let i = 0; i < pixels.length; i++) pixels[i]! += values[k * h * w + i]!;
      // As many pixels share what one was: the sum stays.
      const share = (h * w) / (height * width);
      map.add(image, layer ? resized(pixels, [h, w], [height, width]) : pixels, layer ? share : 1);
    });
    const perLayer = emptyRows(count, [terms[0]!.length]);
    terms.forEach((each, image) => rowOf(perLayer, image).set(each));
    const delta = terms.map((each, image) => total(each) - scores[image]!);
    return { map: map.tensor(), perLayer, delta };
  },
});
