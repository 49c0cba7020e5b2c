// Whole runs against Keras: losses of every step, gradients of the first, weights at the end.
import { tensor, type Tensor } from "@cajal/core";
import { dataset, parseIdx } from "@cajal/datasets";
import type { ModelConfig } from "@cajal/models";
import { openTrainStep, type EngineName, type Optimizer } from "@cajal/runtime";
import { readFileSync, readdirSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { generatedWeights } from "../../models/testing/generated";
import { sparseCategoricalAccuracy } from "./metrics/sparseCategoricalAccuracy";
import { adam } from "./optimizers/adam";
import { sgd } from "./optimizers/sgd";
import { sparseCategoricalCrossentropy } from "./losses/sparseCategoricalCrossentropy";

const fixtures = new URL("../../models/fixtures/keras/", import.meta.url);

interface Entry {
  name: string;
  class: string;
  output: (number | null)[];
  config?: Record<string, unknown>;
  inbound: string[];
}

interface Sample {
  shape: number[];
  l2: number;
  first5: number[];
}

interface Golden {
  layers: Entry[];
  gains: Record<string, number>;
  optimizer: { class_name: string; config: Record<string, never> };
  steps: number;
  loss_at_each_step: number[];
  correct_at_each_step: number[];
  gradients_of_first_step: Record<string, Sample>;
  weights_at_the_end: Record<string, Sample>;
  moving_averages_at_the_end?: Record<string, number[]>;
  evaluation_at_the_end: { loss: number; correct_of_512: number };
  suggested_tolerance: Record<
    "loss_at_each_step" | "gradients_of_first_step" | "weights_at_the_end",
    number
  >;
}

function modelOf({ layers }: Golden): ModelConfig {
  const ref = (name: string) => [name, 0, 0] as const;
  return {
    class_name: "Functional",
    config: {
      name: "golden",
      layers: layers.map(({ name, class: class_name, output, config, inbound }) => ({
        class_name,
        name,
        config:
          class_name === "InputLayer"
            ? { name, batch_input_shape: output, dtype: "float32" }
            : { name, ...config },
        inbound_nodes:
          inbound.length > 0 ? [inbound.map((from) => [...ref(from), {}] as const)] : [],
      })),
      input_layers: [ref(layers[0]!.name)],
      output_layers: [ref(layers.at(-1)!.name)],
    },
  };
}

function optimizerOf({ class_name, config }: Golden["optimizer"]): Optimizer {
  const { learning_rate: learningRate, momentum, beta_1, beta_2, epsilon } = config;
  if (class_name === "SGD") return sgd({ learningRate: learningRate!, momentum: momentum! });
  return adam({ learningRate: learningRate!, beta1: beta_1!, beta2: beta_2!, epsilon: epsilon! });
}

/** The first 512 training images, 0 … 1, in batches of 64 in file order. */
function images() {
  const read = (name: string) =>
    parseIdx(gunzipSync(readFileSync(new URL(`mnist512-${name}-ubyte.gz`, fixtures))))
      .data as Uint8Array;
  const [pixels, labels] = [read("images-idx3"), read("labels-idx1")];
  return dataset({
    x: tensor(
      "float32",
      [512, 28, 28, 1],
      Float32Array.from(pixels, (pixel) => pixel / 255),
    ),
    y: tensor("int32", [512], Int32Array.from(labels)),
  }).batch(64);
}

const l2 = ({ data }: Tensor) => Math.hypot(...Array.from(data, Number));

/** Within `tolerance` of the tensor's largest value, as the reference states it. */
function checkSample(got: Tensor, { shape, l2: norm, first5 }: Sample, tolerance: number): void {
  const values = Array.from(got.data, Number);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(got.shape).toEqual(shape);
  expect(Math.abs(l2(got) - norm)).toBeLessThanOrEqual(tolerance * norm);
  first5.forEach((value, i) =>
    expect(Math.abs(values[i]! - value)).toBeLessThanOrEqual(tolerance * largest),
  );
}

const engines: readonly EngineName[] = ["onnx", "tfjs"];

describe("training against Keras", () => {
  const goldens = readdirSync(new URL("training", fixtures)).filter((name) =>
    name.endsWith(".json"),
  );
  it("has all of Keras' runs", () => expect(goldens.length).toBe(3));
  describe.each(engines)("engine %s", (engine) => {
    it.each(goldens)("%s", async (file) => {
      const golden: Golden = JSON.parse(
        readFileSync(new URL(`training/${file}`, fixtures), "utf8"),
      );
      const tolerance = golden.suggested_tolerance;
      const model = modelOf(golden);
      const start = generatedWeights(model, golden.gains);
      const batches = [];
      for await (const batch of images()) batches.push(batch);
      const loss = sparseCategoricalCrossentropy({ fromLogits: true });
      const metrics = [sparseCategoricalAccuracy()];
      const optimizer = optimizerOf(golden.optimizer);

      // One step of plain descent at rate 1 moves each weight by its gradient.
      const probe = await openTrainStep(model, start, {
        loss,
        optimizer: sgd({ learningRate: 1 }),
        engine,
      });
      await probe.run(batches[0]!);
      const weightsAfter = await probe.weights();
      await probe.dispose();
      for (const [key, sample] of Object.entries(golden.gradients_of_first_step)) {
        const [before, after] = [start.get(key)!, weightsAfter.get(key)!];
        const gradient = Float32Array.from(
          before.data as Float32Array,
          (w, i) => w - Number(after.data[i]),
        );
        checkSample({ ...before, data: gradient }, sample, tolerance.gradients_of_first_step);
      }

      const step = await openTrainStep(model, start, { loss, optimizer, metrics, engine });
      try {
        for (let t = 0; t < golden.steps; t++) {
          const result = await step.run(batches[t % batches.length]!);
          expect(Math.abs(result.loss - golden.loss_at_each_step[t]!)).toBeLessThanOrEqual(
            tolerance.loss_at_each_step,
          );
          const correct = Math.round(result.metrics.sparse_categorical_accuracy! * 64);
          expect(correct).toBe(golden.correct_at_each_step[t]);
        }
        const end = await step.weights();
        for (const [key, sample] of Object.entries(golden.weights_at_the_end))
          checkSample(end.get(key)!, sample, tolerance.weights_at_the_end);
        for (const [key, values] of Object.entries(golden.moving_averages_at_the_end ?? {}))
          values.forEach((value, i) => expect(Number(end.get(key)!.data[i])).toBeCloseTo(value, 3));

        let [sum, correct] = [0, 0];
        for (const batch of batches) {
          const result = await step.evaluate(batch);
          sum += result.loss / batches.length;
          correct += Math.round(result.metrics.sparse_categorical_accuracy! * 64);
        }
        const { loss: expected, correct_of_512 } = golden.evaluation_at_the_end;
        expect(Math.abs(sum - expected)).toBeLessThanOrEqual(10 * tolerance.loss_at_each_step);
        expect(correct).toBe(correct_of_512);
      } finally {
        await step.dispose();
      }
    });
  });
});
