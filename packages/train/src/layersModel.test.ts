// A model made by hand with tf.layers trains on ONNX Runtime, and its weights go back into it.
import { tensor, type Tensor } from "@cajal/core";
import { dataset } from "@cajal/datasets";
import { readKeras, weightSpecs } from "@cajal/models";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { accuracy, adam, sparseCategoricalCrossentropy, train } from "./index";

it("trains a LayersModel, and gives its weights back", async () => {
  await import("@tensorflow/tfjs-backend-cpu");
  await tf.setBackend("cpu");
  const tfjsModel = tfl.sequential();
  tfjsModel.add(tfl.layers.conv2d({ inputShape: [6, 6, 1], filters: 4, kernelSize: 3, activation: "relu", kernelInitializer: tfl.initializers.glorotUniform({ seed: 1 }) })); // prettier-ignore
  tfjsModel.add(tfl.layers.batchNormalization({ momentum: 0.8 }));
  tfjsModel.add(tfl.layers.maxPooling2d({ poolSize: 2 }));
  tfjsModel.add(tfl.layers.flatten());
  tfjsModel.add(
    tfl.layers.dense({
      units: 2,
      activation: "softmax",
      kernelInitializer: tfl.initializers.glorotUniform({ seed: 2 }),
    }),
  );

  const json = tfjsModel.toJSON(null, false);
  if (typeof json === "string") throw new Error("got text, expected an object");
  const model = readKeras(json);
  const specs = weightSpecs(model);
  const parameters = tfjsModel.getWeights();
  // TF.js lists the weights that train first; within a layer the order is Keras'.
  const variables = tfjsModel.layers.flatMap((layer) => layer.weights);
  const weights = new Map<string, Tensor>();
  for (const [i, { key, shape }] of specs.entries())
    weights.set(key, tensor("float32", shape, variables[i]!.read().dataSync<"float32">()));
  expect(weights.size).toBe(parameters.length);

  // Upright bars and lying ones.
  const x = new Float32Array(40 * 36);
  const y = Int32Array.from({ length: 40 }, (_, i) => i % 2);
  for (let n = 0; n < 40; n++)
    for (let k = 0; k < 6; k++)
      x[n * 36 + (n % 2 ? k * 6 + ((n >> 1) % 6) : ((n >> 1) % 6) * 6 + k)] = 1;
  const data = dataset({ x: tensor("float32", [40, 6, 6, 1], x), y: tensor("int32", [40], y) });

  let result: { loss: number; metrics: Readonly<Record<string, number>> } | undefined;
  for await (const event of train(model, data.batch(40), {
    epochs: 60,
    engine: "onnx",
    weights,
    loss: sparseCategoricalCrossentropy(),
    optimizer: adam({ learningRate: 0.02 }),
    metrics: [accuracy()],
    validation: data.batch(40),
  })) {
    if (event.type === "epoch") result = event.validation;
    if (event.type !== "end") continue;
    for (const [i, { key, shape }] of specs.entries())
      variables[i]!.write(tf.tensor(event.weights.get(key)!.data as Float32Array, [...shape]));
  }
  expect(result!.metrics.accuracy).toBeGreaterThan(0.95);

  const predictions = tfjsModel.predict(tf.tensor(x, [40, 6, 6, 1])) as tf.Tensor;
  const probabilities = predictions.dataSync();
  const loss = -Array.from(y, (label, i) => Math.log(probabilities[2 * i + label]!)).reduce((a, b) => a + b) / 40; // prettier-ignore
  expect(loss).toBeCloseTo(result!.loss, 5);
});
