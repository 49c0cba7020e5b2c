// Lesson 2: the Gaussian that makes the data most likely, by hand and by gradient, and a classifier made of three.
// #region data
import { gaussian, iris } from "@cajal/datasets";

const flowers = await iris().all();
const petals = [...flowers.x.data].filter((_, i) => i % 4 === 2).slice(50, 100); // lengths, versicolor
const n = petals.length;
// #endregion data

// #region hand
/** ln p(D | m, s²) = Σ −½ ln(2π s²) − (x − m)² / (2 s²) */
const logLikelihood = (m: number, s2: number) =>
  petals.reduce((sum, x) => sum - 0.5 * Math.log(2 * Math.PI * s2) - (x - m) ** 2 / (2 * s2), 0);

const m = petals.reduce((a, b) => a + b) / n;
const s2 = petals.reduce((sum, x) => sum + (x - m) ** 2, 0) / n;
export const best = { mean: m, deviation: Math.sqrt(s2), logLikelihood: logLikelihood(m, s2) };
// #endregion hand

// #region curve
const means = Array.from({ length: 81 }, (_, i) => 3.46 + i / 50);
export const curve = means.map((mean) => [mean, logLikelihood(mean, s2)]);
// #endregion curve

// #region model
import { functional } from "@cajal/models";
import { adam, cosineDecay, train } from "@cajal/train";
import type { Loss } from "@cajal/runtime";

const net = functional("gaussian");
const one = net.input([1], { name: "one" });
// Two weights and nothing else: their outputs are the mean m and the logarithm l of the deviation.
const dense = { units: 2, use_bias: false, kernel_initializer: "zeros", name: "m_and_l" } as const;
const model = net.model(one, net.layer("Dense", dense, one));
// #endregion model

// #region loss
const negativeLogLikelihood: Loss = {
  name: "negative_log_likelihood",
  compute(ops, x, output) {
    const m = ops.slice(output, { axis: -1, end: 1 });
    const l = ops.slice(output, { axis: -1, start: 1 });
    const z = ops.mul(ops.sub(x, m), ops.exp(ops.neg(l))); // in deviations from the mean
    const each = ops.add(ops.mul(ops.mul(z, z), 0.5), ops.add(l, 0.5 * Math.log(2 * Math.PI)));
    return ops.reduceMean(each, { axes: [-1] });
  },
};
// #endregion loss

// #region train
const data = { x: petals.map(() => [1]), y: petals.map((length) => [length]) };
export const ascent: [number, number][] = [];
let estimate = { mean: 0, deviation: 1 };
for await (const event of train(model, data, {
  epochs: 200,
  batchSize: n,
  loss: negativeLogLikelihood,
  optimizer: adam({ learningRate: cosineDecay(0.2, { decaySteps: 200 }) }),
})) {
  if (event.type === "epoch") ascent.push([event.epoch, -event.loss * n]);
  if (event.type === "end") {
    const [mean, logDeviation] = event.weights.get("m_and_l/kernel")!.data as Float32Array;
    estimate = { mean: mean!, deviation: Math.exp(logDeviation!) };
  }
}
export const byGradient = estimate;
console.log(best, byGradient);
// #endregion train

// #region classify
const prior = Math.log(1 / 3); // as many flowers of each species
const densities = await Promise.all(
  [0, 50, 100].map(async (start) => {
    const { x } = await iris().skip(start).take(50).all();
    return gaussian(x).logDensity(flowers.x).data; // ln p(x | species) of all 150
  }),
);
const scores = (i: number) => densities.map((density) => density[i]! + prior);
const guess = (i: number) => scores(i).indexOf(Math.max(...scores(i)));
const right = [...flowers.y.data].filter((label, i) => guess(i) === label).length;
export const accuracy = right / 150;
console.log(accuracy);
// #endregion classify

export const claims = {
  "Gradient ascent ends at the mean and deviation of the formula, within a hundredth":
    Math.abs(byGradient.mean - best.mean) < 0.01 &&
    Math.abs(byGradient.deviation - best.deviation) < 0.01,
  "Any other mean is less likely": curve.every(([, value]) => value! <= best.logLikelihood),
  "Three Gaussians and Bayes' rule name more than 95 % of the flowers": accuracy > 0.95,
};
