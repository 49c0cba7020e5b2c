// Lesson 11: two networks against each other. One draws digits, the other tells drawn from real.
// Small: the digits in @cajal/datasets; --full: MNIST.
// #region data
import { oneHot, digits, rescale } from "@cajal/datasets";
import { mnist } from "@cajal/datasets/node";

const full = process.argv.includes("--full");
const batch = 64;
const all = full ? (await mnist()).take(20_000) : digits().map(rescale(1 / 16));
const real = all
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
const generator = ofGenerator.model([z, digit], picture);
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
const optimizer = adam({ learningRate: full ? 0.0005 : 0.003, beta1: 0.5 });
const weights = initialize(both, { seed: 1 });
const judging = new Map([...weights].filter(([name]) => name.startsWith("d_")));
await using judgeStep = await openTrainStep(discriminator, judging, { loss, optimizer });
// One graph through both; what is the judge's stays as it is.
await using drawStep = await openTrainStep(both, weights, {
  loss,
  optimizer,
  frozen: ["d_1", "d_2", "d_3"],
});
// #endregion steps

// #region alternate
import { random, tensor, type Tensor, type Weights } from "@cajal/core";

const draw = random(1, "noise");
const noises = (n: number) =>
  tensor(
    "float32",
    [n, noise],
    Array.from({ length: n * noise }, () => draw.normal()),
  );
const constant = (n: number, value: number) => tensor("float32", [n, 1], Array(n).fill(value));
const concatenated = (a: Tensor, b: Tensor) =>
  tensor("float32", [2 * a.shape[0]!, ...a.shape.slice(1)], [...a.data, ...b.data] as number[]);

let drawers: Weights = new Map([...weights].filter(([name]) => name.startsWith("g_")));
async function drawn(digits: Tensor): Promise<Tensor> {
  await using session = await open(generator, drawers);
  const outputs = await session.run({ z: noises(digits.shape[0]!), digit: digits });
  return Object.values(outputs)[0]!;
}

const course: { step: number; judge: number; drawer: number }[] = [];
let step = 0;
for (let epoch = 0; epoch < 12; epoch++)
  for await (const { x, y } of real.batches({ epoch })) {
    // The judge's turn: real pictures are 0.9 (a little doubt keeps it teachable), drawn ones 0.
    const judge = await judgeStep.run({
      x: { image: concatenated(x, await drawn(y)), digit: concatenated(y, y) },
      y: concatenated(constant(batch, 0.9), constant(batch, 0)),
    });
    // The drawer's: its pictures should be taken for real, by the judge as it is now.
    const now = new Map([...(await drawStep.weights()), ...(await judgeStep.weights())]);
    await drawStep.restore(now, await drawStep.state());
    const drawer = await drawStep.run({ x: { z: noises(batch), digit: y }, y: constant(batch, 1) });
    drawers = new Map([...(await drawStep.weights())].filter(([name]) => name.startsWith("g_")));
    if (step++ % 10 === 0) course.push({ step, judge: judge.loss, drawer: drawer.loss });
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
const reader = lenet5(full ? {} : { input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] }); // prettier-ignore
const targets = Array.from({ length: 1000 }, (_, i) => i % 10);
const targetRows = tensor("float32", [1000, 10], targets.flatMap((k) => targets.slice(0, 10).map((c) => (c === k ? 1 : 0)))); // prettier-ignore
const pictures = await drawn(targetRows);
let read = 0;
for await (const event of train(reader, all.batch(64), {
  epochs: full ? 2 : 6,
  validation: { x: pictures, y: targets },
  loss: sparseCategoricalCrossentropy({ fromLogits: true }),
  optimizer: adam({ learningRate: 0.003 }),
  metrics: [accuracy()],
  seed: 1,
}))
  if (event.type === "epoch") read = event.validation!.metrics.accuracy!;
export const readRight = read;
console.log(`${1000 * read} of 1,000 drawn digits are read as what they were to be`);
// #endregion score

// #region sheet
import { contactSheet } from "@cajal/datasets";

const some = pictures.data.slice(0, 60 * side * side) as Float32Array;
export const sheet = contactSheet(tensor("float32", [60, side, side, 1], some), { columns: 10 });
// #endregion sheet

export const claims = {
  "Drawn digits are read as what they were to be more often than by chance, 1 in 10": read > 0.13,
};
