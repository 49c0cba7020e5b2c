// Lesson 13: six hours ahead of a series with days and weeks, against those who need no learning.
// #region data
import { seasonalSeries, windows } from "@cajal/datasets";
import { tensor } from "@cajal/core";

const full = process.argv.includes("--full");
const [length, ahead] = [24, 6]; // a day is known; what comes in six hours?
const { values } = seasonalSeries({ hours: full ? 24 * 7 * 52 : 24 * 7 * 8, seed: 3 });
const trainable = Math.floor(0.7 * values.data.length); // the past; what comes after is for the examination
const past = values.data.slice(0, trainable);
const mean = past.reduce((a, b) => a + b) / past.length;
const deviation = Math.sqrt(past.reduce((sum, v) => sum + (v - mean) ** 2, 0) / past.length);
const scaled = values.data.map((value) => (value - mean) / deviation);
const windowed = (part: Float64Array) =>
  windows(tensor("float64", [part.length], part), { length, ahead });
const train = windowed(scaled.slice(0, trainable));
const test = windowed(scaled.slice(trainable));
// #endregion data
export const week = [{ name: "", points: [...values.data.subarray(0, 24 * 14)].map((v, i) => [i / 24, v]) }]; // prettier-ignore

// #region naive
const { x, y } = await test.all(); // [n, 24, 1], [n, 1]
const truth = [...y.data];
const n = truth.length;
/** Mean absolute error, in the series' own unit. */
const error = (guess: (i: number) => number) =>
  (truth.reduce((sum, value, i) => sum + Math.abs(value - guess(i)), 0) / n) * deviation;
/** The value `back` steps before the end of window i. */
const valueAt = (i: number, back: number) => x.data[(i + 1) * length - 1 - back]!;

const naive = error((i) => valueAt(i, 0)); // as it is now
const seasonal = error((i) => valueAt(i, 24 - ahead)); // as at this time yesterday
// #endregion naive

// #region models
import { functional } from "@cajal/models";

const begin = (name: string) => {
  const net = functional(name);
  return { net, x: net.input([length, 1]) };
};
function linear() {
  const { net, x } = begin("linear");
  return net.model(x, net.layer("Dense", { units: 1 }, net.layer("Flatten", {}, x)));
}
/** Each layer looks twice as far back as the one before, and never ahead. */
function convolutions() {
  const { net, x } = begin("convolutions");
  let h = x;
  for (const dilation_rate of [1, 2, 4, 8])
    h = net.layer(
      "Conv1D",
      { filters: 16, kernel_size: 2, padding: "causal", dilation_rate, activation: "relu" },
      h,
    );
  return net.model(x, net.layer("Dense", { units: 1 }, net.layer("Flatten", {}, h)));
}
function recurrent() {
  const { net, x } = begin("recurrent");
  return net.model(x, net.layer("Dense", { units: 1 }, net.layer("GRU", { units: 24 }, x)));
}
// #endregion models

// #region train
import type { ModelConfig } from "@cajal/models";
import { open } from "@cajal/runtime";
import { adam, huber, train as fit } from "@cajal/train";

async function forecast(model: ModelConfig): Promise<number[]> {
  const options = {
    epochs: full ? 25 : 8,
    loss: huber(), // a spike of the sensor is not worth a square
    optimizer: adam({ learningRate: 0.003 }),
    seed: 1,
  };
  for await (const event of fit(model, train.batch(32), options)) {
    if (event.type !== "end") continue;
    await using session = await open(model, event.weights);
    return [...(await session.predict(x)).data] as number[];
  }
  return [];
}

const forecasts = {
  linear: await forecast(linear()),
  "causal convolutions": await forecast(convolutions()),
  GRU: await forecast(recurrent()),
};
export const errors = [
  { forecast: "as it is now", error: naive },
  { forecast: "as at this time yesterday", error: seasonal },
  ...Object.entries(forecasts).map(([forecast, guesses]) => ({
    forecast,
    error: error((i) => guesses[i]!),
  })),
];
console.table(errors);
// #endregion train

const best = errors.slice(2).toSorted((a, b) => a.error - b.error)[0]!;
const hours = [...Array(24 * 5).keys()];
const unscaled = (of: readonly number[]) => hours.map((i) => [i / 24, of[i]! * deviation + mean]);
export const days = [
  { name: "what came", points: unscaled(truth) },
  {
    name: `${best.forecast}, six hours before`,
    points: unscaled(forecasts[best.forecast as keyof typeof forecasts]),
  },
];
export const better = 1 - best.error / seasonal;

export const claims = {
  "To say what was at this time yesterday beats saying what is now": seasonal < naive,
  "The best network errs less than the seasonal naive forecast, by a tenth or more": better > 0.1,
};
