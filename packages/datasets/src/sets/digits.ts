// Digits: the test set of "Optical recognition of handwritten digits" (E. Alpaydin, C. Kaynak, UCI
// Machine Learning Repository, 1998), as scikit-learn ships it (BSD-3-Clause).
import { defineSet } from "./shared/defineSet";
import { tensor } from "@cajal/core";
import { type Dataset, dataset } from "../dataset";
import { alphabet, labels, pixels } from "./digits.data";

/**
 * 1,797 handwritten digits, 43 writers, 8×8 pixels, in the order of the source.
 *
 * x float32 `[n, 8, 8, 1]`, whole numbers 0 (paper) … 16 (ink): `digits().map(rescale(1 / 16))` gives 0 … 1;
 * y int32 `[n]`: the digit.
 */
export function digits(): Dataset<"float32", "int32"> {
  const size = labels.length;
  const x = new Float32Array(size * 64);
  const digitOf = new Map([...alphabet].map((letter, value) => [letter, value]));
  // Three pixels of 17 levels are one of 4,913 numbers: two letters of an alphabet of 71.
  for (let i = 0, at = 0; i < pixels.length; i += 2) {
    let packed = digitOf.get(pixels[i]!)! * 71 + digitOf.get(pixels[i + 1]!)!;
    for (let k = 0; k < 3 && at < x.length; k++, packed = Math.floor(packed / 17))
      x[at++] = packed % 17;
  }
  return dataset({
    x: tensor("float32", [size, 8, 8, 1], x),
    y: tensor("int32", [size], Int32Array.from(labels, Number)),
    classes: [..."0123456789"],
  });
}

export const digitsFacts = defineSet({
  name: "digits",
  title: "Optical digits",
  about: "Digits of 8 × 8 pixels with 17 levels, 0 … 16.",
  splits: { all: 1_797 },
  shape: [8, 8, 1],
  classes: [..."0123456789"],
  files: [],
  mirrors: [],
  licence: "CC BY 4.0 (UCI); as shipped with scikit-learn (BSD-3-Clause)",
  citation: "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998",
  homepage: "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
  load: async () => digits(),
});
