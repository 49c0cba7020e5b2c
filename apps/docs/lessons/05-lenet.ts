// Lesson 5: LeNet learns to read digits. Small: the 1,797 digits in @cajal/datasets; --full: MNIST.
// #region data
import { digits, rescale } from "@cajal/datasets";
import { mnist } from "@cajal/datasets/node";

const full = process.argv.includes("--full");
const [train, test] = full
  ? [await mnist(), await mnist({ split: "test" })] // 60,000 and 10,000 of 28 × 28, downloaded once
  : digits()
      .map(rescale(1 / 16))
      .split(0.8, { seed: 1, stratify: true });
// #endregion data

// #region model
import { lenet5, summary } from "@cajal/models";

// The digits of 8 × 8 are too small for two valid convolutions of 5 × 5.
const model = full
  ? lenet5({ activation: "relu" })
  : lenet5({ input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] });
export const layers = summary(model).layers.map(({ name, className, output, params }) => ({
  name,
  layer: className,
  output: output.slice(1).join(" × "),
  parameters: params,
}));
// #endregion model

// #region train
import { accuracy, adam, sparseCategoricalCrossentropy, train as fit } from "@cajal/train";
import type { Weights } from "@cajal/core";

const learning: [number, number][] = [];
const testPixels: [number, number][] = [];
let weights: Weights = new Map();
for await (const event of fit(model, train.batch(full ? 128 : 32), {
  epochs: full ? 5 : 8,
  validation: test.batch(500),
  loss: sparseCategoricalCrossentropy({ fromLogits: true }),
  optimizer: adam({ learningRate: full ? 0.001 : 0.003 }),
  metrics: [accuracy()],
  seed: 1,
})) {
  if (event.type === "epoch") {
    learning.push([event.epoch + 1, event.metrics.accuracy!]);
    testPixels.push([event.epoch + 1, event.validation!.metrics.accuracy!]);
    console.log(`epoch ${event.epoch + 1}: ${event.validation!.metrics.accuracy}`);
  }
  if (event.type === "end") ({ weights } = event);
}
// #endregion train
export const curves = [
  { name: "while learning", points: learning },
  { name: "on digits that it never saw", points: testPixels },
];
export const testAccuracy = testPixels.at(-1)![1];

// #region confusion
import { argMax } from "@cajal/core";
import { open } from "@cajal/runtime";
import { confusionMatrix } from "@cajal/train";

const session = await open(model, weights);
const { x, y } = await test.all();
const guesses = [...argMax(await session.predict(x)).data]; // of [n, 10] scores
await session.dispose();
/** confusion[a][b]: how many digits a were read as b. */
export const confusion = confusionMatrix(y, guesses);
// #endregion confusion

// #region wrong
import { at, tensor } from "@cajal/core";
import { contactSheet } from "@cajal/datasets";

const wrong = guesses.flatMap((guess, i) => (guess === y.data[i] ? [] : [i])).slice(0, 24);
const [height, width] = x.shape.slice(1) as [number, number];
const pixels = wrong.flatMap((i) => [...at(x, i).data] as number[]);
export const mistakes = contactSheet(tensor("float32", [wrong.length, height, width, 1], pixels), {
  columns: 12,
});
export const readAs = wrong.map((i) => `${y.data[i]} as ${guesses[i]}`);
// #endregion wrong

export const claims = {
  "It reads more than 95 % of the digits that it never saw": testAccuracy > 0.95,
  "It learned: its accuracy rose by the last epoch": testAccuracy > testPixels[0]![1],
};
