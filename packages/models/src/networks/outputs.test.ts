// The ten networks' numbers against Keras: logits, softmax and activations on the way, for generated weights and
// images, run by ONNX Runtime from the graphs that toOnnx makes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { preprocessInput, sizeOf, type Tensor } from "@cajal/core";
import { describeWithShared } from "../../../core/testing/shared";
import { digest, generatedImages, generatedWeights } from "../../testing/generated";
import { runOnnx } from "../../testing/runOnnx";
import type { ModelConfig } from "../keras/config";
import { models } from "./index";
import { toOnnx } from "../lower/lower";

interface Golden {
  input: { size: number; uint8_sha256: string; preprocessed_first8: number[] };
  gains: Record<string, number>;
  weights_sha256: string;
  suggested_logits_tolerance: number;
  activations: {
    layer: string;
    shape: number[];
    mean: number;
    std: number;
    max_abs: number;
    first8: number[];
    middle8: number[];
  }[];
  logits_float64: number[][];
  softmax: number[][];
}

// Of the reference: 20 times what rounding alone moves softmax, and activations relative to their deviation.
const softmaxTolerance = 1e-4;
const activationTolerance = 2e-3;

describeWithShared(
  "the ten networks compute what Keras computes",
  "reference/keras/outputs",
  (folder) => {
    it.each(models.slice(0, 10))(
      "$name",
      { timeout: 120_000 },
      async ({ name, build, preprocessing }) => {
        const golden: Golden = JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));
        const pixels = generatedImages(golden.input.size);
        expect(createHash("sha256").update(pixels.data).digest("hex")).toBe(
          golden.input.uint8_sha256,
        );
        const x = preprocessInput(pixels, preprocessing!);
        expect(x.data.slice(0, 8)).toEqual(new Float32Array(golden.input.preprocessed_first8));

        const model = withSoftmax(build({ classifier_activation: null }));
        const weights = generatedWeights(model, golden.gains);
        expect(digest(weights)).toBe(golden.weights_sha256);

        const [logits] = model.config.output_layers[0]!;
        const layerNames = golden.activations.map(({ layer }) => layer);
        const outputs = await runOnnx(toOnnx(model, weights, { outputs: layerNames }), {
          input_layer: x,
        });
        expect(difference(outputs[logits]!, golden.logits_float64.flat()), "logits").toBeLessThan(
          golden.suggested_logits_tolerance,
        );
        expect(difference(outputs.softmax!, golden.softmax.flat()), "softmax").toBeLessThan(
          softmaxTolerance,
        );
        for (const { layer, shape, mean, std, max_abs, first8, middle8 } of golden.activations) {
          const { shape: got, data } = outputs[layer]! as Tensor<"float32">;
          expect(got, layer).toEqual(shape);
          // The second image's first channels, in the middle of the image where it is one.
          const [, height = 0, width = 0, channels = 0] = shape;
          const middleValue =
            sizeOf(shape) / 2 +
            (shape.length === 4
              ? (Math.floor(height / 2) * width + Math.floor(width / 2)) * channels
              : 0);
          const averaged = data.reduce((sum, value) => sum + value, 0) / data.length;
          const variance =
            data.reduce((sum, value) => sum + (value - averaged) ** 2, 0) / data.length;
          const maxDifference = Math.max(
            ...first8.map((value, i) => Math.abs(value - data[i]!)),
            ...middle8.map((value, i) => Math.abs(value - data[middleValue + i]!)),
            Math.abs(mean - averaged),
            Math.abs(std - Math.sqrt(variance)),
            Math.abs(max_abs - data.reduce((max, value) => Math.max(max, Math.abs(value)), 0)),
          );
          expect(maxDifference / std, layer).toBeLessThan(activationTolerance);
        }
      },
    );
  },
);

/** The model with its logits, and their softmax as a second output: one run for both. */
function withSoftmax({ class_name, config }: ModelConfig): ModelConfig {
  const [logits] = config.output_layers[0]!;
  const softmax = {
    class_name: "Activation",
    name: "softmax",
    config: { name: "softmax", activation: "softmax" },
    inbound_nodes: [[[logits, 0, 0, {}] as const]],
  };
  return {
    class_name,
    config: {
      ...config,
      layers: [...config.layers, softmax],
      output_layers: [...config.output_layers, ["softmax", 0, 0]],
    },
  };
}

/** The greatest absolute difference; NaN where something is not a number. */
function difference({ data }: Tensor, expected: readonly number[]): number {
  expect(data.length).toBe(expected.length);
  return expected.reduce((max, value, i) => Math.max(max, Math.abs(value - Number(data[i]))), 0);
}
