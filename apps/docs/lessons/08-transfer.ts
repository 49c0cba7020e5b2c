// Lesson 8: what a network learned of one thing, used for another.
// Small: from the digits 0 … 4 to 5 … 9; --full: from ImageNet to the faces of seven people, from the file of weights
// that MOBILENET names and the folder that LFW names, or fetched once (10 and 233 MB).
// #region faces
import { digits, rescale } from "@cajal/datasets";
import { lfwPeople } from "@cajal/datasets/node";
import { cutAt, pretrained, withInputShape } from "@cajal/transfer";

async function faces() {
  const weights = process.env.MOBILENET ?? "imagenet";
  const network = await pretrained("MobileNet", { alpha: 0.75, weights });
  const folder = process.env.LFW;
  const people = folder ? { folder, minFacesPerPerson: 50 } : { minFacesPerPerson: 70 };
  const cut = [25, 225] as const; // of 250 rows and columns: the head
  const pictures = await lfwPeople({ ...people, color: true, slice: [cut, cut], resize: 0.8 });
  return {
    base: withInputShape(cutAt(network, "conv_pw_13_relu"), [160, 160, 3]),
    pictures: pictures.map(rescale(2, -1)), // −1 … 1, as MobileNet takes them
    grey: await lfwPeople(people), // the same, 62 × 47
    share: 0.7,
    tuned: "conv_dw_8",
  };
}
// #endregion faces

// #region digits
import { at, tensor } from "@cajal/core";
import { dataset, pad, randomTranslation, stackImages } from "@cajal/datasets";
import { lenet5 } from "@cajal/models";
import { train as fit } from "@cajal/train";

const common = { optimizer: "adam", loss: "sparse_categorical_crossentropy", seed: 1 } as const;

/** Digits from … to, each somewhere on 12 × 12 pixels, and elsewhere in every epoch. */
async function wandering(from: number, to: number) {
  const { x, y } = await digits().filter(({ label }) => label! >= from && label! <= to).map(rescale(1 / 16)).all(); // prettier-ignore
  const margin = { left: 2, right: 2, top: 2, bottom: 2 };
  const images = [...y.data.keys()].map((i) =>
    pad(tensor("float32", [8, 8, 1], x.data.slice(64 * i, 64 * i + 64)), margin),
  );
  const classes = Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
  const labels = tensor(
    "int32",
    y.shape,
    Array.from(y.data, (label) => label - from),
  );
  const data = dataset({ x: stackImages(images), y: labels, classes });
  return data.map(randomTranslation(2, { seed: 1 }));
}
async function fromDigitsToDigits() {
  const network = lenet5({ input_shape: [12, 12, 1], kernel_size: 3, padding: ["same", "same"], classes: 5, classifier_activation: "softmax" }); // prettier-ignore
  const pictures = await wandering(5, 9);
  const fixed = dataset({ ...(await pictures.all()), classes: pictures.classes! }); // no more wandering
  for await (const event of fit(network, await wandering(0, 4), {
    ...common,
    epochs: 16,
    batchSize: 32,
  }))
    // prettier-ignore
    if (event.type === "end") {
      const base = cutAt({ model: network, weights: event.weights }, "dense2");
      return { base, pictures: fixed, grey: fixed, share: 0.05, tuned: "conv2" };
    }
  throw new Error("It did not end.");
}
// #endregion digits

// #region split
const full = process.argv.includes("--full");
const { base, pictures, grey, share, tuned } = await (full ? faces() : fromDigitsToDigits());
const [learning, testing] = pictures.split(share, { seed: 1, stratify: true });
const classes = pictures.classes!;
export const counts = { classes: classes.length, learning: learning.size, testing: testing.size };
const truth = [...(await testing.all()).y.data];
const right = (guesses: ArrayLike<number>) => truth.filter((label, i) => label === guesses[i]).length / truth.length; // prettier-ignore
// #endregion split

// #region eigenfaces
import { pca, standardize } from "@cajal/datasets";
import KNN from "ml-knn";
import LogisticRegression from "ml-logistic-regression";
import { Matrix } from "ml-matrix";

