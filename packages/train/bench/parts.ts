// A step whose batch is computed in parts beside one that computes it as a whole, in turns:
//   node scripts/run-source.mjs packages/train/bench/parts.ts [lenet,cifar,…] [--steps 40] [--rounds 4] [--threads 2]
// Prints medians in milliseconds, and their ratio. Without names: all networks below.
import { parseArgs } from "node:util";
import { random, tensor } from "@cajal/core";
import { functional, lenet5, type Functional, type ModelConfig } from "@cajal/models";
import { initialize, openTrainStep, type TrainStep } from "@cajal/runtime";
import { adam, sparseCategoricalCrossentropy } from "@cajal/train";

process.env["ORT_DISABLE_TELEMETRY"] ??= "1";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "40" },
    rounds: { type: "string", default: "4" },
    threads: { type: "string", default: "2" },
  },
});
const [steps, rounds, threads] = [values.steps, values.rounds, values.threads].map(Number) as [number, number, number]; // prettier-ignore

type Value = ReturnType<Functional["input"]>;

interface Network {
  readonly model: ModelConfig;
  readonly x: readonly number[];
  /** Of integers, as words are numbered. */
  readonly words?: number;
}

/** A classifier of ten, whose last layer is added. */
function classifier(
  x: readonly number[],
  body: (net: Functional, x: Value) => Value,
  words?: number,
): Network {
  const net = functional("net");
  const input = net.input(x.slice(1), words === undefined ? {} : { dtype: "int32" });
  const model = net.model([input], [net.layer("Dense", { units: 10 }, body(net, input))]);
  return { model, x, ...(words !== undefined && { words }) };
}

function convolutions(net: Functional, x: Value, filters: readonly number[]): Value {
  const same = { kernel_size: 3, padding: "same", activation: "relu" } as const;
  for (const maps of filters) {
    x = net.layer("Conv2D", { ...same, filters: maps }, x);
    x = net.layer("Conv2D", { ...same, filters: maps }, x);
    x = net.layer("MaxPooling2D", {}, x);
  }
  return net.layer("GlobalAveragePooling2D", {}, x);
}

function attention(net: Functional, words: Value): Value {
  let x = net.layer("Embedding", { input_dim: 1000, output_dim: 64 }, words);
  for (let i = 0; i < 2; i++) {
    const attended = net.layer("MultiHeadAttention", { num_heads: 4, key_dim: 16 }, [x, x]);
    x = net.layer("LayerNormalization", {}, net.layer("Add", {}, [x, attended]));
    const wide = net.layer("Dense", { units: 128, activation: "relu" }, x);
    const added = net.layer("Add", {}, [x, net.layer("Dense", { units: 64 }, wide)]);
    x = net.layer("LayerNormalization", {}, added);
  }
  return net.layer("GlobalAveragePooling1D", {}, x);
}

const networks: Readonly<Record<string, () => Network>> = {
  lenet: () => ({ model: lenet5({ classifier_activation: null }), x: [64, 28, 28, 1] }),
  lenet256: () => ({ model: lenet5({ classifier_activation: null }), x: [256, 28, 28, 1] }),
  mnist: () =>
    classifier([64, 28, 28, 1], (net, image) => {
      let x = net.layer("Conv2D", { filters: 32, kernel_size: 3, activation: "relu" }, image);
      x = net.layer("MaxPooling2D", {}, x);
      x = net.layer("Conv2D", { filters: 64, kernel_size: 3, activation: "relu" }, x);
      x = net.layer("Flatten", {}, net.layer("MaxPooling2D", {}, x));
      return net.layer("Dropout", { rate: 0.5 }, x);
    }),
  cifar: () => classifier([32, 32, 32, 3], (net, x) => convolutions(net, x, [32, 64, 128])),
  words: () =>
    classifier(
      [64, 64],
      (net, x) => {
        const embedded = net.layer("Embedding", { input_dim: 2000, output_dim: 32 }, x);
        const layer = { class_name: "LSTM", config: { units: 32 } };
        return net.layer("Bidirectional", { layer }, embedded);
      },
      2000,
    ),
  attention: () => classifier([32, 64], attention, 1000),
  rnn: () => classifier([64, 64, 8], (net, x) => net.layer("SimpleRNN", { units: 128 }, x)),
  // Which stay whole.
  dense: () =>
    classifier([128, 784], (net, x) => net.layer("Dense", { units: 256, activation: "relu" }, x)),
};

async function median(step: TrainStep, batch: Parameters<TrainStep["run"]>[0]): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await step.run(batch);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[steps >> 1]!;
}

const names = positionals[0]?.split(",") ?? Object.keys(networks);
for (const name of names) {
  const network = networks[name];
  if (!network) throw new Error(`network: got ${name}, expected some of ${Object.keys(networks).join(",")}.`); // prettier-ignore
  const { model, x: shape, words } = network();
  const numbers = random(1, "parts");
  const x = tensor(words === undefined ? "float32" : "int32", shape);
  x.data.forEach((_, i) => (x.data[i] = words === undefined ? numbers.float() : numbers.integer(words))); // prettier-ignore
  const examples = shape[0]!;
  const y = tensor("int32", [examples], Array.from({ length: examples }, () => numbers.integer(10))); // prettier-ignore
  const key = "a batch in parts, at most";
  const open = (formulations: Readonly<Record<string, string>>) =>
    openTrainStep(model, initialize(model, { seed: 1 }), {
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      optimizer: adam(),
      device: "cpu",
      threads,
      verify: false,
      formulations,
    });
  const [whole, parts] = [await open({ [key]: "1" }), await open({})];
  for (const step of [whole, parts]) await median(step, { x, y });
  const what = parts.formulations()[key] ? "in parts" : "whole, too";
  for (let round = 0; round < rounds; round++) {
    const [a, b] = [await median(whole, { x, y }), await median(parts, { x, y })];
    console.log(`${name.padEnd(10)} batch ${String(examples).padStart(4)}   whole ${a.toFixed(2).padStart(7)} ms   ${what} ${b.toFixed(2).padStart(7)} ms   ${(b / a).toFixed(2)}`); // prettier-ignore
  }
  await whole.dispose();
  await parts.dispose();
}
