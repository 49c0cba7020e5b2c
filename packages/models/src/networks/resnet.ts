// ResNet: "Deep Residual Learning for Image Recognition", He, Zhang, Ren & Sun 2015, arXiv:1512.03385,
// and ResNetV2: "Identity Mappings in Deep Residual Networks", the same 2016, arXiv:1603.05027.
// Layer names, and the strides of each, are those of Keras.
import { application, classificationHead, type ApplicationOptions } from "./shared/application";
import type { ModelConfig } from "../keras/config";
import { functional, type Functional, type Symbolic } from "../network/functional";
import { table } from "./shared/table";
import { defineNetwork, type Paper } from "./definition";
import { applications, olderUrl, keras21, keras23, weightFiles } from "./shared/published";

/** Table 1 of the first paper: bottleneck blocks in each stage, by depth. A block ends 4 times as wide. */
// prettier-ignore
const stages = table(["stage", "filters", "50", "101", "152"], [
  [2,  64, 3,  3,  3],
  [3, 128, 4,  4,  8],
  [4, 256, 6, 23, 36],
  [5, 512, 3,  3,  3],
]);

type Depth = "50" | "101" | "152";

/** ResNet50, 25,636,712 parameters. Images of 224 × 224, at least 32; preprocessing "caffe". */
export const resnet50 = (options: ApplicationOptions = {}): ModelConfig => resnet("50", options);

/** ResNet101, 44,707,176 parameters. Images of 224 × 224, at least 32; preprocessing "caffe". */
export const resnet101 = (options: ApplicationOptions = {}): ModelConfig => resnet("101", options);

/** ResNet152, 60,419,944 parameters. Images of 224 × 224, at least 32; preprocessing "caffe". */
export const resnet152 = (options: ApplicationOptions = {}): ModelConfig => resnet("152", options);

/** ResNet50V2, 25,613,800 parameters. Images of 224 × 224, at least 32; preprocessing "tf". */
export const resnet50V2 = (options: ApplicationOptions = {}): ModelConfig =>
  resnetV2("50", options);

/** ResNet101V2, 44,675,560 parameters. Images of 224 × 224, at least 32; preprocessing "tf". */
export const resnet101V2 = (options: ApplicationOptions = {}): ModelConfig =>
  resnetV2("101", options);

/** ResNet152V2, 60,380,648 parameters. Images of 224 × 224, at least 32; preprocessing "tf". */
export const resnet152V2 = (options: ApplicationOptions = {}): ModelConfig =>
  resnetV2("152", options);

function resnet(depth: Depth, overrides: ApplicationOptions): ModelConfig {
  const options = application(`resnet${depth}`, overrides, { size: 224, minSize: 32 });
  const net = functional(options.name);
  const image = net.input(options.input_shape);
  const { conv, normalize, relu } = parts(net);

  let x = firstConvolution(net, image);
  x = normalize("conv1_bn", x);
  x = relu("conv1_relu", x);
  x = firstPooling(net, x);
  for (const { stage, filters, [depth]: blocks } of stages)
    for (let block = 1; block <= blocks; block++) {
      const name = `conv${stage}_block${block}`;
      const first = block === 1;
      // The stride sits on the first 1 × 1 convolution, as in the paper; PyTorch has it on the 3 × 3.
      const strides = first && stage > 2 ? 2 : 1;
      let shortcut = x;
      if (first) {
        shortcut = conv(`${name}_0_conv`, { filters: 4 * filters, kernel_size: 1, strides }, x);
        shortcut = normalize(`${name}_0_bn`, shortcut);
      }
      x = conv(`${name}_1_conv`, { filters, kernel_size: 1, strides }, x);
      x = normalize(`${name}_1_bn`, x);
      x = relu(`${name}_1_relu`, x);
      x = conv(`${name}_2_conv`, { filters, kernel_size: 3, padding: "same" }, x);
      x = normalize(`${name}_2_bn`, x);
      x = relu(`${name}_2_relu`, x);
      x = conv(`${name}_3_conv`, { filters: 4 * filters, kernel_size: 1 }, x);
      x = normalize(`${name}_3_bn`, x);
      x = net.layer("Add", { name: `${name}_add` }, [shortcut, x]);
      x = relu(`${name}_out`, x);
    }
  return net.model([image], [classificationHead(net, x, options, poolings)]);
}

