// Lesson 12: what is each pixel part of? A U-Net on pictures of circles, squares and triangles.
// #region data
import { shapes } from "@cajal/datasets";

const full = process.argv.includes("--full");
const train = shapes({ n: full ? 4000 : 192, size: 32, seed: 1 }); // y: int32 [n, 32, 32], a class a pixel
const test = shapes({ n: full ? 500 : 40, size: 32, seed: 2 });
// #endregion data

// #region model
import { functional, summary, type Functional, type Symbolic } from "@cajal/models";

const twice = (net: Functional, x: Symbolic, filters: number) => {
  const options = { filters, kernel_size: 3, padding: "same", use_bias: false } as const;
  for (let i = 0; i < 2; i++) {
    x = net.layer("BatchNormalization", { momentum: 0.9 }, net.layer("Conv2D", options, x));
    x = net.layer("ReLU", {}, x);
  }
  return x;
};

function unet(widths: readonly number[]) {
  const net = functional("unet");
  const image = net.input([32, 32, 3], { name: "image" });
  const skips: Symbolic[] = [];
  let x = image;
  for (const filters of widths.slice(0, -1)) {
    x = twice(net, x, filters);
    skips.push(x); // kept for the way up
    x = net.layer("MaxPooling2D", {}, x);
  }
  x = twice(net, x, widths.at(-1)!);
  for (const [i, skip] of [...skips.entries()].toReversed()) {
    x = net.layer("Conv2DTranspose", { filters: widths[i]!, kernel_size: 2, strides: 2 }, x);
    x = twice(net, net.layer("Concatenate", {}, [skip, x]), widths[i]!);
  }
  return net.model(image, net.layer("Conv2D", { filters: 4, kernel_size: 1, activation: "softmax" }, x)); // prettier-ignore
}

const model = unet(full ? [16, 32, 64] : [8, 16, 24]);
export const { totalParams } = summary(model);
// #endregion model

// #region train
import type { Weights } from "@cajal/core";
import { adam, meanIoU, sparseCategoricalCrossentropy, train as fit } from "@cajal/train";

const iou: [number, number][] = [];
let weights: Weights = new Map();
for await (const event of fit(model, train.batch(full ? 16 : 8), {
  epochs: full ? 12 : 5,
  validation: test.batch(20),
  loss: sparseCategoricalCrossentropy(),
  optimizer: adam({ learningRate: 0.005 }),
  metrics: [meanIoU()],
  seed: 1,
})) {
  if (event.type === "epoch") {
    iou.push([event.epoch + 1, event.validation!.metrics.mean_io_u!]);
    console.log(`epoch ${event.epoch + 1}: ${event.validation!.metrics.mean_io_u}`);
  }
  if (event.type === "end") ({ weights } = event);
}
// #endregion train
export const curve = [{ name: "mean IoU", points: iou }];
export const testIoU = iou.at(-1)![1];

// #region baseline
const { x, y } = await test.all();
/** Mean IoU of four classes: what both have of a class, over what either has. */
const meanOf = (guess: (pixel: number) => number) => {
  const counts = [0, 1, 2, 3].map(() => ({ both: 0, either: 0 }));
  y.data.forEach((label, pixel) => {
    const guessed = guess(pixel);
    counts[label]!.either++;
    if (guessed === label) counts[label]!.both++;
    else counts[guessed]!.either++;
  });
  return counts.reduce((sum, { both, either }) => sum + both / either, 0) / 4;
};
export const background = meanOf(() => 0); // “nothing there” is right for most pixels
console.log(background);
// #endregion baseline

// #region pictures
import { argMax, tensor } from "@cajal/core";
import { contactSheet } from "@cajal/datasets";
import { open } from "@cajal/runtime";

const session = await open(model, weights);
const guesses = argMax(await session.predict(x)).data; // of [n, 32, 32, 4] probabilities
await session.dispose();
const colours = [[0.1, 0.1, 0.1], [0.9, 0.5, 0.3], [0.3, 0.7, 0.75], [0.9, 0.8, 0.4]]; // prettier-ignore
const painted = (of: Int32Array) => [...of.subarray(0, 10 * 1024)].flatMap((k) => colours[k]!);
const rows = [...x.data.subarray(0, 10 * 3072), ...painted(y.data), ...painted(guesses)];
export const sheet = contactSheet(tensor("float32", [30, 32, 32, 3], rows), { columns: 10 });
// #endregion pictures
export const byHand = meanOf((pixel) => guesses[pixel]!);

export const claims = {
  "The U-Net's mean IoU is more than 1.3 times that of calling everything background":
    testIoU > 1.3 * background,
  "The metric and a count by hand agree": Math.abs(byHand - testIoU) < 1e-3,
};
