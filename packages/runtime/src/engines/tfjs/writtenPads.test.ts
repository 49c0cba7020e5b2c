// Convolutions in WebAssembly whose windows are smaller than their strides, along one axis or both, beside ONNX Runtime's.
import { weightSpecs } from "@cajal/models";
import { expect, it } from "vitest";
import { single } from "../../../../models/testing/checkLayer";
import { open } from "../../open";
import { drawn } from "../../../testing/drawn";

const cases: [string, object][] = [
  ["Conv2D", { filters: 2, kernel_size: [2, 1], strides: 3 }],
  ["Conv2D", { filters: 2, kernel_size: [1, 2], strides: 3, activation: "relu" }],
  ["Conv2D", { filters: 2, kernel_size: 1, strides: 3 }],
  ["Conv2D", { filters: 2, kernel_size: 2, dilation_rate: 2, use_bias: false }],
  ["DepthwiseConv2D", { kernel_size: [2, 1], strides: 3, depth_multiplier: 2 }],
  ["DepthwiseConv2D", { kernel_size: [1, 4], strides: 3, activation: "relu6" }],
  ["SeparableConv2D", { filters: 2, kernel_size: [2, 1], strides: 2, use_bias: false }],
];

it.each(cases)("%s %j", async (className, config) => {
  const shape = [2, 7, 8, 2];
  const model = single(className, { ...config, padding: "same" }, [{ shape }]);
  const weights = new Map(weightSpecs(model).map(({ key, shape }) => [key, drawn(shape, key)]));
  const x = drawn(shape, "x");
  const on = async (engine: "onnx" | "tfjs", device: "cpu" | "wasm") => {
    await using session = await open(model, weights, { engine, device });
    return session.predict(x);
  };
  const [reference, got] = [await on("onnx", "cpu"), await on("tfjs", "wasm")];
  expect(got.shape).toEqual(reference.shape);
  reference.data.forEach((value, i) => expect(got.data[i]).toBeCloseTo(Number(value), 5));
});
