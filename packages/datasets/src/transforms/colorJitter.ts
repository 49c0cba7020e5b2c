import { checkNumber, checkOptions } from "@cajal/core";
import { adjustColour, type ColourLibrary, type ColourOperation } from "../images/augment/colour";
import { changeImages } from "./changeImages";

/**
 * Changes brightness, contrast, saturation and hue of each image by chance, in an order by chance, as torchvision's
 * `ColorJitter`. x uint8, or float32 0 … 1, red, green and blue.
 *
 * @param options.seed of `random(seed, "colorJitter", epoch, number of the example)`
 * @throws CajalError `bad-shape` on delivery, for x other than `[n, height, width, 3]`
 */
export function colorJitter(options: {
  seed: number;
  /** Factors are even in 1 − brightness … 1 + brightness, at least 0. Default 0. */
  brightness?: number;
  /** As `brightness`. Default 0. */
  contrast?: number;
  /** As `brightness`. Default 0. */
  saturation?: number;
  /** Turns are even in −hue … hue, at most 0.5. Default 0. */
  hue?: number;
  /** Whose arithmetic it is. Default "torch". */
  like?: ColourLibrary;
}) {
  const names: ColourOperation[] = ["brightness", "contrast", "saturation", "hue"];
  checkOptions("colorJitter", options, ["seed", "like", ...names]);
  const { seed, like = "torch", brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options;
  const ranges = [brightness, contrast, saturation, hue];
  ranges.forEach(
    (range, i) =>
    checkNumber("colorJitter", names[i]!, range, { least: 0, most: names[i] === "hue" ? 0.5 : 100 }), // prettier-ignore
  );
  return changeImages("colorJitter", { seed, stream: "colorJitter" }, (image, numbers) => {
    let changed = image;
    for (const i of numbers.permutation(4)) {
      const range = ranges[i]!;
      // Drawn whether used or not, so that one range does not move the others' chance.
      const drawn = numbers.float();
      if (range === 0) continue;
      const factor = i === 3 ? (2 * drawn - 1) * range : Math.max(0, 1 - range) + drawn * (1 + range - Math.max(0, 1 - range)); // prettier-ignore
      changed = adjustColour(changed, names[i]!, factor, { like });
    }
    return changed;
  });
}
