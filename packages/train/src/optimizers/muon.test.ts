// Muon reads the shapes of weights, whichever layout an engine gives them: whole steps, with Keras' numbers.
import { tensor, type Tensor } from "@cajal/core";
import { functional, resolve } from "@cajal/models";
import { openTrainStep } from "@cajal/runtime";
import { expect, it } from "vitest";
import { averaged, muon, sparseCategoricalCrossentropy } from "../index";

const net = functional("words");
const words = net.input([6], { dtype: "int32" });
let x = net.layer("Embedding", { input_dim: 7, output_dim: 5, name: "embedding" }, words);
x = net.layer("LSTM", { units: 4, return_sequences: true, name: "lstm" }, x);
x = net.layer("GRU", { units: 3, return_sequences: true, name: "gru" }, x);
x = net.layer("Conv1D", { filters: 4, kernel_size: 2, activation: "tanh", name: "conv" }, x);
const kernel_constraint = { class_name: "MaxNorm", config: { max_value: 0.5, axis: 0 } };
x = net.layer("Dense", { units: 8, activation: "tanh", kernel_constraint, name: "hidden" }, net.layer("Flatten", {}, x)); // prettier-ignore
const model = net.model([words], [net.layer("Dense", { units: 3, name: "logits" }, x)]);

const start = new Map<string, Tensor<"float32">>();
for (const { key, shape } of resolve(model).layers.flatMap(({ weights }) => weights)) {
  const weight = tensor("float32", shape);
  weight.data.forEach((_, i) => (weight.data[i] = 0.5 * Math.sin(1.7 * i + start.size)));
  start.set(key, weight);
}

const batch = {
  x: tensor("int32", [8, 6], Array.from({ length: 48 }, (_, at) => { const i = Math.floor(at / 6) + 1; return (i * (at % 6) + i) % 7; })), // prettier-ignore
  y: tensor("int32", [8], [0, 1, 2, 0, 1, 2, 0, 1]),
};

/**
 * Losses of three steps, then of each weight the sum, the sum of i · wᵢ, and the first number. Keras 3.15.1 on PyTorch: on
 * TensorFlow it squares the rows of an embedding's gradient before it adds up those of one word.
 */
const losses = [1.1097687, 1.0873952, 1.0873438];
const expected: Record<string, number[]> = {
  "embedding/embeddings": [0.3787223, 4.509212, 0.1168741],
  "lstm/lstm_cell/kernel": [0.4668344, 7.116478, 0.4352953],
  "lstm/lstm_cell/recurrent_kernel": [0.7274393, 30.10307, 0.4407772],
  "lstm/lstm_cell/bias": [0.4361753, 7.282628, 0.2031584],
  "gru/gru_cell/kernel": [-0.6444014, -4.512579, -0.3787798],
  "gru/gru_cell/recurrent_kernel": [-0.531257, -9.653236, -0.4896024],
  "gru/gru_cell/bias": [0.1383061, 1.098908, -0.1508239],
  "conv/kernel": [0.5571872, 9.604503, 0.2074571],
  "conv/bias": [0.3298086, -0.1091413, 0.6252596],
  "hidden/kernel": [0.04467193, 13.31809, 0.07629543],
  "hidden/bias": [-0.2083606, 1.353522, -0.3301407],
  "logits/kernel": [-0.5065237, -6.242272, -0.5016058],
  "logits/bias": [0.3049681, 0.9033316, -0.2203405],
};

it.each([
  ["onnx", muon({ learningRate: 0.05 })],
  ["onnx", averaged(muon({ learningRate: 0.05 }))],
  ["tfjs", muon({ learningRate: 0.05 })],
] as const)("on engine %s", async (engine, optimizer) => {
  const step = await openTrainStep(model, start, {
    engine,
    device: "cpu",
    optimizer,
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
  });
  for (const loss of losses) expect((await step.run(batch)).loss).toBeCloseTo(loss, 5);
  const weights = await step.weights();
  for (const [key, numbers] of Object.entries(expected)) {
    const data = [...(weights.get(key)!.data as Float32Array)];
    const got = [data.reduce((a, b) => a + b), data.reduce((sum, w, i) => sum + w * (i + 1), 0), data[0]!]; // prettier-ignore
    // Five iterations of degree five make more of what float32 rounds.
    const scale = data.length;
    got.forEach((each, i) => expect(Math.abs(each - numbers[i]!), `${key} ${i}`).toBeLessThan(i === 2 ? 2e-5 : i === 1 ? 2e-5 * scale : 1e-4)); // prettier-ignore
  }
  // The momentum of a matrix lies as Keras lays it out, too.
  const state = await step.state();
  expect(state.get("logits/kernel/momentum")!.shape).toEqual([8, 3]);
  expect(state.get("logits/kernel/velocity")!.data.every((each) => Number(each) === 0)).toBe(true);
  await step.dispose();
});
