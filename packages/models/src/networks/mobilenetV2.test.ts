import { expect, it } from "vitest";
import { summary } from "../network/summary";
import { mobilenetV2 } from "./mobilenetV2";

// keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=…, alpha=0.35) of Keras 3.15:
// the output's shape, and how much is padded before rows and columns of each size that is halved.
it.each([
  [
    [45, 45, 3],
    [2, 2],
    ["1 1", "0 0", "0 0", "1 1"],
  ],
  [
    [62, 54, 3],
    [2, 2],
    ["1 1", "0 0", "0 1", "0 0"],
  ],
  [
    [null, 54, 5],
    [null, 1],
    ["0 0", "0 0", "0 0", "0 0"],
  ],
  [
    [null, 45, 3],
    [null, 1],
    ["0 0", "0 0", "0 0", "0 0"],
  ],
])("pads as Keras does what is halved, of %o", (input_shape, size, padding) => {
  const { layers, outputs } = summary(
    mobilenetV2({ include_top: false, input_shape, alpha: 0.35 }),
  );
  expect(outputs).toEqual([[null, ...size, 1280]]);
  const paddings = layers.flatMap(({ className, config }) => className === "ZeroPadding2D" ? [config!.padding as number[][]] : []); // prettier-ignore
  expect(paddings.map(([rows, columns]) => `${rows![0]} ${columns![0]}`)).toEqual(padding);
});
