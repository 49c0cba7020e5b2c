// Lesson 4: a convolution, an activation and a pooling of one small picture, every number by hand.
// #region data
import { digits } from "@cajal/datasets";

const { x, y } = await digits().skip(7).take(1).all(); // a seven, float32 [1, 8, 8, 1], 0 … 16
export const image = Array.from({ length: 8 }, (_, i) => [...x.data.subarray(8 * i, 8 * i + 8)]);
// #endregion data
export const label = y.data[0]!;

// #region filters
export const filters = {
  "vertical edges": [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ], // Sobel
  "horizontal edges": [
    [-1, -2, -1],
    [0, 0, 0],
    [1, 2, 1],
  ],
  blur: [
    [1 / 16, 1 / 8, 1 / 16],
    [1 / 8, 1 / 4, 1 / 8],
    [1 / 16, 1 / 8, 1 / 16],
  ],
  sharpen: [
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ],
};
// #endregion filters

// #region convolve
type Grid = readonly (readonly number[])[];

/** out[i][j] = Σ kernel[a][b] · image[i + a][j + b] */
const convolve = (image: Grid, kernel: Grid): Grid =>
  Array.from({ length: image.length - kernel.length + 1 }, (_, i) =>
    Array.from({ length: image[0]!.length - kernel[0]!.length + 1 }, (_, j) =>
      kernel.reduce(
        (sum, row, a) => row.reduce((s, k, b) => s + k * image[i + a]![j + b]!, sum),
        0,
      ),
    ),
  );
const relu = (image: Grid): Grid => image.map((row) => row.map((value) => Math.max(0, value)));
/** The largest of each square of 2 × 2. */
const maxPool = (image: Grid): Grid =>
  Array.from({ length: image.length / 2 }, (_, i) =>
    Array.from({ length: image[0]!.length / 2 }, (_, j) =>
      Math.max(...[0, 1].flatMap((a) => image[2 * i + a]!.slice(2 * j, 2 * j + 2))),
    ),
  );

export const pooled = maxPool(relu(convolve(image, filters["vertical edges"])));
console.log(pooled);
// #endregion convolve

// #region model
import { tensor } from "@cajal/core";
import { functional, summary } from "@cajal/models";
import { open } from "@cajal/runtime";

const net = functional("edges");
const picture = net.input([8, 8, 1]);
const options = { filters: 1, kernel_size: 3, activation: "relu", name: "conv" } as const;
const conv = net.layer("Conv2D", options, picture);
const model = net.model(picture, net.layer("MaxPooling2D", {}, conv));
const weights = new Map([
  // [height, width, in, out]
  ["conv/kernel", tensor("float32", [3, 3, 1, 1], filters["vertical edges"].flat())],
  ["conv/bias", tensor("float32", [1])],
]);
const session = await open(model, weights);
const theirs = await session.predict(x); // [1, 3, 3, 1]
await session.dispose();
// #endregion model

// #region count
// Parameters of a layer from 28 × 28 pixels to 24 × 24 × 6 numbers.
const count = functional("count");
const pixels = count.input([28, 28, 1]);
const flat = count.layer("Flatten", {}, pixels);
const dense = count.layer("Dense", { units: 24 * 24 * 6 }, flat);
const convolution = count.layer("Conv2D", { filters: 6, kernel_size: 5 }, pixels);
export const parameters = {
  dense: summary(count.model(pixels, dense)).totalParams,
  convolution: summary(count.model(pixels, convolution)).totalParams,
};
// #endregion count

export const claims = {
  "Conv2D and MaxPooling2D give the numbers of the loops": pooled
    .flat()
    .every((value, i) => Math.abs(value - Number(theirs.data[i])) < 1e-4),
  "A dense layer of that size has more than ten thousand times the parameters":
    parameters.dense > 10_000 * parameters.convolution,
};
