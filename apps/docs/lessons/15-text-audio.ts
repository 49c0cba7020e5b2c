// Lesson 15: sentences, sounds, and a picture together with a table.
// #region sentences
import { at, random, tensor } from "@cajal/core";
import { adam, train as fit } from "@cajal/train";

const full = process.argv.includes("--full");
const common = { optimizer: "adam", metrics: ["accuracy"], seed: 1 } as const;

const good = ["good", "funny", "clever", "moving", "brilliant", "warm"];
const bad = ["bad", "dull", "silly", "cold", "awful", "slow"];
const parts = ["the film", "the plot", "the music", "the acting", "the ending"];
const before = ["", "", "we saw it twice and", "to be honest", "for the most part"];
const after = ["", "", "from start to end", "and we went home"];

/** Reviews by a grammar, and whether they are favourable: "not" turns what follows, "but" takes back what was before. */
function reviews(n: number, seed: number) {
  const numbers = random(seed, "reviews");
  const one = (of: readonly string[]) => of[numbers.integer(of.length)]!;
  const clause = () => {
    const [favourable, not] = [numbers.integer(2) === 1, numbers.integer(3) === 0];
    const words = [one(parts), "was", not ? one(["not", "never"]) : one(["", "very"]), one(favourable ? good : bad)]; // prettier-ignore
    return { words: words.join(" "), favourable: favourable !== not };
  };
  return Array.from({ length: n }, () => {
    const [first, second] = [clause(), clause()];
    const but = numbers.integer(2) === 1;
    const text = [one(before), first.words, ...(but ? ["but", second.words] : []), one(after)];
    return {
      words: text.join(" ").split(" ").filter((word) => word !== ""), // prettier-ignore
      favourable: (but ? second : first).favourable,
    };
  });
}
const [known, unknown] = [reviews(full ? 4000 : 800, 1), reviews(400, 2)];
// #endregion sentences
export const some = known.slice(0, 6).map(({ words, favourable }) => ({
  review: words.join(" "),
  favourable: favourable ? "yes" : "no",
}));

// #region numbers
/** Numbers from 1; 0 is where there is no word any more. */
const vocabulary = new Map([...new Set(known.flatMap(({ words }) => words))].map((word, i) => [word, i + 1])); // prettier-ignore
const length = Math.max(...known.map(({ words }) => words.length));
const numbered = (of: typeof known) => ({
  x: tensor(
    "int32",
    [of.length, length],
    of.flatMap(({ words }) =>
      Array.from({ length }, (_, i) => vocabulary.get(words[i] ?? "") ?? 0),
    ),
  ),
  y: tensor("float32", [of.length, 1], of.map(({ favourable }) => Number(favourable))), // prettier-ignore
});
// #endregion numbers
export const vocabularySize = vocabulary.size;

// #region counts
import LogisticRegression from "ml-logistic-regression";
import { Matrix } from "ml-matrix";

/** How often each word occurs, in whatever order; a 1 in front. */
const counts = (of: typeof known) =>
  new Matrix(
    of.map(({ words }) => [1, ...[...vocabulary.keys()].map((word) => words.filter((w) => w === word).length)]), // prettier-ignore
  );
const logistic = new LogisticRegression({ numSteps: 400, learningRate: 0.0005 });
logistic.train(counts(known), Matrix.columnVector(known.map(({ favourable }) => Number(favourable)))); // prettier-ignore
const guesses = logistic.predict(counts(unknown));
const byCounts = unknown.filter(({ favourable }, i) => Number(favourable) === guesses[i]).length / unknown.length; // prettier-ignore
// #endregion counts

// #region text
import { functional, type ModelConfig } from "@cajal/models";

