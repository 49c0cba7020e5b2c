// Lesson 11: two networks against each other. One draws digits, the other tells drawn from real.
// Small: the digits in @cajal/datasets; --full: MNIST.
// #region data
import { oneHot, digits, rescale } from "@cajal/datasets";
import { mnist } from "@cajal/datasets/node";

const full = process.argv.includes("--full");
const batch = full ? 128 : 64;
const [known, heldOut] = full
  ? [await mnist(), await mnist({ split: "test" })]
  : digits()
      .map(rescale(1 / 16))
      .split(0.8, { seed: 1, stratify: true });
const real = known
  .map(oneHot(10)) // y: [n, 10]
  .shuffle({ seed: 1 })
  .batch(batch, { dropRemainder: true });
const side = full ? 28 : 8;
// #endregion data

// #region networks
import { functional, type Functional, type Symbolic } from "@cajal/models";

const [noise, width] = full ? [32, 256] : [16, 96];
const dense = (net: Functional, x: Symbolic, units: number, activation: "relu" | "sigmoid" | "linear" | "leaky_relu", name: string) =>
  net.layer("Dense", { units, activation, name }, x); // prettier-ignore

/** A digit to draw, and noise that says how: [10] and [noise] → [side, side, 1]. */
function draws(net: Functional, z: Symbolic, digit: Symbolic) {
  let x = net.layer("Concatenate", { name: "g_in" }, [z, digit]);
  x = dense(net, x, width, "relu", "g_1");
  x = dense(net, x, width, "relu", "g_2");
  x = dense(net, x, side * side, "sigmoid", "g_3");
  return net.layer("Reshape", { target_shape: [side, side, 1], name: "g_out" }, x);
}
/** A picture and the digit that it is to be → the logit that it is real. */
function judges(net: Functional, image: Symbolic, digit: Symbolic) {
  const flat = net.layer("Flatten", { name: "d_flat" }, image);
  let x = net.layer("Concatenate", { name: "d_in" }, [flat, digit]);
  x = dense(net, x, width, "leaky_relu", "d_1");
  x = dense(net, x, width, "leaky_relu", "d_2");
  return dense(net, x, 1, "linear", "d_3");
}

const ofGenerator = functional("generator");
const z = ofGenerator.input([noise], { name: "z" });
const digit = ofGenerator.input([10], { name: "digit" });
const picture = draws(ofGenerator, z, digit);
// The judge behind the drawer: what it takes to teach the drawer.
const both = ofGenerator.model([z, digit], judges(ofGenerator, picture, digit));

const ofJudge = functional("discriminator");
const image = ofJudge.input([side, side, 1], { name: "image" });
const digitInput = ofJudge.input([10], { name: "digit" });
const discriminator = ofJudge.model([image, digitInput], judges(ofJudge, image, digitInput));
// #endregion networks

// #region steps
import { initialize, open, openTrainStep } from "@cajal/runtime";
import { adam, binaryCrossentropy } from "@cajal/train";

const loss = binaryCrossentropy({ fromLogits: true });
const optimizer = adam({ learningRate: full ? 0.001 : 0.003, beta1: 0.5 });
const weights = initialize(both, { seed: 1 });
const judging = new Map([...weights].filter(([name]) => name.startsWith("d_")));
const judgeStep = await openTrainStep(discriminator, judging, { loss, optimizer });
// One graph through both; what is the judge's stays as the judge's own step leaves it.
const drawStep = await openTrainStep(both, weights, {
  loss,
  optimizer,
  frozen: ["d_1", "d_2", "d_3"],
  shareWeightsWith: judgeStep,
});
// #endregion steps

// #region alternate
import { argMax, at, random, tensor, type Tensor, type Weights } from "@cajal/core";

const epochs = full ? 12 : 24;
const draw = random(1, "noise");
const noises = (n: number) =>
  tensor(
    "float32",
    [n, noise],
    Array.from({ length: n * noise }, () => draw.normal()),
  );
const constant = (n: number, value: number) => tensor("float32", [n, 1], Array(n).fill(value));
function concatenated(a: Tensor, b: Tensor) {
  const data = new Float32Array(a.data.length + b.data.length);
  data.set(a.data as Float32Array);
  data.set(b.data as Float32Array, a.data.length);
  return tensor("float32", [2 * a.shape[0]!, ...a.shape.slice(1)], data);
}

/** What the drawer draws now: the output of its last layer, within the graph through both. */
const drawn = (digits: Tensor, z = noises(digits.shape[0]!)) =>
  drawStep.predict({ z, digit: digits }, { of: "g_out" });

// The same ten noises as long as it learns, one a digit: what becomes of them?
const oneOfEach = tensor("float32", [10, 10], Array.from({ length: 100 }, (_, i) => Number(i % 11 === 0))); // prettier-ignore
const same = noises(10);
const filmstrip: Tensor[] = [await drawn(oneOfEach, same)];
export const shownAfter = [0];

