import { readFileSync } from "node:fs";
import { sizeOf, tensor, type Tensor } from "@cajal/core";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { noise } from "../../testing/checkLayer";
import { runOnnx } from "../../testing/runOnnx";
import { functional } from "../network/functional";
import { readKeras } from "./readKeras";
import { toKerasJson } from "../toKerasJson";
import { toOnnx } from "../lower/lower";
import { resolve } from "../network/network";
import { summary, weightSpecs } from "../network/summary";

interface Saved {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Case {
  readonly model: object;
  readonly layers: readonly (readonly [name: string, className: string, params: number])[];
  readonly weights: readonly Saved[];
  readonly inputs: readonly Saved[];
  readonly outputs: readonly Saved[];
}

const { cases }: { cases: Record<string, Case> } = JSON.parse(
  readFileSync(new URL("../../fixtures/keras3.json", import.meta.url), "utf8"),
);

/** What the model answers for weights in Keras' order. */
async function predict(
  model: object,
  weights: readonly Tensor[],
  inputs: readonly Saved[],
): Promise<Tensor[]> {
  const network = resolve(model);
  const feeds = inputs.map(({ shape, data }, i) => {
    const dtype = network.inputs[i]!.call!.inner.config.dtype === "int32" ? "int32" : "float32";
    return [network.inputs[i]!.from, tensor(dtype, shape, data)] as const;
  });
  const keyed = new Map(weightSpecs(model).map(({ key }, i) => [key, weights[i]!]));
  return Object.values(await runOnnx(toOnnx(model, keyed), Object.fromEntries(feeds)));
}

function expectClose(got: Tensor, { shape, data }: Saved): void {
  expect(got.shape).toEqual(shape);
  // Rounding of float32 over a few layers of values around 1.
  data.forEach((x, i) => expect(Math.abs(Number(got.data[i]) - x)).toBeLessThan(1e-5));
}

describe("JSON of Keras 3", () => {
  for (const [name, { inputs, layers, model, outputs, weights }] of Object.entries(cases)) {
    it(`${name}: layers, parameters and weights in Keras' order`, () => {
      const rows = summary(model).layers.map(({ name, className, params }) => [
        name,
        className,
        params,
      ]);
      // Keras does not list the InputLayer of a sequential model.
      expect(name === "sequential" ? rows.slice(1) : rows).toEqual(layers);
      expect(weightSpecs(model).map(({ shape }) => shape)).toEqual(
        weights.map(({ shape }) => shape),
      );
    });

    const tensors = weights.map(({ shape, data }) => tensor("float32", shape, data));
    it(`${name}: computes what Keras computes`, async () => {
      const results = await predict(model, tensors, inputs);
      outputs.forEach((expected, i) => expectClose(results[i]!, expected));
    });

    it(`${name}: written as Keras 2 and read again, it is the same model`, async () => {
      const writtenJson = JSON.stringify(toKerasJson(model));
      expect(toKerasJson(writtenJson)).toEqual(JSON.parse(writtenJson));
      const results = await predict(JSON.parse(writtenJson), tensors, inputs);
      outputs.forEach((expected, i) => expectClose(results[i]!, expected));
    });
  }
});

describe("TF.js", () => {
  beforeAll(async () => {
    tf.registerBackend("cpu", () => new MathBackendCPU());
    await tf.setBackend("cpu");
  });

  it("reads what we write, nested models included, and computes the same", async () => {
    const { inputs, model, outputs, weights } = cases["nested"]!;
    // TF.js has neither Subtract nor gelu: without them.
    const text = JSON.stringify(toKerasJson(model))
      .replaceAll('"gelu"', '"tanh"')
      .replaceAll('"class_name":"Subtract"', '"class_name":"Add"');
    const tfjsModel = await tfl.models.modelFromJSON(JSON.parse(text));
    const tensors = weights.map(({ shape, data }) => tensor("float32", shape, data));
    const keys = weightSpecs(JSON.parse(text)).map(({ key }) => key);
    // TF.js orders a model's weights otherwise than Keras: trainable ones first.
    const order = [
      ...keys.filter((key) => !key.includes("moving_")),
      ...keys.filter((key) => key.includes("moving_")),
    ];
    tfjsModel.setWeights(
      order.map((key) => {
        const { data, shape } = tensors[keys.indexOf(key)]!;
        return tf.tensor(data as Float32Array, [...shape]);
      }),
    );
    const feeds = inputs.map(({ data, shape }) => tf.tensor([...data], [...shape]));
    const expected = tfjsModel.predict(feeds) as tf.Tensor[];
    const ourOutput = await predict(JSON.parse(text), tensors, inputs);
    expect(ourOutput.length).toBe(outputs.length);
    for (const [i, value] of expected.entries())
      expectClose(ourOutput[i]!, { shape: value.shape, data: [...value.dataSync()] });
  });

  it("writes what we read, nested and shared models included", async () => {
    const input = tf.tensor(
      [...noise([2, 6, 5, 2], "float32", "x").data].map(Number),
      [2, 6, 5, 2],
    );
    const innerModel = tfl.sequential({
      name: "inner",
      layers: [
        tfl.layers.conv2d({ filters: 3, kernelSize: 3, activation: "elu", inputShape: [6, 5, 2] }),
        tfl.layers.leakyReLU({ alpha: 0.1 }),
        tfl.layers.flatten({}),
      ],
    });
    const image = tfl.input({ shape: [6, 5, 2] });
    const flipped = tfl.layers.conv2d({ filters: 2, kernelSize: 1 }).apply(image);
    const shared = tfl.layers.dense({ units: 3, activation: "swish" as "tanh" });
    const [p, q] = [image, flipped].map((x) =>
      shared.apply(innerModel.apply(x) as tfl.SymbolicTensor),
    ) as tfl.SymbolicTensor[];
    const tfjsModel = tfl.model({
      inputs: image,
      outputs: tfl.layers.concatenate().apply([p!, q!]) as tfl.SymbolicTensor,
    });
    const json = tfjsModel.toJSON(null, false) as object;
    const specs = weightSpecs(json);
    const weights = tfjsModel.getWeights().map((value): Tensor => ({
      dtype: "float32",
      shape: value.shape,
      data: Float32Array.from(value.dataSync()),
    }));
    expect(specs.map(({ shape }) => shape)).toEqual(weights.map(({ shape }) => shape));
    const ourInput = { shape: input.shape, data: [...input.dataSync()] };
    const [ourOutput] = await predict(json, weights, [ourInput]);
    const expected = tfjsModel.predict(input) as tf.Tensor;
    expectClose(ourOutput!, { shape: expected.shape, data: [...expected.dataSync()] });
  });
});

describe("models of older Keras", () => {
  it("mean what they meant: hard_sigmoid, and how a GRU resets", async () => {
    const options = { recurrentInitializer: "glorotUniform" } as const;
    const tfjsModel = tfl.sequential({
      layers: [
        tfl.layers.gru({ ...options, units: 3, returnSequences: true, inputShape: [4, 2] }),
        tfl.layers.lstm({ ...options, units: 2, recurrentActivation: "hardSigmoid" }),
        tfl.layers.activation({ activation: "hardSigmoid" }),
      ],
    });
    const x = noise([2, 4, 2], "float32", "x");
    const ourInput = { shape: x.shape, data: [...x.data].map(Number) };
    const expected = tfjsModel.predict(tf.tensor(ourInput.data, [2, 4, 2])) as tf.Tensor;
    const weights = tfjsModel.getWeights().map((value): Tensor => ({
      dtype: "float32",
      shape: value.shape,
      data: Float32Array.from(value.dataSync()),
    }));
    const json: { config: { layers: { config: object }[] } } = JSON.parse(
      JSON.stringify(tfjsModel.toJSON(null, false)),
    );
    delete (json.config.layers[0]!.config as { reset_after?: boolean }).reset_after; // as Keras 2.2
    expect(json).toMatchObject({ keras_version: expect.stringContaining("tfjs-layers") });
    const writtenJson = toKerasJson(json);
    expect(JSON.stringify(writtenJson)).not.toContain("keras2_");
    for (const model of [json, writtenJson]) {
      const [ourOutput] = await predict(model, weights, [ourInput]);
      expectClose(ourOutput!, { shape: expected.shape, data: [...expected.dataSync()] });
    }
  });
});

describeWithShared("model.json files of TF.js", "data/real-models/tfjs", (folder) => {
  it.each([["emnist3"], ["isfood"]])("%s: weights as its manifest lists them", (name) => {
    const json = JSON.parse(readFileSync(`${folder}/${name}/model.json`, "utf8"));
    const manifest: { weights: { shape: number[] }[] }[] = json.weightsManifest;
    const sizes = (shapes: readonly (readonly number[])[]) => shapes.map(sizeOf).toSorted();
    const manifestShapes = manifest.flatMap(({ weights }) => weights.map(({ shape }) => shape));
    expect(sizes(weightSpecs(json).map(({ shape }) => shape))).toEqual(sizes(manifestShapes));
  });
});

describe("readKeras", () => {
  const net = functional("small");
  const image = net.input([4, 4, 1]);
  const model = net.model([image], [net.layer("Flatten", {}, image)]);

  it("takes text, and models that Keras and TF.js wrap", () => {
    for (const form of [
      JSON.stringify(model),
      { modelTopology: model },
      { model_config: JSON.stringify(model), keras_version: "2.4.0" },
      { modelTopology: { model_config: model } },
    ])
      expect(readKeras(form)).toEqual(model);
  });

  it.each<[string, object | string, string]>([
    ["no JSON", "{", "bad-file"],
    ["a list", "[]", "bad-model"],
    ["nothing", {}, "bad-model"],
    ["a layer", { class_name: "Dense", config: {} }, "bad-model"],
    ["no layers", { class_name: "Model", config: { name: "m" } }, "bad-model"],
    ["an empty sequential model", { class_name: "Sequential", config: [] }, "bad-model"],
    [
      "a sequential model without a shape",
      { class_name: "Sequential", config: [{ class_name: "Flatten", config: {} }] },
      "bad-model",
    ],
  ])("refuses %s", (_, json, code) => {
    expect(() => readKeras(json)).toThrow(expect.objectContaining({ code }));
  });
});
