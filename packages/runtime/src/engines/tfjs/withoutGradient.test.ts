import { tensor } from "@cajal/core";
import { readKeras } from "@cajal/models";
import { expect, test } from "vitest";
import { initialize, openGradient } from "../../index";

const layer = (class_name: string, name: string, config: object, inputs: readonly string[]) => ({
  class_name,
  name,
  config: { name, ...config },
  inbound_nodes: inputs.length > 0 ? [inputs.map((input) => [input, 0, 0, {}])] : [],
});
const operation = (name: string, operation: string, args: readonly unknown[], inputs: readonly string[]) =>
  layer("Operation", name, { operation, arguments: args, options: {} }, inputs); // prettier-ignore
const model = (layers: readonly { readonly name: string }[]) => readKeras({
  class_name: "Functional",
  config: { name: "steps", layers, input_layers: [["x", 0, 0]], output_layers: [[layers.at(-1)!.name, 0, 0]] },
}); // prettier-ignore

test("values chosen by comparisons have the gradients of what was chosen", async () => {
  const [first, second] = [{ tensor: 0 }, { tensor: 1 }];
  const chosen = model([
    layer("InputLayer", "x", { batch_input_shape: [null, 4] }, []),
    operation("above", "Greater", [first, 0], ["x"]),
    operation("small", "Less", [first, 2], ["x"]),
    operation("both", "LogicalAnd", [first, second], ["above", "small"]),
    operation("scaled", "Multiply", [first, 0.25], ["x"]),
    operation("y", "Where", [first, second, { tensor: 2 }], ["both", "x", "scaled"]),
  ]);
  await using session = await openGradient(chosen, new Map(), { engine: "tfjs", device: "cpu" });
  const x = tensor("float32", [1, 4], [-1, 0.5, 1, 3]);
  const { value, gradients } = await session.run({ x });
  expect([...value.data]).toEqual([-0.25, 0.5, 1, 0.75]);
  expect([...gradients.x!.data]).toEqual([0.25, 1, 1, 0.25]);
});

test.each(["LSTM", "GRU", "SimpleRNN"])(
  "%s over masked steps: gradients of both engines agree",
  async (cell) => {
    const masked = model([
      layer("InputLayer", "x", { batch_input_shape: [null, 4, 2] }, []),
      layer("Masking", "mask", {}, ["x"]),
      layer(cell, "all", { units: 3, return_sequences: true, go_backwards: true }, ["mask"]),
      layer(cell, "last", { units: 2 }, ["all"]),
    ]);
    const weights = initialize(masked, { seed: 2 });
    const data = [0.3, -0.2, 0.5, 0.1, -0.7, 0.4, 0, 0, 0.2, 0.6, 0, 0, 0, 0, 0, 0];
    const results = await Promise.all(
      (["onnx", "tfjs"] as const).map(async (engine) => {
        await using session = await openGradient(masked, weights, { engine, device: "cpu" });
        const name = session.inputs[0]!.name;
        const { gradients } = await session.run({ [name]: tensor("float32", [2, 4, 2], data) });
        return [...(gradients[name]!.data as Float32Array)];
      }),
    );
    expect(Math.max(...results[0]!.map(Math.abs))).toBeGreaterThan(1e-3);
    results[0]!.forEach((value, i) => expect(results[1]![i]).toBeCloseTo(value, 5));
  },
);

test("a slope of channels within a model of steps runs on TF.js", async () => {
  const step = model([
    layer("InputLayer", "x", { batch_input_shape: [null, 2] }, []),
    layer("PReLU", "slope", {}, ["x"]),
  ]);
  const steps = model([
    layer("InputLayer", "x", { batch_input_shape: [null, 3, 2] }, []),
    layer("TimeDistributed", "each", { layer: step }, ["x"]),
  ]);
  const weights = new Map([["each/steps/slope/alpha", tensor("float32", [2], [0.5, 0.25])]]);
  await using session = await openGradient(steps, weights, { engine: "tfjs", device: "cpu" });
  const x = tensor("float32", [1, 3, 2], [1, -1, -2, 2, -4, -8]);
  const { value, gradients } = await session.run({ x });
  expect([...value.data]).toEqual([1, -0.25, -1, 2, -2, -2]);
  expect([...gradients.x!.data]).toEqual([1, 0.25, 0.5, 1, 0.5, 0.25]);
});
