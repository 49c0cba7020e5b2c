// What is not written to TF.js, beside what TF.js itself makes of it.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { tensor } from "@cajal/core";
import { readKeras, toKerasJson } from "@cajal/models";
import { initialize, open } from "@cajal/runtime";
import { describe, expect, test } from "vitest";
import { encodeModel } from "../writeModel";

const modelOf = (shape: readonly number[], class_name: string, config: object, inputs = 1) => {
  const names = Array.from({ length: inputs }, (_, i) => `x${i}`);
  return readKeras({
    class_name: "Functional",
    config: {
      name: "tried",
      layers: [
        ...names.map((name) => ({ class_name: "InputLayer", name, config: { name, batch_input_shape: [null, ...shape] }, inbound_nodes: [] })),
        { class_name, name: "layer", config: { name: "layer", ...config }, inbound_nodes: [names.map((name) => [name, 0, 0, {}])] },
      ],
      input_layers: names.map((name) => [name, 0, 0]),
      output_layers: [["layer", 0, 0]],
    },
  }); // prettier-ignore
};

/** The outputs of Cajal and of TF.js, whose error stands for its output where it has one. */
async function both(model: ReturnType<typeof modelOf>, shape: readonly number[]) {
  const weights = initialize(model, { seed: 5 });
  await using session = await open(model, weights);
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: 2 * size }, (_, i) => 2 * Math.sin(i));
  const x = tensor("float32", [2, ...shape], data);
  const y = await session.run(Object.fromEntries(session.inputs.map(({ name }) => [name, x])));
  const { data: cajal } = y[session.outputs[0]!.name]!;
  const theirs = await (async () => {
    const loaded = await tfl.models.modelFromJSON(JSON.parse(JSON.stringify(toKerasJson(model))) as Parameters<typeof tfl.models.modelFromJSON>[0]); // prettier-ignore
    loaded.setWeights([...weights.values()].map(({ data, shape }) => tf.tensor(data as Float32Array, [...shape]))); // prettier-ignore
    const inputs = session.inputs.map(() => tf.tensor(data, [2, ...shape]));
    return [...(loaded.predict(inputs.length === 1 ? inputs[0]! : inputs) as tf.Tensor).dataSync()];
  })().catch((error: unknown) => String(error));
  return { cajal: [...(cajal as Float32Array)], theirs, weights };
}

const images = [4, 4, 2];
type Case = [string, readonly number[], string, object, number];
const refused: Case[] = [
  ["hard_sigmoid of Keras 3", [3], "Dense", { units: 2, activation: "hard_sigmoid" }, 1],
  ["gates by hard_sigmoid", [3, 2], "LSTM", { units: 2, recurrent_activation: "hard_sigmoid" }, 1],
  ["steps by hard_sigmoid", [3, 2], "TimeDistributed", { layer: { class_name: "Activation", config: { activation: "hard_sigmoid" } } }, 1],
  ["interpolated pixels", images, "UpSampling2D", { interpolation: "bilinear" }, 1],
  ["other sizes", images, "Resizing", { height: 3, width: 3 }, 1],
  ["the centre", images, "CenterCrop", { height: 2, width: 2 }, 1],
  ["joined along an axis from behind", images, "Concatenate", { axis: -2 }, 2],
  ["transposed with dilation", images, "Conv2DTranspose", { filters: 2, kernel_size: 2, dilation_rate: 2 }, 1],
  ["transposed with more rows", images, "Conv2DTranspose", { filters: 2, kernel_size: 3, strides: 2, output_padding: 1 }, 1],
  ["a slope below 0", [5], "ReLU", { negative_slope: 0.25 }, 1],
  ["a threshold", [5], "ReLU", { threshold: 0.5 }, 1],
]; // prettier-ignore

describe("is computed otherwise by TF.js, or not at all, and is not written", () => {
  test.each(refused)("%s", async (_, shape, className, config, inputs) => {
    const model = modelOf(shape, className, config, inputs);
    const { cajal, theirs, weights } = await both(model, shape);
    expect(theirs).not.toEqual(cajal.map((value) => expect.closeTo(value, 4) as number));
    expect(() => encodeModel({ model, weights }, { format: "tfjs" })).toThrow(/TF\.js/);
  });
});

describe("is computed alike, and is written", () => {
  const alike: Case[] = [
    ["pixels repeated", images, "UpSampling2D", {}, 1],
    ["joined along an axis from the front", images, "Concatenate", { axis: 2 }, 2],
    ["transposed", images, "Conv2DTranspose", { filters: 2, kernel_size: 3, strides: 2, padding: "same" }, 1],
    ["a limit", [5], "ReLU", { max_value: 1 }, 1],
    ["a mean", images, "GlobalAveragePooling2D", {}, 1],
  ]; // prettier-ignore
  test.each(alike)("%s", async (_, shape, className, config, inputs) => {
    const model = modelOf(shape, className, config, inputs);
    const { cajal, theirs, weights } = await both(model, shape);
    expect(theirs).toEqual(cajal.map((value) => expect.closeTo(value, 4) as number));
    expect(encodeModel({ model, weights }, { format: "tfjs" }).size).toBeGreaterThan(0);
  });
});

test("a regularizer L2 is one that TF.js knows", async () => {
  const kernel_regularizer = { class_name: "L2", config: { l2: 0.25 } };
  const model = modelOf([3], "Dense", { units: 2, kernel_regularizer });
  const files = encodeModel({ model, weights: initialize(model, { seed: 5 }) }, { format: "tfjs" });
  const json = JSON.parse(
    new TextDecoder().decode(files.get("model.json")),
  ) as tf.io.ModelArtifacts;
  const loaded = await tfl.loadLayersModel(
    tf.io.fromMemory({ modelTopology: json.modelTopology as object }),
  );
  const kernel = tf.tensor2d([1, 2, 0, 0, 0, 2], [3, 2]);
  // 0.25 (1 + 4 + 4)
  const { kernelRegularizer } = loaded.getLayer("layer") as unknown as { kernelRegularizer: { apply(x: tf.Tensor): tf.Scalar } }; // prettier-ignore
  expect(kernelRegularizer.apply(kernel).dataSync()[0]).toBeCloseTo(2.25, 5);
});
