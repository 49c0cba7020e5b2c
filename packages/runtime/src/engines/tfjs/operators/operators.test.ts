// Operators that layers are lowered to within others, and operations of keras.ops, with gradients, beside ONNX Runtime's.
import type { Tensor } from "@cajal/core";
import { readKeras, weightSpecs, type ModelConfig } from "@cajal/models";
import { expect, it } from "vitest";
import { single } from "../../../../../models/testing/checkLayer";
import { open } from "../../../open";
import { openGradient } from "../../../openGradient";
import { drawn } from "../../../../testing/drawn";

const shape = [2, 3, 4, 2];

const operation = (name: string, options: object) =>
  readKeras({
    class_name: "Functional",
    config: {
      name: "one",
      layers: [
        { class_name: "InputLayer", name: "input_0", config: { batch_input_shape: [null, ...shape.slice(1)] }, inbound_nodes: [] },
        { class_name: "Operation", name: "y", config: { name: "y", operation: name, arguments: [{ tensor: 0 }], options }, inbound_nodes: [[["input_0", 0, 0, {}]]] },
      ],
      input_layers: [["input_0", 0, 0]],
      output_layers: [["y", 0, 0]],
    },
  }); // prettier-ignore

const inSteps = (class_name: string, config: object) =>
  single("TimeDistributed", { layer: { class_name, config } }, [{ shape }]);

const inner = "TimeDistributed of";
const cases: [string, ModelConfig][] = [
  [`${inner} LayerNormalization`, inSteps("LayerNormalization", {})],
  [`${inner} LayerNormalization over two axes`, inSteps("LayerNormalization", { axis: [1, 2], center: false })], // prettier-ignore
  [`${inner} ThresholdedReLU`, inSteps("ThresholdedReLU", { theta: 0.5 })],
  ["ThresholdedReLU", single("ThresholdedReLU", { theta: 0.5 }, [{ shape }])],
  ["Logsumexp", operation("Logsumexp", { axis: 2, keepdims: true })],
  ["Logsumexp of all", operation("Logsumexp", { axis: [1, 2, 3], keepdims: false })],
  ["Prod", operation("Prod", { axis: 2, keepdims: true })],
  ["Prod of several", operation("Prod", { axis: [-1, 1], keepdims: false })],
];

const withoutGradients: [string, ModelConfig][] = [
  ["Argmax", operation("Argmax", { axis: 1, keepdims: true })],
  ["Argmin", operation("Argmin", { axis: -1, keepdims: false })],
];

const agree = (got: Tensor, reference: Tensor) => {
  expect([got.dtype, got.shape]).toEqual([reference.dtype, reference.shape]);
  reference.data.forEach((value, i) => expect(Number(got.data[i])).toBeCloseTo(Number(value), 4));
};

const x = drawn(shape, "x");
const weightsOf = (model: ModelConfig) =>
  new Map(weightSpecs(model).map(({ key, shape }) => [key, drawn(shape, key)]));

it.each([...cases, ...withoutGradients])("%s", async (_, model) => {
  const on = async (engine: "onnx" | "tfjs") => {
    await using session = await open(model, weightsOf(model), { engine, device: "cpu" });
    return session.predict(x);
  };
  agree(await on("tfjs"), await on("onnx"));
});

it.each(cases)("the gradient of %s", async (_, model) => {
  const on = async (engine: "onnx" | "tfjs") => {
    await using session = await openGradient(model, weightsOf(model), { engine, device: "cpu" });
    const { value } = await session.run({ input_0: x });
    const { gradients } = await session.run({ input_0: x }, { dy: drawn(value.shape, "dy") });
    return gradients["input_0"]!;
  };
  agree(await on("tfjs"), await on("onnx"));
});
