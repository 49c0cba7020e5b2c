// Sequences of one step, which TF.js divides into one part, in training beside ONNX Runtime's: behind another layer, whose weights need
// the gradient of the sequence.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { expect, it } from "vitest";
import { descent, sum } from "../../../testing/training";
import { initialize } from "../../initializers/initialize";
import { openTrainStep } from "../../openTrainStep";

const steps = [3, 1, 2];
const images = [2, 1, 3, 3, 2];
const inner = (class_name: string, config: object) => ({ layer: { class_name, config } });
const cells = [
  { class_name: "LSTMCell", config: { units: 2 } },
  { class_name: "GRUCell", config: { units: 1 } },
];

it.each<[string, object, number[]]>([
  ["SimpleRNN", { units: 2, return_sequences: true }, steps],
  ["LSTM", { units: 2 }, steps],
  ["GRU", { units: 2, return_sequences: true }, steps],
  ["GRU", { units: 2, reset_after: false }, steps],
  ["Bidirectional", inner("GRU", { units: 2 }), steps],
  ["RNN", { cell: { class_name: "StackedRNNCells", config: { cells } } }, steps],
  ["TimeDistributed", inner("Dense", { units: 2 }), steps],
  ["ConvLSTM2D", { filters: 2, kernel_size: 2 }, images],
])("%s %j", async (className, config, shape) => {
  const net = functional("of one step");
  const input = net.input(shape.slice(1));
  const before = net.layer("Dense", { units: 2, name: "before" }, input);
  const model = net.model(input, net.layer(className as "RNN", config as never, before));
  const size = shape.reduce((a, b) => a * b, 1);
  const x = tensor(
    "float32",
    shape,
    Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
  );
  const trainedOn = async (engine: "onnx" | "tfjs") => {
    const weights = initialize(model, { seed: 1 });
    const options = { loss: sum, optimizer: descent(0.1), engine, device: "cpu" } as const;
    await using step = await openTrainStep(model, weights, options);
    await step.run({ x, y: tensor("float32", [shape[0]!, 1], new Float32Array(shape[0]!)) });
    return step.weights();
  };
  const [reference, got] = [await trainedOn("onnx"), await trainedOn("tfjs")];
  expect(got.get("before/kernel")!.data).not.toEqual(
    initialize(model, { seed: 1 }).get("before/kernel")!.data,
  );
  for (const [key, { data }] of reference)
    data.forEach((value, i) => expect(got.get(key)!.data[i]).toBeCloseTo(Number(value), 5));
});
