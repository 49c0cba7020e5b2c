// A small network for images of 32 × 32 such as CIFAR-10: five convolutions, each with batch normalization and
// ReLU, in the manner of VGG (arXiv:1409.1556) and Ioffe & Szegedy (arXiv:1502.03167). A workload, not a paper's.
import { checkOptions } from "@cajal/core";
import { checkWhole } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional } from "../network/functional";
import { defineNetwork } from "./definition";

export interface ConvnetOptions {
  /** `[height, width, channels]`, at least 4 × 4. Default `[32, 32, 3]`. */
  readonly input_shape?: readonly [height: number, width: number, channels: number];
  /** Default 10. */
  readonly classes?: number;
  /** Activation of a further layer behind the logits, such as "softmax"; null for none. Default null. */
  readonly classifier_activation?: string | null;
  /** Of the model. Default "convnet". */
  readonly name?: string;
}

/** Filters of the 3 × 3 convolutions; after each row but the last, maximum pooling halves the image. */
const stages = [[32, 32], [64, 64], [128]]; // prettier-ignore

/** 141,674 parameters with ten classes; logits. */
export function convnet(options: ConvnetOptions = {}): ModelConfig {
  checkOptions("convnet", options, ["input_shape", "classes", "classifier_activation", "name"]);
  const { input_shape = [32, 32, 3], classes = 10, classifier_activation = null } = options;
  checkWhole("convnet", "classes", classes);
  const net = functional(options.name ?? "convnet");
  const image = net.input(input_shape, { name: "image" });

  let x = image;
  let n = 0;
  for (const [stage, row] of stages.entries()) {
    if (stage > 0) x = net.layer("MaxPooling2D", { name: `pool${stage}`, pool_size: 2 }, x);
    for (const filters of row) {
      n++;
      x = net.layer(
        "Conv2D",
        { name: `conv${n}`, filters, kernel_size: 3, padding: "same", use_bias: false },
        x,
      );
      x = net.layer("BatchNormalization", { name: `bn${n}` }, x);
      x = net.layer("ReLU", { name: `relu${n}` }, x);
    }
  }
  x = net.layer("GlobalAveragePooling2D", { name: "pool" }, x);
  x = net.layer("Dense", { name: "logits", units: classes }, x);
  if (classifier_activation !== null)
    x = net.layer("Activation", { name: "predictions", activation: classifier_activation }, x);
  return net.model([image], [x]);
}

export const convnetFacts = defineNetwork({
  name: "ConvNet",
  build: convnet,
  input: [32, 32, 3],
  weights: [],
});
