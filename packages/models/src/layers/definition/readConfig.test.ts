// Keys and values that other Keras write.
import { describe, expect, it } from "vitest";
import { single } from "../../../testing/checkLayer";
import { resolve } from "../../network/network";

const configOf = (className: string, config: Record<string, unknown>, shape = [1, 4, 4, 2]) =>
  resolve(single(className, config, [{ shape }])).layers.at(-1)!.layer!.config;

it.each([
  ["Conv1DTranspose", [1, 4, 2], [0]],
  ["Conv2DTranspose", [1, 4, 4, 2], [0, 1]],
  ["Conv3DTranspose", [1, 4, 4, 4, 2], [1, 0, 1]],
])("adds nothing to the axes of %s that have a 0", (className, shape, output_padding) => {
  const layer = { filters: 2, kernel_size: 3, strides: 2, padding: "same" };
  const { outputs } = resolve(single(className, { ...layer, output_padding }, [{ shape }])).layers.at(-1)!; // prettier-ignore
  expect(outputs[0]).toEqual([null, ...output_padding.map((extra) => 7 + extra), 2]);
});

it.each([
  ["MaxPooling1D", [1, 4, 2], 0],
  ["MaxPooling2D", [1, 4, 4, 2], 0],
  ["AveragePooling2D", [1, 4, 4, 2], [1, 0]],
  ["AveragePooling3D", [1, 4, 4, 4, 2], 0],
])("refuses strides of 0 in %s", (className, shape, strides) => {
  expect(() => configOf(className, { strides }, shape)).toThrow(/"strides": got .*, expected null/);
});

describe("older Keras", () => {
  it.each([
    ["DepthwiseConv2D", { kernel_size: 2 }],
    ["SeparableConv2D", { filters: 2, kernel_size: 2 }],
    ["Conv2DTranspose", { filters: 2, kernel_size: 2 }],
  ])("writes groups: 1 into %s", (className, config) => {
    expect(configOf(className, { ...config, groups: 1 })).toEqual(configOf(className, config));
    expect(() => configOf(className, { ...config, groups: 2 })).toThrow(/"groups": got 2/);
  });

  it.each([
    ["Keras 2.2", { type: "ndarray", value: 0.25 }],
    ["Keras 3, an array", { class_name: "__numpy__", config: { value: 0.25, dtype: "float32" } }],
    ["Keras 3, a tensor", { class_name: "__tensor__", config: { value: 0.25, dtype: "float32" } }],
  ])("writes a number as %s", (_, alpha) => {
    expect(configOf("LeakyReLU", { alpha }).negative_slope).toBe(0.25);
    expect(configOf("ReLU", { max_value: alpha }).max_value).toBe(0.25);
  });

  it("writes tuples and shapes as objects", () => {
    const target_shape = { class_name: "__tuple__", items: [8, 4] };
    expect(configOf("Reshape", { target_shape }).target_shape).toEqual([8, 4]);
    const batch_input_shape = { class_name: "TensorShape", items: [null, 3] };
    const model = {
      class_name: "Sequential",
      config: [
        { class_name: "InputLayer", config: { name: "x", batch_input_shape } },
        { class_name: "ReLU", config: {} },
      ],
    };
    expect(resolve(model).inputs[0]!.shape).toEqual([null, 3]);
  });

  it("writes the policy of its numbers", () => {
    const policy = (name: string) => ({
      module: "keras",
      class_name: "DTypePolicy",
      config: { name },
    });
    for (const dtype of ["float32", "mixed_float16", null, policy("mixed_bfloat16")])
      expect(configOf("ReLU", { dtype })).toEqual(configOf("ReLU", {}));
    for (const dtype of ["int8", 5, policy("int8_from_float32"), {}])
      expect(() => configOf("ReLU", { dtype })).toThrow(/"dtype"/);
  });
});