function inOrder(layer: "LSTM" | "Conv1D") {
  const net = functional(layer);
  const words = net.input([length], { name: "words", dtype: "int32" });
  const embedding = { input_dim: vocabulary.size + 1, output_dim: 12, mask_zero: layer === "LSTM" };
  let x = net.layer("Embedding", embedding, words);
  if (layer === "LSTM") x = net.layer("LSTM", { units: 16 }, x);
  else {
    x = net.layer("Conv1D", { filters: 32, kernel_size: 5, activation: "relu" }, x);
    x = net.layer("GlobalMaxPooling1D", {}, x);
  }
  return net.model(words, net.layer("Dense", { units: 1, activation: "sigmoid" }, x));
}
async function examined(model: ModelConfig, epochs: number): Promise<number> {
  let accuracy = 0;
  for await (const event of fit(model, numbered(known), {
    ...common,
    epochs,
    validation: numbered(unknown),
    loss: "binary_crossentropy",
    optimizer: adam({ learningRate: 0.01 }),
  }))
    if (event.type === "epoch") accuracy = event.validation!.metrics.accuracy!;
  return accuracy;
}
export const onText = [
  { model: "word counts, logistic regression", accuracy: byCounts },
  { model: "Embedding and Conv1D", accuracy: await examined(inOrder("Conv1D"), full ? 8 : 5) },
  { model: "Embedding and LSTM", accuracy: await examined(inOrder("LSTM"), full ? 8 : 5) },
];
console.table(onText);
// #endregion text

// #region sound
import { decibels, stft, tones } from "@cajal/datasets";

const [sounds, otherSounds] = [
  tones({ n: full ? 2000 : 240, seed: 1 }),
  tones({ n: 240, seed: 2 }),
];
export const notes = sounds.classes!;
const samples = 2048; // of a sound, a quarter of a second
/** Of each sound its spectra along time, in decibels: [n, frames, frequencies]. */
async function spectrograms(data: typeof sounds) {
  const { x, y } = await data.all();
  const all = [...y.data.keys()].map((i) => {
    const wave = tensor("float32", [samples], x.data.slice(i * samples, (i + 1) * samples));
    const { real, imaginary } = stft(wave, { fftSize: 1024, hopLength: 512 });
    return decibels(tensor("float32", real.shape, real.data.map((re, k) => re ** 2 + imaginary.data[k]! ** 2))); // prettier-ignore
  });
  const [frames, frequencies] = all[0]!.shape as [number, number];
  const values = Float32Array.from(all.flatMap(({ data }) => [...data]), (db) => db / 40); // prettier-ignore
  return { x: tensor("float32", [all.length, frames, frequencies], values), y };
}
async function waves(data: typeof sounds) {
  const { x, y } = await data.all();
  return { x: { ...x, shape: [...x.shape, 1] }, y }; // one channel
}
// #endregion sound

// #region hear
import type { Tensor } from "@cajal/core";

/** Filters along time, the mean of what they find, a decision. */
function ear(shape: readonly number[], filters: { kernel_size: number; strides: number }) {
  const net = functional("ear");
  const sound = net.input(shape, { name: "sound" });
  const x = net.layer("Conv1D", { filters: 48, activation: "relu", ...filters }, sound);
  const mean = net.layer("GlobalAveragePooling1D", {}, x);
  return net.model(sound, net.layer("Dense", { units: 12, activation: "softmax" }, mean));
}
type Sounds = { x: Tensor<"float32">; y: Tensor<"int32"> };
async function heard(learning: Sounds, testing: Sounds, model: ModelConfig): Promise<number> {
  let accuracy = 0;
  for await (const event of fit(model, learning, {
    ...common,
    optimizer: adam({ learningRate: 0.003 }),
    epochs: 12,
    validation: testing,
    loss: "sparse_categorical_crossentropy",
  }))
    if (event.type === "epoch") accuracy = event.validation!.metrics.accuracy!;
  return accuracy;
}
const [spectra, otherSpectra] = [await spectrograms(sounds), await spectrograms(otherSounds)];
const [frames, frequencies] = spectra.x.shape.slice(1) as [number, number];
export const onSound = [
  {
    input: "the wave",
    accuracy: await heard(await waves(sounds), await waves(otherSounds), ear([samples, 1], { kernel_size: 64, strides: 16 })), // prettier-ignore
  },
  {
    input: "its spectrogram",
    accuracy: await heard(spectra, otherSpectra, ear([frames, frequencies], { kernel_size: 1, strides: 1 })), // prettier-ignore
  },
];
console.table(onSound);
// #endregion hear

