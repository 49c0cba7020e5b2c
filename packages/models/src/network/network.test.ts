import { describe, expect, it } from "vitest";
import type { InboundRef, LayerEntry, ModelConfig } from "../keras/config";
import { resolve } from "./network";

const input = (name: string, ...shape: number[]): LayerEntry => ({
  class_name: "InputLayer",
  name,
  config: { batch_input_shape: [null, ...shape] },
  inbound_nodes: [],
});

const layer = (
  class_name: string,
  name: string,
  from: readonly (string | InboundRef)[],
  config: Readonly<Record<string, unknown>> = {},
): LayerEntry => ({
  class_name,
  name,
  config,
  inbound_nodes: [from.map((ref) => (typeof ref === "string" ? [ref, 0, 0, {}] : ref))],
});

const model = (
  layers: LayerEntry[],
  inputs = ["x"],
  output = layers.at(-1)!.name,
): ModelConfig => ({
  class_name: "Functional",
  config: {
    name: "m",
    layers,
    input_layers: inputs.map((name) => [name, 0, 0]),
    output_layers: [[output, 0, 0]],
  },
});

const x = input("x", 4, 5, 3);

describe("resolve refuses", () => {
  it.each([null, undefined, 7, "null", []])("what is no model: %j", (value) =>
    expect(() => resolve(value as never)).toThrow(expect.objectContaining({ name: "CajalError" })),
  );

  it.each<[what: string, model: ModelConfig, code: string, said: string[]]>([
    [
      "an unknown layer class, naming the known, nearest first",
      model([x, layer("Conv4D", "c", ["x"])]),
      "unknown-name",
      ['layer "c"', '"Conv4D"', "Known, nearest first: Conv1D, Conv2D"],
    ],
    [
      "an unknown config key",
      model([x, layer("Conv2D", "c", ["x"], { filters: 1, kernel_size: 1, stride: 2 })]),
      "unknown-option",
      ['layer "c" (Conv2D)', '"stride"', "strides"],
    ],
    [
      "a setting that is not honoured",
      model([x, layer("Dense", "d", ["x"], { units: 1, sliding_window: 4 })]),
      "unsupported",
      ['layer "d" (Dense)', "sliding_window", "expected null"],
    ],
    [
      "a missing field",
      model([x, layer("Conv2D", "c", ["x"], { filters: 1 })]),
      "bad-argument",
      ['layer "c" (Conv2D)', '"kernel_size" is missing'],
    ],
    [
      "a field of the wrong kind",
      model([x, layer("Conv2D", "c", ["x"], { filters: 0.5, kernel_size: 1 })]),
      "bad-argument",
      ['layer "c" (Conv2D)', '"filters"', "got 0.5", "whole number"],
    ],
    [
      "an unknown activation",
      model([x, layer("Activation", "a", ["x"], { activation: "rleu" })]),
      "unknown-name",
      ['layer "a" (Activation)', '"rleu"', "relu"],
    ],
    [
      "channels first",
      model([
        x,
        layer("Conv2D", "c", ["x"], {
          filters: 1,
          kernel_size: 1,
          data_format: "channels_middle",
        }),
      ]),
      "bad-argument",
      ['layer "c" (Conv2D)', "channels_middle", "channels_first"],
    ],
    [
      "a kernel larger than its image",
      model([x, layer("Conv2D", "c", ["x"], { filters: 1, kernel_size: 5 })]),
      "bad-shape",
      ['layer "c" (Conv2D)', '[?,4,5,3] from "x"', "window of 5", "extent of 4"],
    ],
    [
      "a pool larger than its image",
      model([x, layer("MaxPooling2D", "p", ["x"], { pool_size: [2, 9] })]),
      "bad-shape",
      ['layer "p" (MaxPooling2D)', "[?,4,5,3]", "window of 9"],
    ],
    [
      "a sum of shapes that do not fit",
      model([x, input("y", 4, 5, 2), layer("Add", "sum", ["x", "y"])], ["x", "y"]),
      "bad-shape",
      ['layer "sum" (Add)', '[?,4,5,3] from "x"', '[?,4,5,2] from "y"'],
    ],
    [
      "shapes that differ beside the axis of a concatenation",
      model([x, input("y", 4, 4, 3), layer("Concatenate", "joined", ["x", "y"])], ["x", "y"]),
      "bad-shape",
      ['layer "joined" (Concatenate)', '[?,4,5,3] from "x"', '[?,4,4,3] from "y"', "axis 3"],
    ],
    [
      "an input of the wrong rank",
      model([input("x", 7), layer("Conv2D", "c", ["x"], { filters: 1, kernel_size: 1 })]),
      "bad-shape",
      ['layer "c" (Conv2D)', "[?,7]", "expected 4 axes"],
    ],
    [
      "a reshape to another number of elements",
      model([x, layer("Reshape", "r", ["x"], { target_shape: [7, -1] })]),
      "bad-shape",
      ['layer "r" (Reshape)', "[?,4,5,3]", "[7,-1]"],
    ],
    [
      "too many inputs",
      model([x, layer("Flatten", "f", ["x", "x"])]),
      "bad-model",
      ['layer "f" (Flatten)', "got 2 inputs", "expected 1"],
    ],
    [
      "an input that is not there",
      model([x, layer("Flatten", "f", ["z"])]),
      "bad-model",
      ['layer "f" (Flatten)', '"z"', "Known, nearest first: x, f"],
    ],
    [
      "an output that its maker does not have",
      model([x, layer("Flatten", "f", [["x", 0, 1, {}]])]),
      "bad-model",
      ['layer "f" (Flatten)', "output 1", '"x"'],
    ],
    [
      "a call that is not there",
      model([
        x,
        layer("Flatten", "f", ["x"]),
        layer("Dense", "d", [["f", 3, 0, {}]], { units: 1 }),
      ]),
      "bad-model",
      ['layer "f" (Flatten)', "call 3", '"d"'],
    ],
    [
      "a cycle",
      model([x, layer("Add", "a", ["x", "b"]), layer("ReLU", "b", ["a"])]),
      "bad-model",
      ["cycle", "b → a → b"],
    ],
    [
      "two layers of one name",
      model([x, layer("ReLU", "a", ["x"]), layer("ReLU", "a", ["x"])]),
      "bad-model",
      ["two layers", '"a"'],
    ],
    [
      "an InputLayer that is not among the inputs",
      model([x, input("y", 4, 5, 3), layer("Add", "sum", ["x", "y"])]),
      "bad-model",
      ['"y"', "input_layers"],
    ],
    [
      "a call with arguments that matter",
      model([x, layer("ReLU", "a", [["x", 0, 0, { mask: 1 }]])]),
      "unsupported",
      ['layer "a" (ReLU)', "mask"],
    ],
    [
      "free extents that weights depend on",
      model([
        { ...x, config: { batch_input_shape: [null, null, null, null] } },
        layer("Conv2D", "c", ["x"], { filters: 1, kernel_size: 1 }),
      ]),
      "bad-shape",
      ['layer "c" (Conv2D)', "[?,?,?,?]", "last axis"],
    ],
  ])("%s", (_, model, code, messages) => {
    let error: unknown;
    try {
      resolve(model);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code });
    for (const part of messages)
      expect(error).toHaveProperty("message", expect.stringContaining(part));
  });

  it("a shared layer whose calls need different weights", () => {
    const shared: LayerEntry = {
      class_name: "Dense",
      name: "d",
      config: { units: 2 },
      inbound_nodes: [[["x", 0, 0, {}]], [["y", 0, 0, {}]]],
    };
    const addBoth = layer("Add", "sum", ["d", ["d", 1, 0, {}]]);
    const config = model([input("x", 3), input("y", 4), shared, addBoth], ["x", "y"]);
    expect(() => resolve(config)).toThrow(
      expect.objectContaining({
        code: "bad-shape",
        message: expect.stringMatching(/"d" \(Dense\).*\[3,2\].*\[4,2\]/),
      }),
    );
  });
});

describe("resolve", () => {
  it("lists layers as Keras does, by depth, whatever their order in the config", () => {
    const a = layer("ReLU", "a", ["x"]);
    const b = layer("ReLU", "b", ["a"]);
    const sum = layer("Add", "sum", ["b", "x"]);
    const names = resolve(model([sum, b, x, a], ["x"], "sum")).layers.map(({ name }) => name);
    expect(names).toEqual(["x", "a", "b", "sum"]);
  });

  it("leaves free extents free", () => {
    const freeInput = { ...x, config: { batch_input_shape: [null, null, 5, 3] } };
    const conv = layer("Conv2D", "c", ["x"], { filters: 2, kernel_size: 3 });
    const { outputs } = resolve(model([freeInput, conv]));
    expect(outputs[0]!.shape).toEqual([null, null, 3, 2]);
  });
});
