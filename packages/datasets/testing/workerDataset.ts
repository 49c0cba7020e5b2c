// A module for worker threads: pictures from files, decoded, resized, augmented and mixed.
import { tensor } from "@cajal/core";
import { dataset, oneHot, randomFlip, randomMixup, randomTranslation, rescale } from "../src/index";

export default function make({ n = 24, fail }: { n?: number; fail?: number } = {}) {
  const x = Uint8Array.from({ length: n * 6 * 5 * 3 }, (_, i) => (i * 7919) % 256);
  return dataset({
    x: tensor("uint8", [n, 6, 5, 3], x),
    y: tensor(
      "int32",
      [n],
      Int32Array.from({ length: n }, (_, i) => i % 4),
    ),
    classes: ["a", "b", "c", "d"],
  })
    .shuffle({ seed: 1 })
    .batch(5)
    .map((batch, { index }) => {
      if (index === fail) throw new Error(`batch ${index} is not to be had`);
      return batch;
    })
    .map(randomFlip({ seed: 2 }))
    .map(randomTranslation(1, { seed: 2 }))
    .map(rescale(1 / 255))
    .map(oneHot(4))
    .map(randomMixup({ seed: 3, alpha: 0.2 }));
}
