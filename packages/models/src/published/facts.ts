// What is known of each network from outside: paper, published figures, preprocessing, weight files. One record
// a model; tables in the docs and on the command line derive from these.
import { checkArgument, unknownName, type Preprocessing } from "@cajal/core";
import { convnet } from "../networks/convnet";
import { densenet121, densenet169, densenet201 } from "../networks/densenet";
import { inceptionResNetV2 } from "../networks/inceptionResNetV2";
import { inceptionV3 } from "../networks/inceptionV3";
import { lenet1, lenet1Original, lenet5, lenet5Original } from "../networks/lenet";
import { mobilenet } from "../networks/mobilenet";
import { mobilenetV2 } from "../networks/mobilenetV2";
import {
  resnet101,
  resnet101V2,
  resnet152,
  resnet152V2,
  resnet50,
  resnet50V2,
} from "../networks/resnet";
import { vgg16, vgg19 } from "../networks/vgg";
import { xception } from "../networks/xception";
import type { ModelConfig } from "../keras/config";

export interface ModelFacts {
  /** As Keras writes it: "VGG16". */
  readonly name: string;
  /** The architecture, with the options that all have in common; a family's function takes more. */
  readonly build: (options?: BuildOptions) => ModelConfig;
  /** Absent where no paper has this network. */
  readonly paper?: Paper;
  /** `[height, width, channels]` that it was made for. */
  readonly input: readonly [height: number, width: number, channels: number];
  /** Absent where no weights were published, and so nothing tells. */
  readonly preprocessing?: Preprocessing;
  readonly published?: Published;
  /** Absent where no recipe is known by which the figures came about. */
  readonly measured?: Measured;
  /** Official files, trained on ImageNet. Empty: none. */
  readonly weights: readonly WeightFile[];
}

export interface BuildOptions {
  readonly input_shape?: readonly [height: number, width: number, channels: number];
  readonly classes?: number;
  readonly classifier_activation?: string | null;
  readonly name?: string;
}

export interface Paper {
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  readonly url: string;
}

/** Figures from Keras' documentation, on the validation set of ILSVRC 2012, one crop. */
export interface Published {
  /** Which documentation. */
  readonly source: string;
  /** Of the weight file, in MB of 2^20 bytes. */
  readonly size: number;
  /** Share of images whose class is the first guess, or among the first five. */
  readonly top1: number;
  readonly top5: number;
  readonly params: number;
  readonly depth?: PublishedDepth;
}

/**
 * Figures that can be measured again with today's weight files and one recipe: decode, the short side to
 * `shortSide` by OpenCV's cubic resize, the middle cut out, the network's preprocessing. It is
 * `evaluation(network)` of @cajal/datasets. The table of Keras' documentation today is made of these.
 */
export interface Measured {
  readonly shortSide: number;
  /** Shares of the 50,000 validation images of ILSVRC 2012, one crop. */
  readonly top1: number;
  readonly top5: number;
}

/** The published depth, and what it counted, so that it can be counted again. */
export interface PublishedDepth {
  readonly value: number;
  /**
   * What was counted along the longest path: all layers, the input among them, or convolutions and dense layers
   * only, as the DenseNet paper counts.
   */
  readonly counts: "layers" | "convolutions and dense layers";
  /** Layers of today's path that the structure of that time did not have. */
  readonly lacked?: readonly string[];
  /** Layers on the path of that time that are no more. */
  readonly had?: readonly string[];
  readonly note?: string;
}

/** A weights-only HDF5 file of Keras. */
export interface WeightFile {
  /** With the classifier of 1000 classes. */
  readonly include_top: boolean;
  /** The same file, from several places. */
  readonly urls: readonly string[];
  /** Where it was published. */
  readonly md5?: string;
  /** Names, order and structure: today's, or those of 2016, which must be paired by name. Default "current". */
  readonly generation?: "current" | "2016";
  /** The width that the file is for, where there are several. */
  readonly alpha?: number;
  /** Height and width that it was trained on, where there are several. */
  readonly size?: number;
}

/** The source of the figures of the first ten networks. */
const keras21 = "documentation of Keras 2.1 (2018)";
/** The source of the others, which came to Keras later. */
const keras23 = "documentation of Keras 2.3 (2019)";

