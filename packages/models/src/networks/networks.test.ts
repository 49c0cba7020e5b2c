// The ten networks against Keras: every layer, in Keras' order, and all that is counted.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import type { ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { summary } from "../network/summary";
import { densenet121, densenet169, densenet201 } from "./densenet";
import { inceptionResNetV2 } from "./inceptionResNetV2";
import { inceptionV3 } from "./inceptionV3";
import { mobilenet } from "./mobilenet";
import { resnet50 } from "./resnet";
import { vgg16, vgg19 } from "./vgg";
import { xception } from "./xception";

interface Reference {
  input: (number | null)[];
  params: { total: number; trainable: number; non_trainable: number };
  weights: number;
  macs: number;
  layer_count: number;
  layers: ReferenceLayer[];
}

interface ReferenceLayer {
  name: string;
  class: string;
  output: (number | null)[];
  config?: Record<string, unknown>;
  inbound: string[];
  weights?: [name: string, shape: number[]][];
  macs?: number;
}

const networks: Record<string, (options?: ApplicationOptions) => ModelConfig> = {
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
};

/** What the reference leaves out of a layer's config where it has this value. */
const defaults = { dilation_rate: [1, 1], groups: 1, data_format: "channels_last" };

/** A network as the reference writes it; of each config the keys that the reference lists. */
function describeAs(reference: Reference, config: ModelConfig) {
  const { layers, ...sums } = summary(config);
  return {
    input: [...sums.inputs[0]!],
    params: {
      total: sums.totalParams,
      trainable: sums.trainableParams,
      non_trainable: sums.nonTrainableParams,
    },
    weights: layers.reduce((sum, { weights }) => sum + weights.length, 0),
    macs: sums.macs,
    layer_count: layers.length,
    layers: layers.map(({ config = {}, macs, weights, ...layer }, i) => {
      const expectedConfig = reference.layers[i]?.config ?? {};
      for (const [key, value] of Object.entries(defaults))
        if (key in config && !(key in expectedConfig)) expect(config[key]).toEqual(value);
      const comparedEntries = Object.keys(expectedConfig).map((key) => [key, config[key]]);
      return {
        name: layer.name,
        class: layer.className,
        output: layer.output,
        ...(comparedEntries.length > 0 && { config: Object.fromEntries(comparedEntries) }),
        inbound: layer.inbound,
        ...(weights.length > 0 && { weights }),
        ...(macs > 0 && { macs }),
      };
    }),
  };
}

describeWithShared("the ten networks are Keras'", "reference/keras", (folder) => {
  it.each(Object.keys(networks))("%s", (name) => {
    const reference: Reference = JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));
    const { layers, ...counted } = describeAs(reference, networks[name]!());
    // Layer by layer, so that a difference is told by its layer and not by a diff of thousands of lines.
    for (const [i, layer] of reference.layers.entries()) expect(layers[i]).toEqual(layer);
    expect(reference).toMatchObject(counted);
  });
});
