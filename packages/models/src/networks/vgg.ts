// VGG: "Very Deep Convolutional Networks for Large-Scale Image Recognition",
// Simonyan & Zisserman 2014, arXiv:1409.1556. Layer names are those of Keras.
import { application, pooled, predictions, type ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional } from "../network/functional";
import { table } from "./shared/table";
import { defineNetwork, type Paper } from "./definition";
import { olderUrl, keras21, weightFiles } from "./shared/published";

/** Table 1, columns D (16 weight layers) and E (19): 3 × 3 convolutions in each block. */
// prettier-ignore
const blocks = table(["block", "filters", "vgg16", "vgg19"], [
  [1,  64, 2, 2],
  [2, 128, 2, 2],
  [3, 256, 3, 4],
  [4, 512, 3, 4],
  [5, 512, 3, 4],
]);

/** VGG16, 138,357,544 parameters. Images of 224 × 224, at least 32; preprocessing "caffe". */
export const vgg16 = (options: ApplicationOptions = {}): ModelConfig => vgg("vgg16", options);

/** VGG19, 143,667,240 parameters. Images of 224 × 224, at least 32; preprocessing "caffe". */
export const vgg19 = (options: ApplicationOptions = {}): ModelConfig => vgg("vgg19", options);

function vgg(column: "vgg16" | "vgg19", overrides: ApplicationOptions): ModelConfig {
  const options = application(column, overrides, { size: 224, minSize: 32 });
  const net = functional(options.name);
  const image = net.input(options.input_shape);

  let x = image;
  for (const { block, filters, [column]: convolutions } of blocks) {
    for (let i = 1; i <= convolutions; i++)
      x = net.layer(
        "Conv2D",
        {
          name: `block${block}_conv${i}`,
          filters,
          kernel_size: 3,
          padding: "same",
          activation: "relu",
        },
        x,
      );
    x = net.layer("MaxPooling2D", { name: `block${block}_pool`, pool_size: 2, strides: 2 }, x);
  }
  if (!options.include_top) return net.model([image], [pooled(net, x, options)]);

  x = net.layer("Flatten", { name: "flatten" }, x);
  x = net.layer("Dense", { name: "fc1", units: 4096, activation: "relu" }, x);
  x = net.layer("Dense", { name: "fc2", units: 4096, activation: "relu" }, x);
  return net.model([image], [predictions(net, x, options)]);
}

const vggPaper: Paper = {
  title: "Very Deep Convolutional Networks for Large-Scale Image Recognition",
  authors: "Simonyan, Zisserman",
  year: 2014,
  url: "https://arxiv.org/abs/1409.1556",
};

export const vgg16Facts = defineNetwork({
  name: "VGG16",
  build: vgg16,
  paper: vggPaper,
  input: [224, 224, 3],
  preprocessing: "caffe",
  published: {
    source: keras21,
    size: 528,
    top1: 0.715,
    top5: 0.901,
    params: 138357544,
    depth: { value: 23, counts: "layers" },
  },
  measured: { shortSide: 256, top1: 0.71268, top5: 0.9005 },
  weights: weightFiles(
    "vgg16",
    "vgg16",
    ["64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"],
    `${olderUrl}/v0.1`,
  ),
});

export const vgg19Facts = defineNetwork({
  name: "VGG19",
  build: vgg19,
  paper: vggPaper,
  input: [224, 224, 3],
  preprocessing: "caffe",
  published: {
    source: keras21,
    size: 549,
    top1: 0.727,
    top5: 0.91,
    params: 143667240,
    depth: { value: 26, counts: "layers" },
  },
  measured: { shortSide: 256, top1: 0.71256, top5: 0.89988 },
  weights: weightFiles(
    "vgg19",
    "vgg19",
    ["cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"],
    `${olderUrl}/v0.1`,
  ),
});
