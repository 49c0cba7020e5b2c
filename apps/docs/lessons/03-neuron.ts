// Lesson 3: one neuron, a layer of them, and back-propagation by hand, beside the gradients of the packages.
// #region data
import { twoMoons } from "@cajal/datasets";

const { x, y } = await twoMoons({ n: 200, noise: 0.15, seed: 1 }).all();
const points = [...y.data].map((label, i) => ({
  x: [x.data[2 * i]!, x.data[2 * i + 1]!],
  y: label, // 0 the upper moon, 1 the lower
}));
// #endregion data
export const moons = [0, 1].map((label) => ({
  name: label === 0 ? "upper" : "lower",
  points: points.filter((point) => point.y === label).map((point) => point.x),
}));

// #region neuron
const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));
const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** A neuron: a weighted sum of what comes in, plus a bias, through an activation. */
const neuron = (w: readonly number[], b: number, x: readonly number[]) => sigmoid(dot(w, x) + b);

const w = [0, 0];
let b = 0;
const one: number[] = [];
for (let epoch = 0; epoch < 300; epoch++) {
  let [loss, db] = [0, 0];
  const dw = [0, 0];
  for (const { x, y } of points) {
    const p = neuron(w, b, x);
    loss -= Math.log(y === 1 ? p : 1 - p) / points.length;
    const da = (p - y) / points.length; // cross-entropy through a sigmoid
    x.forEach((value, j) => (dw[j]! += da * value));
    db += da;
  }
  dw.forEach((value, j) => (w[j]! -= 2 * value)); // learning rate 2
  b -= 2 * db;
  one.push(loss);
}
const share = (predict: (x: readonly number[]) => number) =>
  points.filter(({ x, y }) => predict(x) > 0.5 === (y === 1)).length / points.length;
export const neuronAccuracy = share((x) => neuron(w, b, x));
// #endregion neuron

// #region layer
import { random } from "@cajal/core";

const units = 8;
const draw = random(1);
/** Parameters of 2 inputs → 8 hidden units (tanh) → 1 output (sigmoid). */
const net = {
  w1: Array.from({ length: units }, () => [draw.normal(), draw.normal()]),
  b1: Array.from({ length: units }, () => 0),
  w2: Array.from({ length: units }, () => draw.normal() / Math.sqrt(units)),
  b2: 0,
};
const hidden = (x: readonly number[]) => net.w1.map((w, k) => Math.tanh(dot(w, x) + net.b1[k]!));
const output = (h: readonly number[]) => neuron(net.w2, net.b2, h);
// #endregion layer

// #region backward
/** Loss and its gradients by every parameter: forwards, then the chain rule backwards. */
function backward() {
  const zeros = () => Array.from({ length: units }, () => 0);
  const g = { loss: 0, w1: net.w1.map(() => [0, 0]), b1: zeros(), w2: zeros(), b2: 0 };
  for (const { x, y } of points) {
    const h = hidden(x);
    const p = output(h);
    g.loss -= Math.log(y === 1 ? p : 1 - p) / points.length;
    const da2 = (p - y) / points.length; // at the output's sum
    g.b2 += da2;
    for (let k = 0; k < units; k++) {
      g.w2[k]! += da2 * h[k]!;
      const dh = da2 * net.w2[k]!; // what unit k did to it
      const da1 = dh * (1 - h[k]! ** 2); // tanh′ = 1 − tanh²
      g.b1[k]! += da1;
      x.forEach((value, j) => (g.w1[k]![j]! += da1 * value));
    }
  }
  return g;
}
// #endregion backward

// #region check
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { openGradient } from "@cajal/runtime";

// The same network as a model; its logit, so that p − y is what comes back into it.
const keras = functional("moons");
const input = keras.input([2], { name: "x" });
const tanh = keras.layer("Dense", { units, activation: "tanh", name: "hidden" }, input);
const model = keras.model(input, keras.layer("Dense", { units: 1, name: "logit" }, tanh));
const asTensor = (shape: number[], values: number[]) => tensor("float32", shape, values);
const transposed = [0, 1].flatMap((j) => net.w1.map((row) => row[j]!)); // kernels are [in, out]
const weights = new Map([
  ["hidden/kernel", asTensor([2, units], transposed)],
  ["hidden/bias", asTensor([units], net.b1)],
  ["logit/kernel", asTensor([units, 1], net.w2)],
  ["logit/bias", asTensor([1], [net.b2])],
]);
const session = await openGradient(model, weights, { withRespectTo: ["hidden/kernel"] });
const dy = points.map(({ x, y }) => (output(hidden(x)) - y) / points.length);
const { gradients } = await session.run({ x }, { dy: asTensor([points.length, 1], dy) });
await session.dispose();

const byHand = backward().w1;
const theirs = gradients["hidden/kernel"]!.data as Float32Array;
export const apart = Math.max(
  ...byHand.flatMap((row, k) => row.map((value, j) => Math.abs(value - theirs[j * units + k]!))),
);
// #endregion check

// #region descend
const layered: number[] = [];
for (let epoch = 0; epoch < 300; epoch++) {
  const g = backward();
  layered.push(g.loss);
  for (let k = 0; k < units; k++) {
    net.w1[k]!.forEach((_, j) => (net.w1[k]![j]! -= 2 * g.w1[k]![j]!));
    net.b1[k]! -= 2 * g.b1[k]!;
    net.w2[k]! -= 2 * g.w2[k]!;
  }
  net.b2 -= 2 * g.b2;
}
export const layerAccuracy = share((x) => output(hidden(x)));
console.log(neuronAccuracy, layerAccuracy, apart);
// #endregion descend

export const losses = [
  { name: "one neuron", points: one.map((loss, epoch) => [epoch, loss]) },
  { name: "8 hidden units", points: layered.map((loss, epoch) => [epoch, loss]) },
];
/** How sure each is of the lower moon, on a grid over the plane; blue no, brown yes. */
const map = (predict: (x: readonly number[]) => number) => {
  const [width, height] = [120, 80];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const p = predict([-1.5 + (4 * column) / width, 1.5 - (2.6 * row) / height]);
      const mix = (no: number, yes: number) => no + p * (yes - no);
      data.set([mix(31, 190), mix(111, 110), mix(120, 60), 255], 4 * (row * width + column));
    }
  for (const { x, y } of points) {
    const column = Math.round(((x[0]! + 1.5) * width) / 4);
    const row = Math.round(((1.5 - x[1]!) * height) / 2.6);
    data.set(y === 1 ? [255, 214, 150, 255] : [190, 235, 240, 255], 4 * (row * width + column));
  }
  return { width, height, data };
};
export const oneNeuron = map((x) => neuron(w, b, x));
export const eightUnits = map((x) => output(hidden(x)));

export const claims = {
  "By hand and by the packages the gradients agree to 1e-6": apart < 1e-6,
  "One neuron, a straight line, stays below 95 %": neuronAccuracy < 0.95,
  "Eight hidden units part the moons: more than 97 %, and more than one neuron":
    layerAccuracy > 0.97 && layerAccuracy > neuronAccuracy,
};