const [known, unknown] = grey.split(share, { seed: 1, stratify: true }); // the same pictures
const { x, y } = await known.all();
const axes = pca(x, { components: full ? 100 : 20 });
const coordinates = (part: typeof known) => part.map(({ x, y }) => ({ x: axes.transform(x), y }));
const scale = await standardize(coordinates(known)); // of each axis deviation 1
const rows = async (part: typeof known) => {
  const { x } = await coordinates(part).map(scale).all();
  return Array.from({ length: x.shape[0]! }, (_, i) => [...at(x, i).data]);
};
const [from, to] = [await rows(known), await rows(unknown)];
const labels = [...y.data];

const nearest = new KNN(from, labels, { k: 1 });
const logistic = new LogisticRegression({ numSteps: 300, learningRate: 0.01 });
const withOnes = (of: number[][]) => new Matrix(of.map((row) => [1, ...row]));
logistic.train(withOnes(from), Matrix.columnVector(labels));
const baselines = {
  "eigenfaces, nearest neighbour": right(nearest.predict(to)),
  "eigenfaces, logistic regression": right(logistic.predict(withOnes(to))),
};
// #endregion eigenfaces
console.log(baselines);

// #region scratch
import { functional } from "@cajal/models";

/** A small network that begins with nothing. */
function small() {
  const net = functional("small");
  const image = net.input(full ? [160, 160, 3] : [12, 12, 1]);
  let h = full ? net.layer("AveragePooling2D", { pool_size: 2 }, image) : image;
  for (const filters of full ? [16, 32, 64] : [16, 32]) {
    h = net.layer("Conv2D", { filters, kernel_size: 3, padding: "same", activation: "relu" }, h);
    h = net.layer("MaxPooling2D", {}, h);
  }
  h = net.layer("Dropout", { rate: 0.3 }, net.layer("Flatten", {}, h));
  return net.model(image, net.layer("Dense", { units: classes.length, activation: "softmax" }, h));
}
let scratch = 0;
for await (const event of fit(small(), learning.batch(16), {
  ...common,
  epochs: full ? 20 : 40,
  validation: testing.batch(64),
  metrics: ["accuracy"],
}))
  if (event.type === "epoch") scratch = event.validation!.metrics.accuracy!;
// #endregion scratch

// #region tune
import { fineTune } from "@cajal/transfer";

const stages = [
  { epochs: 40, learningRate: full ? 1e-3 : 1e-2 }, // the new head alone, on features computed once
  { epochs: full ? 6 : 10, learningRate: full ? 1e-4 : 1e-3, learns: { from: tuned } },
];
const reached = [0, 0];
for await (const event of fineTune(base, learning.batch(16), {
  labels: classes,
  stages,
  seed: 1,
  validation: testing.batch(64),
})) {
  if (event.type === "epoch") reached[event.stage] = event.validation!.metrics.accuracy!;
  if (event.type === "end") console.log(`stage ${event.stage + 1}: ${reached[event.stage]}`);
}
export const results = Object.entries({
  ...baselines,
  "a small network from nothing": scratch,
  "pretrained, a new head": reached[0]!,
  "pretrained, its upper layers tuned as well": reached[1]!,
}).map(([method, accuracy]) => ({ method, accuracy }));
console.table(results);
// #endregion tune

// #region pictures
import { contactSheet } from "@cajal/datasets";

const [, height, width] = x.shape as [number, number, number];
const some = await grey.take(20).all();
export const sheet = contactSheet(some.x, { columns: 10 });
// An axis has the shape of a picture, too.
const faces10 = Array.from({ length: 10 }, (_, k) => {
  const axis = at(axes.components, k).data;
  const [least, most] = [Math.min(...axis), Math.max(...axis)];
  return [...axis].map((value) => (value - least) / (most - least));
});
export const eigenfaces = contactSheet(tensor("float32", [10, height, width, 1], faces10.flat()), { columns: 10 }); // prettier-ignore
// #endregion pictures

const [neighbour, regression, nothing, headAlone, upper] = results.map(({ accuracy }) => accuracy);
const transferred = Math.max(headAlone!, upper!);
export const best = transferred;
export const claims = {
  "What was pretrained reads more than a small network from nothing": transferred > nothing! + 0.05,
  "It reads more than eigenfaces do, with the nearest neighbour or logistic regression":
    transferred > Math.max(neighbour!, regression!),
};