const home = "https://storage.googleapis.com/tensorflow/keras-applications";
const earlier = "https://github.com/fchollet/deep-learning-models/releases/download";
const applications = "https://github.com/keras-team/keras-applications/releases/download";

/** The pair of files that most networks have. */
const files = (
  folder: string,
  name: string,
  [top, notop]: readonly [top: string, notop: string],
  mirror?: string,
): WeightFile[] =>
  [
    { include_top: true, md5: top, suffix: "" },
    { include_top: false, md5: notop, suffix: "_notop" },
  ].map(({ include_top, md5, suffix }) => {
    const file = `${name}_weights_tf_dim_ordering_tf_kernels${suffix}.h5`;
    const mirrors = mirror === undefined ? [] : [`${mirror}/${file}`];
    return { include_top, urls: [`${home}/${folder}/${file}`, ...mirrors], md5 };
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
const vggPaper: Paper = {
  title: "Very Deep Convolutional Networks for Large-Scale Image Recognition",
  authors: "Simonyan, Zisserman",
  year: 2014,
  url: "https://arxiv.org/abs/1409.1556",
};
const densenetPaper: Paper = {
  title: "Densely Connected Convolutional Networks",
  authors: "Huang, Liu, van der Maaten, Weinberger",
  year: 2016,
  url: "https://arxiv.org/abs/1608.06993",
};
const lenet1Paper: Paper = {
  title: "Handwritten Digit Recognition with a Back-Propagation Network",
  authors: "LeCun, Boser, Denker, Henderson, Howard, Hubbard, Jackel",
  year: 1990,
  url: "https://proceedings.neurips.cc/paper/1989/hash/53c3bce66e43be4f209556518c2fcb54-Abstract.html",
};
const lenet5Paper: Paper = {
  title: "Gradient-Based Learning Applied to Document Recognition",
  authors: "LeCun, Bottou, Bengio, Haffner",
  year: 1998,
  url: "https://doi.org/10.1109/5.726791",
};

const countedAsPaper = (value: number): PublishedDepth => ({
  value,
  counts: "convolutions and dense layers",
  note: "Came to the table later, by another author, with the paper's count.",
});

/** All networks, in the order of Keras' table, the small ones last. */
export const models: readonly ModelFacts[] = [
  {
    name: "Xception",
    build: xception,
    paper: {
      title: "Xception: Deep Learning with Depthwise Separable Convolutions",
      authors: "Chollet",
      year: 2016,
      url: "https://arxiv.org/abs/1610.02357",
    },
    input: [299, 299, 3],
    preprocessing: "tf",
    published: {
      source: keras21,
      size: 88,
      top1: 0.79,
      top5: 0.945,
      params: 22910480,
      depth: { value: 126, counts: "layers" },
    },
    measured: { shortSide: 341, top1: 0.79006, top5: 0.94452 },
    weights: files(
      "xception",
      "xception",
      ["0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"],
      `${earlier}/v0.4`,
    ),
  },
  {
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
    weights: files(
      "vgg16",
      "vgg16",
      ["64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"],
      `${earlier}/v0.1`,
    ),
  },
  {
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
    weights: files(
      "vgg19",
      "vgg19",
      ["cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"],
      `${earlier}/v0.1`,
    ),
  },
  {
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
      ...files(
        "resnet",
        "resnet50",
        ["2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"],
        `${applications}/resnet`,
      ),
      {
        include_top: true,
        generation: "2016",
        urls: [`${earlier}/v0.2/resnet50_weights_tf_dim_ordering_tf_kernels.h5`],
        md5: "a7b3fe01876f51b976af0dea6bc144eb",
      },
      {
        include_top: false,
        generation: "2016",
        urls: [`${earlier}/v0.2/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5`],
        md5: "a268eb855778b3df3c7506639542a6af",
      },
    ],
  },
  {
    name: "InceptionV3",
    build: inceptionV3,
    paper: {
      title: "Rethinking the Inception Architecture for Computer Vision",
      authors: "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna",
      year: 2015,
      url: "https://arxiv.org/abs/1512.00567",
    },
    input: [299, 299, 3],
    preprocessing: "tf",
    published: {
      source: keras21,
      size: 92,
      top1: 0.788,
      top5: 0.944,
      params: 23851784,
      depth: { value: 159, counts: "layers" },
    },
    measured: { shortSide: 341, top1: 0.77898, top5: 0.9372 },
    weights: files(
      "inception_v3",
      "inception_v3",
      ["9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"],
      `${earlier}/v0.5`,
    ),
  },
  {
    name: "InceptionResNetV2",
    build: inceptionResNetV2,
    paper: {
      title: "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
      authors: "Szegedy, Ioffe, Vanhoucke, Alemi",
      year: 2016,
      url: "https://arxiv.org/abs/1602.07261",
    },
    input: [299, 299, 3],
    preprocessing: "tf",
    published: {
      source: keras21,
      size: 215,
      top1: 0.804,
      top5: 0.953,
      params: 55873736,
      depth: { value: 572, counts: "layers" },
    },
    measured: { shortSide: 341, top1: 0.80256, top5: 0.95252 },
    weights: files(
      "inception_resnet_v2",
      "inception_resnet_v2",
      ["e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"],
      `${earlier}/v0.7`,
    ),
  },
  {
    name: "MobileNet",
    build: mobilenet,
    paper: {
      title: "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
      authors: "Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam",
      year: 2017,
      url: "https://arxiv.org/abs/1704.04861",
    },
    input: [224, 224, 3],
    preprocessing: "tf",
    published: {
      source: keras21,
      size: 17,
      top1: 0.665,
      top5: 0.871,
      params: 4253864,
      depth: {
        value: 88,
        counts: "layers",
        lacked: ["conv_pad_2", "conv_pad_4", "conv_pad_6", "conv_pad_12"],
        had: ["reshape_1"],
        note: "Keras 2.0.6 to 2.1.4 padded within the convolutions and reshaped after the pooling.",
      },
    },
    measured: { shortSide: 256, top1: 0.70424, top5: 0.89504 },
    weights: [1, 0.75, 0.5, 0.25].flatMap((alpha) =>
      [224, 192, 160, 128].flatMap((size) =>
        [true, false].map((include_top): WeightFile => {
          const wide = { 1: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5" }[alpha];
          const file = `mobilenet_${wide}_${size}_tf${include_top ? "" : "_no_top"}.h5`;
          const urls = [`${home}/mobilenet/${file}`, `${earlier}/v0.6/${file}`];
          return { include_top, urls, alpha, size };
        }),
      ),
    ),
  },
  {
    name: "DenseNet121",
    build: densenet121,
    paper: densenetPaper,
    input: [224, 224, 3],
    preprocessing: "torch",
    published: {
      source: keras21,
      size: 33,
      top1: 0.745,
      top5: 0.918,
      params: 8062504,
      depth: countedAsPaper(121),
    },
    measured: { shortSide: 256, top1: 0.74972, top5: 0.92258 },
    weights: files(
      "densenet",
      "densenet121",
      ["9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"],
      `${applications}/densenet`,
    ),
  },
  {
    name: "DenseNet169",
    build: densenet169,
    paper: densenetPaper,
    input: [224, 224, 3],
    preprocessing: "torch",
    published: {
      source: keras21,
      size: 57,
      top1: 0.759,
      top5: 0.928,
      params: 14307880,
      depth: countedAsPaper(169),
    },
    measured: { shortSide: 256, top1: 0.76176, top5: 0.93176 },
    weights: files(
      "densenet",
      "densenet169",
      ["d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"],
      `${applications}/densenet`,
    ),
  },
  {
    name: "DenseNet201",
    build: densenet201,
    paper: densenetPaper,
    input: [224, 224, 3],
    preprocessing: "torch",
    published: {
      source: keras21,
      size: 80,
      top1: 0.77,
      top5: 0.933,
      params: 20242984,
      depth: countedAsPaper(201),
    },
    measured: { shortSide: 256, top1: 0.7732, top5: 0.9362 },
    weights: files(
      "densenet",
      "densenet201",
      ["1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"],
      `${applications}/densenet`,
    ),
  },
  {
    name: "ResNet101",
    build: resnet101,
    paper: resnetPaper,
    input: [224, 224, 3],
    preprocessing: "caffe",
    published: { source: keras23, size: 171, top1: 0.764, top5: 0.928, params: 44707176 },
    weights: files("resnet", "resnet101", [
      "f1aeb4b969a6efcfb50fad2f0c20cfc5",
      "88cf7a10940856eca736dc7b7e228a21",
    ]),
  },
  {
    name: "ResNet152",
    build: resnet152,
    paper: resnetPaper,
    input: [224, 224, 3],
    preprocessing: "caffe",
    published: { source: keras23, size: 232, top1: 0.766, top5: 0.931, params: 60419944 },
    weights: files("resnet", "resnet152", [
      "100835be76be38e30d865e96f2aaae62",
      "ee4c566cf9a93f14d82f913c2dc6dd0c",
    ]),
  },
  {
    name: "ResNet50V2",
    build: resnet50V2,
    paper: resnetV2Paper,
    input: [224, 224, 3],
    preprocessing: "tf",
    published: { source: keras23, size: 98, top1: 0.76, top5: 0.93, params: 25613800 },
    weights: files("resnet", "resnet50v2", [
      "3ef43a0b657b3be2300d5770ece849e0",
      "fac2f116257151a9d068a22e544a4917",
    ]),
  },
  {
    name: "ResNet101V2",
    build: resnet101V2,
    paper: resnetV2Paper,
    input: [224, 224, 3],
    preprocessing: "tf",
    published: { source: keras23, size: 171, top1: 0.772, top5: 0.938, params: 44675560 },
    weights: files("resnet", "resnet101v2", [
      "6343647c601c52e1368623803854d971",
      "c0ed64b8031c3730f411d2eb4eea35b5",
    ]),
  },
  {
    name: "ResNet152V2",
    build: resnet152V2,
    paper: resnetV2Paper,
    input: [224, 224, 3],
    preprocessing: "tf",
    published: { source: keras23, size: 232, top1: 0.78, top5: 0.942, params: 60380648 },
    weights: files("resnet", "resnet152v2", [
      "a49b44d1979771252814e80f8ec446f9",
      "ed17cf2e0169df9d443503ef94b23b33",
    ]),
  },
  {
    name: "MobileNetV2",
    build: mobilenetV2,
    paper: {
      title: "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
      authors: "Sandler, Howard, Zhu, Zhmoginov, Chen",
      year: 2018,
      url: "https://arxiv.org/abs/1801.04381",
    },
    input: [224, 224, 3],
    preprocessing: "tf",
    published: {
      source: keras23,
      size: 14,
      top1: 0.713,
      top5: 0.901,
      params: 3538984,
      depth: {
        value: 88,
        counts: "layers",
        note: "The same figure as for MobileNet; counted it is another.",
      },
    },
    weights: [0.35, 0.5, 0.75, 1, 1.3, 1.4].flatMap((alpha) =>
      (alpha > 1 ? [224] : [224, 192, 160, 128, 96]).flatMap((size) =>
        [true, false].map((include_top): WeightFile => {
          const wide = Number.isInteger(alpha) ? alpha.toFixed(1) : String(alpha);
          const file = `mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${wide}_${size}${include_top ? "" : "_no_top"}.h5`;
          return { include_top, urls: [`${home}/mobilenet_v2/${file}`], alpha, size };
        }),
      ),
    ),
  },
  { name: "LeNet1", build: lenet1, paper: lenet1Paper, input: [28, 28, 1], weights: [] },
  { name: "LeNet5", build: lenet5, paper: lenet5Paper, input: [28, 28, 1], weights: [] },
  {
    name: "LeNet1Original",
    build: lenet1Original,
    paper: lenet1Paper,
    input: [28, 28, 1],
    weights: [],
  },
  {
    name: "LeNet5Original",
    build: lenet5Original,
    paper: lenet5Paper,
    input: [32, 32, 1],
    weights: [],
  },
  { name: "ConvNet", build: convnet, input: [32, 32, 3], weights: [] },
];

/**
 * The record of a model.
 *
 * @param name as Keras writes it, its module or its function: "InceptionV3", "inception_v3", "inceptionv3"
 * @throws CajalError `unknown-name`, listing the known ones
 */
export function modelFacts(name: string): ModelFacts {
  checkArgument("modelFacts", "name", name, "string");
  const found = models.find((model) => plain(model.name) === plain(name));
  if (!found)
    throw unknownName(
      "model",
      name,
      models.map((model) => model.name),
    );
  return found;
}

/** A name without what spellings differ in. */
const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
