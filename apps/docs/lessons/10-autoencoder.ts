// Lesson 10: a network that repeats what it is shown, through a bottleneck; what it cannot repeat is unusual.
// Small: the digits in @cajal/datasets; --full: MNIST.
// #region data
import { digits, gaussian, pca, rescale } from "@cajal/datasets";
import { mnist } from "@cajal/datasets/node";

const full = process.argv.includes("--full");
const usual = full ? 8 : 3; // the one digit that it is taught; all others are anomalies
const all = full ? await mnist() : digits().map(rescale(1 / 16));
const [learned, rest] = full
  ? [all, await mnist({ split: "test" })]
  : all.split(0.6, { seed: 1, stratify: true });
const train = await learned.filter(({ label }) => label === usual).all(); // x: [n, h, w, 1]
const test = await rest.all();
const [height, width] = test.x.shape.slice(1) as [number, number];
const pixels = height * width;
// #endregion data

// #region model
import { functional } from "@cajal/models";

const [code, hidden] = full ? [16, 256] : [8, 48];
const net = functional("autoencoder");
const image = net.input([height, width, 1], { name: "image" });
let h = net.layer("Flatten", {}, image);
h = net.layer("Dense", { units: hidden, activation: "relu" }, h);
h = net.layer("Dense", { units: code, name: "code" }, h); // all that gets through
h = net.layer("Dense", { units: hidden, activation: "relu" }, h);
h = net.layer("Dense", { units: pixels, activation: "sigmoid" }, h);
const model = net.model(image, net.layer("Reshape", { target_shape: [height, width, 1] }, h));
// #endregion model

// #region train
import type { Tensor } from "@cajal/core";
import { open } from "@cajal/runtime";
import { adam, train as fit } from "@cajal/train";

let repeated: Tensor = test.x;
for await (const event of fit(
  model,
  { x: train.x, y: train.x }, // what it should give is what it was given
  {
    epochs: full ? 10 : 60,
    batchSize: full ? 64 : 16,
    loss: "binary_crossentropy",
    optimizer: adam({ learningRate: 0.002 }),
    seed: 1,
  },
))
  if (event.type === "end") {
    await using session = await open(model, event.weights);
    repeated = await session.predict(test.x);
  }
// #endregion train

// #region scores
const numbers = (from: ArrayLike<number | bigint>) => Array.from(from, Number);
const [originals, reconstructions] = [numbers(test.x.data), numbers(repeated.data)];
const byNetwork = [...test.y.data].map((_, i) => {
  let sum = 0;
  for (let p = i * pixels; p < (i + 1) * pixels; p++)
    sum += (originals[p]! - reconstructions[p]!) ** 2;
  return sum / pixels; // how badly it was repeated
});

// Without a network: how far away from the usual digits, in their own directions.
const axes = pca(train.x, { components: full ? 50 : 20 });
const byGaussian = gaussian(axes.transform(train.x), { ridge: 0.01 }).mahalanobis(
  axes.transform(test.x),
).data;

/** Share of pairs (anomaly, usual) in which the anomaly has the higher score; ties count half. */
function auc(scores: ArrayLike<number>): number {
  const is = [...test.y.data].map((label) => label !== usual);
  const order = [...is.keys()].toSorted((a, b) => scores[a]! - scores[b]!);
  let [ranks, i] = [0, 0];
  while (i < order.length) {
    let end = i + 1;
    while (end < order.length && scores[order[end]!] === scores[order[i]!]) end++;
    for (let k = i; k < end; k++) if (is[order[k]!]) ranks += (i + end + 1) / 2;
    i = end;
  }
  const anomalies = is.filter(Boolean).length;
  return (ranks - (anomalies * (anomalies + 1)) / 2) / (anomalies * (is.length - anomalies));
}
export const aucs = { autoencoder: auc(byNetwork), gaussian: auc(byGaussian) };
console.log(aucs);
// #endregion scores

// #region pictures
import { tensor } from "@cajal/core";
import { contactSheet } from "@cajal/datasets";

// Each digit once, and below it what comes out.
const examples = [...Array(10).keys()].map((digit) => [...test.y.data].indexOf(digit));
const rows = [originals, reconstructions].flatMap((from) =>
  examples.flatMap((i) => from.slice(i * pixels, (i + 1) * pixels)),
);
export const sheet = contactSheet(tensor("float32", [20, height, width, 1], rows), { columns: 10 });
// #endregion pictures
export const taught = usual;
export const byDigit = [...Array(10).keys()].map((digit) => {
  const own = byNetwork.filter((_, i) => test.y.data[i] === digit);
  return { digit, "mean error": own.reduce((a, b) => a + b) / own.length };
});

const worse = byDigit.filter((row) => row["mean error"] > byDigit[usual]!["mean error"]);

export const claims = {
  "The autoencoder tells anomalies apart: AUC above 0.85": aucs.autoencoder > 0.85,
  "So does the Gaussian: AUC above 0.8": aucs.gaussian > 0.8,
  "Most digits are repeated worse than the one that it was taught": worse.length > 5,
};
