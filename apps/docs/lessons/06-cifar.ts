// Lesson 6: what lets deep networks learn: normalisation, residuals, augmentation.
// Small: coloured digits; --full: CIFAR-10, from the folder that CIFAR10 names, or fetched once (170 MB).
// #region data
import { dataset, digits, standardize } from "@cajal/datasets";
import { cifar10 } from "@cajal/datasets/node";
import { random, tensor } from "@cajal/core";

const full = process.argv.includes("--full");
/** The digits of @cajal/datasets, each in a bright colour of its own on a dark ground of its own. */
async function coloured() {
  const { x, y } = await digits().all();
  const numbers = random(1, "colours");
  const colours = Float32Array.from({ length: 6 * y.data.length }, () => 0.5 * numbers.float());
  const pixels = Float32Array.from({ length: 3 * x.data.length }, (_, at) => {
    const [pixel, channel] = [Math.floor(at / 3), at % 3];
    const from = 6 * Math.floor(pixel / 64) + channel;
    const [ground, ink] = [colours[from]!, 0.5 + colours[from + 3]!];
    return ground + (ink - ground) * (x.data[pixel]! / 16);
  });
  return dataset({ x: tensor("float32", [y.data.length, 8, 8, 3], pixels), y });
}
async function pictures() {
  const folder = process.env.CIFAR10; // has the archive, or a part of it
  const where = folder ? { folder, partial: true } : {};
  if (full) return [await cifar10(where), await cifar10({ split: "test", ...where })] as const;
  const [training, testing] = (await coloured()).split([0.2, 0.15, 0.65], {
    seed: 1,
    stratify: true,
  });
  return [training!, testing!] as const;
}
const [training, testing] = await pictures();
const size = full ? 32 : 8;
// #endregion data

// #region normalise
const standard = await standardize(training); // mean 0 and deviation 1 in red, green and blue
const test = testing.map(standard);
// #endregion normalise

// #region model
import { functional, summary, type ModelConfig } from "@cajal/models";

/** Stages of blocks of two convolutions; after each stage half the pixels and twice the filters. */
function network(blocks: number, parts: { normalised: boolean; residual: boolean }): ModelConfig {
  const net = functional("network");
  const image = net.input([size, size, 3], { name: "image" });
  const convolution = (x: typeof image, filters: number, strides = 1, kernel_size = 3) => {
    const options = { filters, kernel_size, strides, padding: "same", use_bias: !parts.normalised } as const; // prettier-ignore
    const y = net.layer("Conv2D", options, x);
    return parts.normalised ? net.layer("BatchNormalization", { momentum: 0.9 }, y) : y;
  };
  let x = net.layer("ReLU", {}, convolution(image, 16, full ? 2 : 1));
  for (const [stage, filters] of [16, 32, 64].slice(0, full ? 3 : 2).entries())
    for (let block = 0; block < blocks; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const y = convolution(net.layer("ReLU", {}, convolution(x, filters, strides)), filters);
      // What the block adds to what came in; where sizes differ, a 1 × 1 convolution fits it.
      const skip = strides > 1 ? convolution(x, filters, strides, 1) : x;
      x = net.layer("ReLU", {}, parts.residual ? net.layer("Add", {}, [y, skip]) : y);
    }
  x = net.layer("GlobalAveragePooling2D", {}, x);
  return net.model(image, net.layer("Dense", { units: 10 }, x));
}
// #endregion model

// #region augment
import { contactSheet, randomFlip, randomTranslation } from "@cajal/datasets";

/** Other pixels in every epoch: moved a little, and mirrored. */
function vary(data: typeof training) {
  const moved = data.map(randomTranslation(full ? 4 : 1, { seed: 1, mode: "edge" }));
  // A mirrored horse is a horse; a mirrored 2 is nothing.
  return full ? moved.map(randomFlip({ seed: 1 })) : moved;
}
const seen: number[] = [];
for (let epoch = 0; epoch < 6; epoch++)
  seen.push(...(await vary(training.take(10)).batches({ epoch }).next()).value!.x.data); // prettier-ignore
export const sheet = contactSheet(tensor("float32", [60, size, size, 3], seen), { columns: 10 });
// #endregion augment

// #region train
import {
  accuracy,
  adam,
  cosineDecay,
  sparseCategoricalCrossentropy,
  train as fit,
} from "@cajal/train";

const [blocks, epochs, batch] = full ? [2, 5, 64] : [2, 4, 16];
const deep = { normalised: false, residual: false };
const recipes = [
  { name: "plain", parts: deep, data: training, epochs },
  { name: "+ batch normalisation", parts: { ...deep, normalised: true }, data: training, epochs },
  { name: "+ residuals", parts: { normalised: true, residual: true }, data: training, epochs },
  { name: "+ augmentation, twice as long", parts: { normalised: true, residual: true }, data: vary(training), epochs: 2 * epochs }, // prettier-ignore
];
const courses = [];
for (const { name, parts, data, epochs } of recipes) {
  const course = [];
  const decaySteps = epochs * Math.ceil(training.size / batch);
  for await (const event of fit(network(blocks, parts), data.map(standard).batch(batch), {
    epochs,
    validation: test.batch(250),
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer: adam({ learningRate: cosineDecay(0.004, { decaySteps }) }), // ends with small steps
    metrics: [accuracy()],
    seed: 1,
  })) {
    if (event.type !== "epoch") continue;
    course.push({ known: event.metrics.accuracy!, unknown: event.validation!.metrics.accuracy! });
    console.log(name, event.epoch + 1, course.at(-1));
  }
  courses.push({ name, course });
}
// #endregion train
export const curves = courses.map(({ name, course }) => ({
  name,
  points: course.map(({ unknown }, i) => [i + 1, unknown]),
}));
export const results = courses.map(({ name, course }) => ({
  network: name,
  "pictures that it learned from": course.at(-1)!.known,
  "pictures that it never saw": course.at(-1)!.unknown,
}));
const parts = { normalised: true, residual: true };
export const { totalParams } = summary(network(blocks, parts));
export const convolutions = 1 + 2 * blocks * (full ? 3 : 2);
export const examples = { training: training.size, testing: testing.size };

const [plain, normalised, residual, augmented] = courses.map(({ course }) => course.at(-1)!);
/** How far ahead of pictures that it never saw those are that it learned from. */
const gap = (last: typeof plain) => last!.known - last!.unknown;
export const claims = {
  "Plain, so many layers learn much less than with batch normalisation":
    normalised!.unknown > plain!.unknown + 0.15,
  "Residuals do not harm: within two points or better": residual!.unknown > normalised!.unknown - 0.02, // prettier-ignore
  "Augmentation narrows the gap between pictures that it learned from and those that it never saw":
    gap(augmented) < gap(residual),
};