/** Figure 4 (e) of the second paper: normalization and activation come first, the sum stays bare. */
function resnetV2(depth: Depth, overrides: ApplicationOptions): ModelConfig {
  const options = application(`resnet${depth}v2`, overrides, { size: 224, minSize: 32 });
  const net = functional(options.name);
  const image = net.input(options.input_shape);
  const { conv, normalize, relu } = parts(net);

  let x = firstConvolution(net, image);
  x = firstPooling(net, x);
  for (const { stage, filters, [depth]: blocks } of stages)
    for (let block = 1; block <= blocks; block++) {
      const name = `conv${stage}_block${block}`;
      // Here each stage but the last ends in the stride, rather than each but the first beginning with it.
      const strides = block === blocks && stage < 5 ? 2 : 1;
      let activated = normalize(`${name}_preact_bn`, x);
      activated = relu(`${name}_preact_relu`, activated);
      let shortcut = x;
      if (block === 1)
        shortcut = conv(
          `${name}_0_conv`,
          { filters: 4 * filters, kernel_size: 1, strides },
          activated,
        );
      else if (strides > 1) shortcut = net.layer("MaxPooling2D", { pool_size: 1, strides }, x);
      x = conv(`${name}_1_conv`, { filters, kernel_size: 1, use_bias: false }, activated);
      x = normalize(`${name}_1_bn`, x);
      x = relu(`${name}_1_relu`, x);
      x = net.layer("ZeroPadding2D", { name: `${name}_2_pad`, padding: 1 }, x);
      x = conv(`${name}_2_conv`, { filters, kernel_size: 3, strides, use_bias: false }, x);
      x = normalize(`${name}_2_bn`, x);
      x = relu(`${name}_2_relu`, x);
      x = conv(`${name}_3_conv`, { filters: 4 * filters, kernel_size: 1 }, x);
      x = net.layer("Add", { name: `${name}_out` }, [shortcut, x]);
    }
  x = normalize("post_bn", x);
  x = relu("post_relu", x);
  return net.model([image], [classificationHead(net, x, options, poolings)]);
}

const poolings = { avg: "avg_pool", max: "max_pool" };

function firstConvolution(net: Functional, image: Symbolic): Symbolic {
  const paddedImage = net.layer("ZeroPadding2D", { name: "conv1_pad", padding: 3 }, image);
  return net.layer(
    "Conv2D",
    { name: "conv1_conv", filters: 64, kernel_size: 7, strides: 2 },
    paddedImage,
  );
}

function firstPooling(net: Functional, x: Symbolic): Symbolic {
  x = net.layer("ZeroPadding2D", { name: "pool1_pad", padding: 1 }, x);
  return net.layer("MaxPooling2D", { name: "pool1_pool", pool_size: 3, strides: 2 }, x);
}

interface Convolution {
  readonly filters: number;
  readonly kernel_size: number;
  readonly strides?: number;
  readonly padding?: "same" | "valid";
  readonly use_bias?: boolean;
}

const parts = (net: Functional) => ({
  conv: (name: string, config: Convolution, x: Symbolic) =>
    net.layer("Conv2D", { name, ...config }, x),
  normalize: (name: string, x: Symbolic) =>
    net.layer("BatchNormalization", { name, axis: 3, epsilon: 1.001e-5 }, x),
  relu: (name: string, x: Symbolic) => net.layer("Activation", { name, activation: "relu" }, x),
});

const resnetPaper: Paper = {
  title: "Deep Residual Learning for Image Recognition",
  authors: "He, Zhang, Ren, Sun",
  year: 2015,
  url: "https://arxiv.org/abs/1512.03385",
};

