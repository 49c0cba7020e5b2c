// Options of the architectures against Keras: names, shapes, inputs, weights and settings of every layer, for options
// drawn at random. fixtures/make_options.py asks Keras, and says what a digest is of.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { summary, type LayerSummary } from "../network/summary";
import { densenet121, densenet169, densenet201 } from "./densenet";
import { inceptionResNetV2 } from "./inceptionResNetV2";
import { inceptionV3 } from "./inceptionV3";
import { mobilenet } from "./mobilenet";
import { mobilenetV2 } from "./mobilenetV2";
import { resnet101, resnet101V2, resnet152, resnet152V2, resnet50, resnet50V2 } from "./resnet";
import { vgg16, vgg19 } from "./vgg";
import { xception } from "./xception";

const networks: Record<string, (options: ApplicationOptions) => ModelConfig> = {
  Xception: xception,
  VGG16: vgg16,
  VGG19: vgg19,
  ResNet50: resnet50,
  InceptionV3: inceptionV3,
  InceptionResNetV2: inceptionResNetV2,
  MobileNet: mobilenet,
  DenseNet121: densenet121,
  DenseNet169: densenet169,
  DenseNet201: densenet201,
  ResNet101: resnet101,
  ResNet152: resnet152,
  ResNet50V2: resnet50V2,
  ResNet101V2: resnet101V2,
  ResNet152V2: resnet152V2,
  MobileNetV2: mobilenetV2,
};

const fixture: {
  cases: {
    model: string;
    options: ApplicationOptions;
    name: string;
    params: number;
    trainable: number;
    layers: string;
  }[];
} = JSON.parse(readFileSync(new URL("../../fixtures/options.json", import.meta.url), "utf8"));

const settings = [
  "activation", "axis", "center", "depth_multiplier", "dilation_rate", "epsilon", "filters", "groups", "keepdims",
  "kernel_size", "max_value", "momentum", "padding", "pool_size", "rate", "scale", "strides", "target_shape",
  "units", "use_bias",
]; // prettier-ignore

/** The settings that are fractions in Keras, where 6 is 6.0. */
const fractions = ["epsilon", "max_value", "momentum", "rate", "scale"];

it.each(fixture.cases)("$model $options", ({ model, options, name, params, trainable, layers }) => {
  const ourSummary = summary(networks[model]!(options));
  expect(ourSummary.name).toBe(name);
  expect([ourSummary.totalParams, ourSummary.trainableParams]).toEqual([params, trainable]);
  const expected = layers.match(/.{4}/g)!;
  for (const [i, layer] of ourSummary.layers.entries()) {
    const text = describeAsKeras(layer);
    const digest = createHash("sha256").update(text).digest("hex").slice(0, 4);
    expect(digest, `layer ${i}, ours: ${text}`).toBe(expected[i]);
  }
  expect(ourSummary.layers.length).toBe(expected.length);
});

function describeAsKeras({ name, className, output, inbound, weights, config = {} }: LayerSummary) {
  const writtenSettings = settings.flatMap((key) => {
    const value = config[key];
    if (value === undefined) return [];
    const isFraction = fractions.includes(key) && typeof value === "number";
    return [[key, isFraction ? value.toExponential(5) : value]];
  });
  return JSON.stringify([name, className, output, inbound, weights, writtenSettings]);
}