const course: { step: number; judge: number; drawer: number }[] = [];
let step = 0;
for (let epoch = 0; epoch < epochs; epoch++) {
  for await (const { x, y } of real.batches({ epoch })) {
    // The judge's turn: real pictures are 0.9 (a little doubt keeps it teachable), drawn ones 0.
    const judge = await judgeStep.run({
      x: { image: concatenated(x, await drawn(y)), digit: concatenated(y, y) },
      y: concatenated(constant(batch, 0.9), constant(batch, 0)),
    });
    // The drawer's: its pictures should be taken for real, by the judge as it is now.
    const drawer = await drawStep.run({ x: { z: noises(batch), digit: y }, y: constant(batch, 1) });
    if (step++ % (full ? 100 : 10) === 0) course.push({ step, judge: judge.loss, drawer: drawer.loss }); // prettier-ignore
  }
  const done = epoch + 1;
  if (![1, 2, 4, 8, 16, epochs].includes(done)) continue;
  filmstrip.push(await drawn(oneOfEach, same));
  shownAfter.push(done);
  console.log(`after epoch ${done}: ${JSON.stringify(course.at(-1))}`);
}
// #endregion alternate
export const losses = (["judge", "drawer"] as const).map((name) => ({
  name: `the ${name}'s loss`,
  points: course.map((at) => [at.step, at[name]]),
}));

// #region score
import { lenet5 } from "@cajal/models";
import { accuracy, sparseCategoricalCrossentropy, train } from "@cajal/train";

// A LeNet that learned from real digits reads the drawn ones: are they what they were to be?
const reader = lenet5(full ? { activation: "relu" } : { input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] }); // prettier-ignore
let learned: Weights = new Map();
export let realRight = 0;
for await (const event of train(reader, known.batch(full ? 128 : 32), {
  epochs: full ? 4 : 6,
  validation: heldOut.batch(500),
  loss: sparseCategoricalCrossentropy({ fromLogits: true }),
  optimizer: adam({ learningRate: full ? 0.001 : 0.003 }),
  metrics: [accuracy()],
  seed: 1,
})) {
  if (event.type === "epoch") realRight = event.validation!.metrics.accuracy!;
  if (event.type === "end") learned = event.weights;
}

// A thousand to order, a hundred of each digit.
const ordered = Array.from({ length: 1000 }, (_, i) => i % 10);
const pictures = await drawn(
  tensor("float32", [1000, 10], ordered.flatMap((digit) => [...at(oneOfEach, digit).data])), // prettier-ignore
);
await judgeStep.dispose();
await drawStep.dispose();
const reading = await open(reader, learned);
const readAs = argMax(await reading.predict(pictures)).data;
await reading.dispose();
const right = ordered.map((digit, i) => Number(readAs[i] === digit));
const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
export const readRight = mean(right);
export const byDigit = [...Array(10).keys()].map((digit) => ({
  digit,
  "read right": mean(right.filter((_, i) => ordered[i] === digit)),
}));
console.log(`${1000 * readRight} of 1,000 drawn digits are read as what they were to be`);
console.table(byDigit);
// #endregion score

// #region variety
// Does it draw always the same? How far the pictures of a digit are from their mean, as a share of what it is for real ones.
const spread = (x: ArrayLike<number>, digits: readonly number[]) => {
  const of = (digit: number) => digits.flatMap((y, i) => (y === digit ? [i] : [])); // prettier-ignore
  const pixel = (i: number, p: number) => x[i * side * side + p]!;
  const variance = (examples: readonly number[], p: number) => {
    const average = mean(examples.map((i) => pixel(i, p)));
    return mean(examples.map((i) => (pixel(i, p) - average) ** 2));
  };
  return Array.from({ length: 10 }, (_, digit) => mean([...Array(side * side).keys()].map((p) => variance(of(digit), p)))); // prettier-ignore
};
const { x, y } = await known.take(full ? 5000 : 1000).all();
const ofReal = spread(x.data as Float32Array, Array.from(y.data, Number));
const ofDrawn = spread(pictures.data as Float32Array, ordered);
export const variety = mean(ofDrawn) / mean(ofReal);
// #endregion variety

// #region sheets
import { contactSheet } from "@cajal/datasets";

const sheetOf = (n: number, data: Tensor["data"]) =>
  contactSheet(tensor("float32", [n, side, side, 1], data as Float32Array), { columns: 10 });
/** A row an epoch. */
export const sheetByEpoch = sheetOf(10 * filmstrip.length, Float32Array.from(filmstrip.flatMap(({ data }) => [...data] as number[]))); // prettier-ignore
export const sheet = sheetOf(60, pictures.data.slice(0, 60 * side * side));
// #endregion sheets

export const claims = {
  "Of the digits that it draws to order, more than half are read as what they were to be; by chance it would be 1 in 10":
    readRight > 0.5,
  "It does not draw always the same: the pictures of a digit differ at least a fifth as much as real ones":
    variety > 0.2,
};