/** Of two sounds the decibels in the middle, up to 1,200 Hz. */
export const spectra2 = [0, 1].map((i) => ({
  name: notes[spectra.y.data[i]!]!,
  points: Array.from({ length: 154 }, (_, k) => [(k * 8000) / 1024, 40 * spectra.x.data[(i * frames + 2) * frequencies + k]!]), // prettier-ignore
}));

// #region mixed
import { digits, rescale } from "@cajal/datasets";

/** A picture of a digit, and a row of a table with a limit: is the digit above it? */
async function exceeding(from: number, to: number, seed: number) {
  const { x, y } = await digits().map(rescale(1 / 16)).skip(from).take(to - from).all(); // prettier-ignore
  const numbers = random(seed, "limits");
  const limits = Float32Array.from(y.data, () => 0.5 + numbers.integer(9));
  const above = Float32Array.from(y.data, (digit, i) => Number(digit > limits[i]!));
  return {
    x: { picture: x, row: tensor("float32", [limits.length, 1], limits.map((limit) => limit / 10)) }, // prettier-ignore
    y: tensor("float32", [above.length, 1], above),
  };
}
const [learning, testing] = [await exceeding(0, 1200, 1), await exceeding(1200, 1797, 2)];
// #endregion mixed

// #region two
const net = functional("both");
const picture = net.input([8, 8, 1], { name: "picture" });
const row = net.input([1], { name: "row" });
const convolution = { filters: 16, kernel_size: 3, activation: "relu" } as const;
let x = net.layer("MaxPooling2D", {}, net.layer("Conv2D", convolution, picture));
x = net.layer("Dense", { units: 24, activation: "relu" }, net.layer("Flatten", {}, x));
const together = net.layer("Concatenate", {}, [x, row]);
const decision = net.layer("Dense", { units: 24, activation: "relu" }, together);
const both = net.model([picture, row], net.layer("Dense", { units: 1, activation: "sigmoid" }, decision)); // prettier-ignore
// #endregion two

// #region use
import { open } from "@cajal/runtime";

/** The same numbers, dealt to other examples. */
const dealt = (of: Tensor<"float32">, seed: number) => {
  const order = random(seed, "deal").permutation(of.shape[0]!);
  return tensor("float32", of.shape, [...order].flatMap((i) => [...at(of, i).data])); // prettier-ignore
};
export const onBoth: { "what it is given": string; accuracy: number }[] = [];
for await (const event of fit(both, learning, {
  ...common,
  optimizer: adam({ learningRate: 0.005 }),
  epochs: full ? 30 : 12,
  loss: "binary_crossentropy",
})) {
  if (event.type !== "end") continue;
  await using session = await open(both, event.weights);
  const { picture, row } = testing.x;
  for (const [name, given] of Object.entries({
    "picture and row": { picture, row },
    "the picture, and somebody else's row": { picture, row: dealt(row, 1) },
    "the row, and somebody else's picture": { picture: dealt(picture, 2), row },
  })) {
    const [said] = Object.values(await session.run(given));
    const right = [...testing.y.data].filter((above, i) => above === Number(said!.data[i]! > 0.5));
    onBoth.push({ "what it is given": name, accuracy: right.length / testing.y.data.length });
  }
}
console.table(onBoth);
// #endregion use

const [counted, convolved, read] = onText.map(({ accuracy }) => accuracy);
export const claims = {
  "Word counts know less than networks that read in order": counted! < Math.min(convolved!, read!) - 0.1, // prettier-ignore
  "The LSTM finds nine of ten reviews' verdicts": read! > 0.9,
  "From a few hundred sounds a spectrogram is easier to learn from than a wave, and never harder":
    onSound[1]!.accuracy >= onSound[0]!.accuracy + (full ? 0 : 0.1),
  "With a picture and a row it is right more often than with either of somebody else":
    onBoth[0]!.accuracy > Math.max(onBoth[1]!.accuracy, onBoth[2]!.accuracy) + 0.1,
};