const resnetV2Paper: Paper = {
  title: "Identity Mappings in Deep Residual Networks",
  authors: "He, Zhang, Ren, Sun",
  year: 2016,
  url: "https://arxiv.org/abs/1603.05027",
};

export const resnet50Facts = defineNetwork({
  name: "ResNet50",
  build: resnet50,
  paper: resnetPaper,
  input: [224, 224, 3],
  preprocessing: "caffe",
  published: {
    source: keras21,
    size: 99,
    top1: 0.759,
    top5: 0.929,
    params: 25636712,
    depth: {
      value: 168,
      counts: "layers",
      lacked: ["conv1_pad", "pool1_pad"],
      had: ["Flatten"],
      note: "Keras 2.0.7 to 2.1.4 padded within conv1 and flattened after the pooling.",
    },
  },
  measured: { shortSide: 256, top1: 0.74928, top5: 0.9206 },
  weights: [
    ...weightFiles(
      "resnet",
      "resnet50",
      ["2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"],
      `${applications}/resnet`,
    ),
    {
      include_top: true,
      generation: "2016",
      urls: [`${olderUrl}/v0.2/resnet50_weights_tf_dim_ordering_tf_kernels.h5`],
      md5: "a7b3fe01876f51b976af0dea6bc144eb",
    },
    {
      include_top: false,
      generation: "2016",
      urls: [`${olderUrl}/v0.2/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5`],
      md5: "a268eb855778b3df3c7506639542a6af",
    },
  ],
});

export const resnet101Facts = defineNetwork({
  name: "ResNet101",
  build: resnet101,
  paper: resnetPaper,
  input: [224, 224, 3],
  preprocessing: "caffe",
  published: { source: keras23, size: 171, top1: 0.764, top5: 0.928, params: 44707176 },
  weights: weightFiles("resnet", "resnet101", [
    "f1aeb4b969a6efcfb50fad2f0c20cfc5",
    "88cf7a10940856eca736dc7b7e228a21",
  ]),
});

export const resnet152Facts = defineNetwork({
  name: "ResNet152",
  build: resnet152,
  paper: resnetPaper,
  input: [224, 224, 3],
  preprocessing: "caffe",
  published: { source: keras23, size: 232, top1: 0.766, top5: 0.931, params: 60419944 },
  weights: weightFiles("resnet", "resnet152", [
    "100835be76be38e30d865e96f2aaae62",
    "ee4c566cf9a93f14d82f913c2dc6dd0c",
  ]),
});

export const resnet50V2Facts = defineNetwork({
  name: "ResNet50V2",
  build: resnet50V2,
  paper: resnetV2Paper,
  input: [224, 224, 3],
  preprocessing: "tf",
  published: { source: keras23, size: 98, top1: 0.76, top5: 0.93, params: 25613800 },
  weights: weightFiles("resnet", "resnet50v2", [
    "3ef43a0b657b3be2300d5770ece849e0",
    "fac2f116257151a9d068a22e544a4917",
  ]),
});

export const resnet101V2Facts = defineNetwork({
  name: "ResNet101V2",
  build: resnet101V2,
  paper: resnetV2Paper,
  input: [224, 224, 3],
  preprocessing: "tf",
  published: { source: keras23, size: 171, top1: 0.772, top5: 0.938, params: 44675560 },
  weights: weightFiles("resnet", "resnet101v2", [
    "6343647c601c52e1368623803854d971",
    "c0ed64b8031c3730f411d2eb4eea35b5",
  ]),
});

export const resnet152V2Facts = defineNetwork({
  name: "ResNet152V2",
  build: resnet152V2,
  paper: resnetV2Paper,
  input: [224, 224, 3],
  preprocessing: "tf",
  published: { source: keras23, size: 232, top1: 0.78, top5: 0.942, params: 60380648 },
  weights: weightFiles("resnet", "resnet152v2", [
    "a49b44d1979771252814e80f8ec446f9",
    "ed17cf2e0169df9d443503ef94b23b33",
  ]),
});
