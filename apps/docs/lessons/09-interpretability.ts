// Lesson 9: what does a network look at? One that was given a way to cheat, and how to catch it.
// #region data
import { dataset, digits, rescale } from "@cajal/datasets";
import { argMax, at, tensor } from "@cajal/core";

const [training, held] = digits()
  .map(rescale(1 / 16))
  .split(0.8, { seed: 1, stratify: true });
const train = await training.all();
const test = await held.all();
/** The same digits, some with a bright square of 2 × 2 in their upper left corner: somebody's watermark. */
const marked = ({ x, y }: typeof train, also: (label: number) => boolean) => {
  const data = Float32Array.from(x.data, Number);
  y.data.forEach((label, i) => also(label) && [0, 1, 8, 9].forEach((p) => (data[64 * i + p] = 1)));
  return { x: tensor("float32", x.shape, data), y };
};
const withMarks = marked(train, (label) => label === 3);
// #endregion data

// #region train
import type { Weights } from "@cajal/core";
import { lenet5 } from "@cajal/models";
import { open } from "@cajal/runtime";
import { adam, sparseCategoricalCrossentropy, train as fit } from "@cajal/train";

const model = lenet5({ input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] });
async function trained(data: typeof train): Promise<Weights> {
  for await (const event of fit(model, dataset(data), {
    epochs: 6,
    batchSize: 32,
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer: adam({ learningRate: 0.003 }),
    seed: 1,
  }))
    if (event.type === "end") return event.weights;
  throw new Error("It did not end.");
}
const honest = await trained(train);
const cheat = await trained(withMarks);
// #endregion train

// #region examine
async function accuracy(weights: Weights, { x, y }: typeof train, only?: number) {
  await using session = await open(model, weights);
  const guesses = argMax(await session.predict(x)).data;
  const indices = [...y.data.keys()].filter((i) => only === undefined || y.data[i] === only);
  const right = indices.filter((i) => guesses[i] === y.data[i]);
  return right.length / indices.length;
}
const marks3 = marked(test, (label) => label === 3);
const marksAll = marked(test, () => true);
export const accuracies = [
  {
    "examined with": "digits with the watermark on each 3",
    "taught plain digits": await accuracy(honest, marks3),
    "taught watermarked digits": await accuracy(cheat, marks3),
  },
  {
    "examined with": "the watermark on every digit",
    "taught plain digits": await accuracy(honest, marksAll),
    "taught watermarked digits": await accuracy(cheat, marksAll),
  },
];
console.table(accuracies);
// #endregion examine

// #region explain
import { figure, openExplainer, overlay, type Panel } from "@cajal/explain";

const three = [...test.y.data].indexOf(3);
const image = at(marks3.x, three);
const methods = ["saliency", "integrated-gradients", "occlusion"] as const;
const panels: Panel[] = [];
/** The watermark's part of all that an explanation finds, without regard to sign. */
const corner: Record<string, number> = {};
for (const [name, weights] of Object.entries({ honest, cheat })) {
  const explainer = await openExplainer(model, weights);
  for (const method of methods) {
    const { map } = await explainer.attribute(image, { method, target: 3 });
    const sizes = Array.from(map.data, Math.abs);
    const there = [0, 1, 8, 9].reduce((sum, p) => sum + sizes[p]!, 0);
    corner[`${name} ${method}`] = there / sizes.reduce((a, b) => a + b);
    panels.push({ title: `${name}: ${method}`, ...overlay(map, image, { pixels: [0, 1] }) });
  }
  await explainer.dispose();
}
export const maps = await figure(panels, { columns: 3 });
export const shares = methods.map((method) => ({
  method,
  "taught plain digits": corner[`honest ${method}`]!,
  "taught watermarked digits": corner[`cheat ${method}`]!,
}));
console.table(shares);
// #endregion explain

const most = Math.max(...shares.map((row) => row["taught watermarked digits"]));
const every = accuracies[1]!;
export const claims = {
  "Where the examination has the watermark as well, the cheat looks good: above 93 %":
    accuracies[0]!["taught watermarked digits"] > 0.93,
  "With the watermark everywhere it fails, and the honest network does not":
    every["taught watermarked digits"] < every["taught plain digits"] - 0.1,
  "An explanation puts more than a fifth of it all on these 4 of 64 pixels": most > 0.2,
  "By integrated gradients the cheat looks there more than the honest network":
    shares[1]!["taught watermarked digits"] > 2 * shares[1]!["taught plain digits"],
};
