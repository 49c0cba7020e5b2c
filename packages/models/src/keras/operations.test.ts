// Operations of keras.ops in functional models, against the numbers that Keras gave for them; and those of TensorFlow.
import { readFileSync } from "node:fs";
import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { runOnnx } from "../../testing/runOnnx";
import { toOnnx } from "../lower/lower";
import { functional } from "../network/functional";
import { resolve } from "../network/network";

interface Saved {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
const {
  inputs,
  cases,
}: {
  inputs: Record<string, Saved>;
  cases: Record<string, Saved & { model: object; inputs: string[] }>;
} = JSON.parse(readFileSync(new URL("../../fixtures/operations.json", import.meta.url), "utf8"));

describe("operations as Keras 3 computes them", () => {
  it.each(Object.entries(cases))("%s", async (_, { model, inputs: names, shape, data }) => {
    // As it lies in `.keras` files, and without modules, as in HDF5.
    const withoutModules = JSON.parse(JSON.stringify(model, (key, value) => (key === "module" ? undefined : value))); // prettier-ignore
    for (const form of [model, withoutModules]) {
      expect(resolve(form).outputs[0]!.shape).toEqual([null, ...shape.slice(1)]);
      const feeds = names.map((name) => [name, tensor("float32", inputs[name]!.shape, inputs[name]!.data)] as const); // prettier-ignore
      const [y] = Object.values(await runOnnx(toOnnx(form, new Map()), Object.fromEntries(feeds)));
      expect(y!.shape).toEqual(shape);
      data.forEach((value, i) => expect(Math.abs(Number(y!.data[i]) - value)).toBeLessThan(1e-5));
    }
  });
});

it("refuses several axes where an operation is along one", () => {
  const net = functional("m");
  const x = net.input([3, 4]);
  const options = { axis: [1, 2] };
  expect(() => net.layer("Operation", { operation: "Softmax", arguments: [{ tensor: 0 }], options }, x)).toThrow(/got \[1,2\], expected one whole number as its axis/); // prettier-ignore
});

const ofTensorFlow = (function_: string, call: unknown) => ({
  class_name: "Functional",
  config: {
    name: "m",
    layers: [
      { class_name: "InputLayer", name: "x", config: { batch_input_shape: [null, 3] }, inbound_nodes: [] },
      { class_name: "TFOpLambda", name: "op", config: { name: "op", function: function_ }, inbound_nodes: [call] },
    ],
    input_layers: [["x", 0, 0]],
    output_layers: [["op", 0, 0]],
  },
}); // prettier-ignore

describe("operations of TensorFlow", () => {
  const x = tensor("float32", [1, 3], [1, 2, 5]);
  it.each([
    ["math.subtract", ["_CONSTANT_VALUE", -1, 1, { y: ["x", 0, 0], name: null }], [0, -1, -4]],
    ["math.truediv", ["x", 0, 0, { y: 2, name: null }], [0.5, 1, 2.5]],
    ["math.reduce_sum", ["x", 0, 0, { axis: -1, keepdims: true }], [8]],
    [
      "concat",
      [
        ["x", 0, 0, { axis: -1 }],
        ["x", 0, 0, { axis: -1 }],
      ],
      [1, 2, 5, 1, 2, 5],
    ],
    ["expand_dims", ["x", 0, 0, { axis: 1 }], [1, 2, 5]],
    ["clip_by_value", ["x", 0, 0, { clip_value_min: 2, clip_value_max: 4 }], [2, 2, 4]],
  ] as [string, unknown, number[]][])("tf.%s", async (name, call, expected) => {
    const [y] = Object.values(await runOnnx(toOnnx(ofTensorFlow(name, call), new Map()), { x }));
    expect([...y!.data]).toEqual(expected);
  });

  it.each(["strings.split", "constructor", "image.resize"])("refuses tf.%s by its name", (name) => {
    expect(() => resolve(ofTensorFlow(name, ["x", 0, 0, {}]))).toThrow(new RegExp(`tf\\.${name}`));
  });
});
