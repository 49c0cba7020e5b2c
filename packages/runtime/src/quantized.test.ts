// Layers that Keras quantized, by sums done by hand; what Keras computes is in transfer/fixtures.
import { isCajalError, tensor } from "@cajal/core";
import { readKeras } from "@cajal/models";
import { expect, test } from "vitest";
import { openGradient } from "./index";

const policy = (mode: string, class_name = "QuantizedDTypePolicy") => ({
  class_name,
  config: { mode, source_name: "float32" },
});

const dense = (config: object) =>
  readKeras({
    class_name: "Functional",
    config: {
      name: "quantized",
      layers: [
        { class_name: "InputLayer", name: "x", config: { batch_input_shape: [null, 2] }, inbound_nodes: [] },
        { class_name: "Dense", name: "y", config: { name: "y", units: 1, ...config }, inbound_nodes: [[["x", 0, 0, {}]]] },
      ],
      input_layers: [["x", 0, 0]],
      output_layers: [["y", 0, 0]],
    },
  }); // prettier-ignore

test.each(["onnx", "tfjs"] as const)(
  "int8 rounds inputs by the largest of a row, and has the gradient of what is not rounded, on %s",
  async (engine) => {
    const weights = new Map([
      ["y/kernel", tensor("float32", [2, 1], [127, 64])],
      ["y/kernel_scale", tensor("float32", [1], [127])],
      ["y/bias", tensor("float32", [1], [0.5])],
    ]);
    const model = dense({ dtype: policy("int8") });
    const withRespectTo = ["x", "y/bias"];
    await using session = await openGradient(model, weights, { engine, device: "cpu", withRespectTo }); // prettier-ignore
    // Of 1 and 0.25 come 127 and 32, of -0.5 and 2 -32 and 127.
    const { value, gradients } = await session.run({
      x: tensor("float32", [2, 2], [1, 0.25, -0.5, 2]),
    });
    expect(value.data[0]).toBeCloseTo(1 + (32 * 64) / 127 ** 2 + 0.5, 5);
    expect(value.data[1]).toBeCloseTo(2 * (-32 / 127 + 64 / 127) + 0.5, 5);
    const row = [1, 64 / 127].map((each) => expect.closeTo(each, 5) as number);
    expect([...gradients.x!.data]).toEqual([...row, ...row]);
    expect([...gradients["y/bias"]!.data]).toEqual([2]);
  },
);

test("int4 without inputs rounded: two numbers in a byte, the lower first", async () => {
  const model = dense({ units: 3, use_bias: false, dtype: policy("int4/-1", "Int4DTypePolicy") });
  // 7 and -8, -1 and nothing; 0 and 1, 2 and nothing.
  const kernel = tensor("float32", [2, 2], [7 - 16 * 8, 15, 0 + 16 * 1, 2]);
  const weights = new Map([
    ["y/kernel", kernel],
    ["y/kernel_scale", tensor("float32", [3], [1, 2, 4])],
  ]);
  await using session = await openGradient(model, weights);
  const { value } = await session.run({ x: tensor("float32", [1, 2], [1, 10]) });
  expect([...value.data]).toEqual([7, -4 + 5, -0.25 + 5]);
});

test.each(["float8", "gptq/4/128", "awq/4/128"])("%s is refused by name", async (mode) => {
  const error = await openGradient(dense({ dtype: policy(mode) }), new Map()).catch((error: unknown) => error); // prettier-ignore
  expect(isCajalError(error, "unsupported") && error.message).toContain(mode);
});
