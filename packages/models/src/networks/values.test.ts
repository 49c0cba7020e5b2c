// Logits of the architectures against Keras, for images of odd sizes and for widths other than the usual, where paddings
// and roundings show. fixtures/make_values.py asks Keras.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { preprocessInput, tensor } from "@cajal/core";
import { generatedImages, generatedWeights } from "../../testing/generated";
import { runOnnx } from "../../testing/runOnnx";
import type { ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { toOnnx } from "../lower/lower";
import { densenet121 } from "./densenet";
import { inceptionV3 } from "./inceptionV3";
import { mobilenet } from "./mobilenet";
import { mobilenetV2 } from "./mobilenetV2";
import { resnet50, resnet50V2 } from "./resnet";
import { xception } from "./xception";

const networks: Record<string, (options: ApplicationOptions) => ModelConfig> = {
  Xception: xception,
  ResNet50: resnet50,
  InceptionV3: inceptionV3,
  MobileNet: mobilenet,
  DenseNet121: densenet121,
  ResNet50V2: resnet50V2,
  MobileNetV2: mobilenetV2,
};

// float32 against float64: at most 1e-5 deviations of the logits from each other, measured; ten times that.
const tolerance = 1e-4;

const fixture: {
  cases: { model: string; options: ApplicationOptions; logits: number[] }[];
} = JSON.parse(readFileSync(new URL("../../fixtures/values.json", import.meta.url), "utf8"));

it.each(fixture.cases)("$model $options", async ({ model, options, logits }) => {
  const ourModel = networks[model]!({ ...options, classes: 10, classifier_activation: null });
  const [height, width] = options.input_shape!;
  const x = preprocessInput(cut(height!, width!), "tf");
  const outputs = await runOnnx(toOnnx(ourModel, generatedWeights(ourModel)), { input_layer: x });
  const [output] = Object.values(outputs);
  expect(output!.shape).toEqual([2, 10]);
  const mean = logits.reduce((sum, value) => sum + value, 0) / logits.length;
  const deviation = Math.sqrt(
    logits.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logits.length,
  );
  const maxDifference = logits.reduce(
    (max, value, i) => Math.max(max, Math.abs(value - Number(output!.data[i]))),
    0,
  );
  expect(maxDifference / deviation).toBeLessThan(tolerance);
});

/** The upper left part of two images of 100 × 100. */
function cut(height: number, width: number) {
  const images = generatedImages(100);
  const part = tensor("uint8", [2, height, width, 3]);
  for (let row = 0; row < 2 * height; row++) {
    const from = (Math.floor(row / height) * 100 + (row % height)) * 100 * 3;
    part.data.set(images.data.subarray(from, from + width * 3), row * width * 3);
  }
  return part;
}
