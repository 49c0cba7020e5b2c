// Facts of a network that are published, in the same file as its architecture: paper, published figures,
// preprocessing, weight files. One record a network; tables in the docs and on the command line derive from these.
import type { Preprocessing } from "@cajal/core";
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
  /** Of one image. Default: the network's own. */
  readonly input_shape?: readonly [height: number, width: number, channels: number];
  /** Default: those of its published weights. */
  readonly classes?: number;
  /** By its Keras name; null: the model gives logits. */
  readonly classifier_activation?: string | null;
  /** Of the model. Default: the network's own. */
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

/** Types a record; registers nothing. */
export const defineNetwork = (facts: ModelFacts): ModelFacts => facts;
