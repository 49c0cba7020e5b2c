// Lesson 14: what does the next frame look like? A network of convolutions with a memory, against repeating the last one.
// #region data
import { dataset, movingSquares } from "@cajal/datasets";
import { tensor } from "@cajal/core";

const full = process.argv.includes("--full");
const [frames, size] = full ? [8, 16] : [4, 8];
/** Films cut in two: all frames but the last, and the last. */
async function films(n: number, seed: number) {
  const { x } = await movingSquares({ n, frames: frames + 1, size, seed }).all();
  const frame = size * size;
  const slice = (from: number, to: number) =>
    Array.from({ length: n }, (_, i) => i * (frames + 1) * frame).flatMap((start) => [
      ...x.data.subarray(start + from * frame, start + to * frame),
    ]);
  return {
    x: tensor("float32", [n, frames, size, size, 1], slice(0, frames)),
    y: tensor("float32", [n, size, size, 1], slice(frames, frames + 1)),
  };
}
const train = await films(full ? 600 : 96, 1);
const test = await films(full ? 200 : 48, 2);
// #endregion data

// #region copy
const truth = test.y.data;
const frame = size * size;
const error = (guess: (film: number, pixel: number) => number) =>
  truth.reduce((sum, v, i) => sum + (v - guess(Math.floor(i / frame), i % frame)) ** 2, 0) /
  truth.length;
const last = (film: number, pixel: number) =>
  test.x.data[(film * frames + frames - 1) * frame + pixel]!;
const copied = error(last);
// #endregion copy

// #region train
import { functional } from "@cajal/models";
import { open } from "@cajal/runtime";
import { adam, binaryCrossentropy, train as fit } from "@cajal/train";

const net = functional("next-frame");
const film = net.input([frames, size, size, 1], { name: "film" });
const memory = net.layer("ConvLSTM2D", { filters: full ? 16 : 8, kernel_size: 3, padding: "same" }, film); // prettier-ignore
const guess = net.layer("Conv2D", { filters: 1, kernel_size: 3, padding: "same", activation: "sigmoid" }, memory); // prettier-ignore
const model = net.model(film, guess);

let guessed: ArrayLike<number> = [];
export const curve: [number, number][] = [];
for await (const event of fit(model, dataset(train).batch(8), {
  epochs: full ? 25 : 12,
  loss: binaryCrossentropy(),
  optimizer: adam({ learningRate: 0.01 }),
  seed: 1,
})) {
  if (event.type === "epoch") curve.push([event.epoch + 1, event.loss]);
  if (event.type === "end") {
    await using session = await open(model, event.weights);
    guessed = (await session.predict(test.x)).data as Float32Array;
  }
}
const learned = error((film, pixel) => guessed[film * frame + pixel]!);
export const errors = [
  { guess: "the last frame once more", "squared error": copied },
  { guess: "ConvLSTM", "squared error": learned },
];
console.table(errors);
// #endregion train

// #region pictures
import { contactSheet } from "@cajal/datasets";

/** A row a film: what it saw, what came, what it guessed. */
const rows = [0, 1, 2, 3].flatMap((film) => [
  ...test.x.data.subarray(film * frames * frame, (film + 1) * frames * frame),
  ...truth.subarray(film * frame, (film + 1) * frame),
  ...Array.from({ length: frame }, (_, pixel) => guessed[film * frame + pixel]!),
]);
export const sheet = contactSheet(tensor("float32", [4 * (frames + 2), size, size, 1], rows), {
  columns: frames + 2,
});
// #endregion pictures

export const claims = {
  "The network's error is less than half of that of repeating the last frame": learned < copied / 2,
};
