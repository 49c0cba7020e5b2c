// What a run of a suite found, as plain data: report.json is this, and the Markdown and the page
// are drawn from it.
import type { Environment } from "../measure/environment";
import type { BenchRecord } from "../measure/record";

export interface Report {
  format: "cajal-report-1";
  suite: string;
  title: string;
  seed: number;
  /** When the run began, ISO 8601. */
  at: string;
  /** How long it took. */
  seconds: number;
  environment: Environment;
  /** Package → version: Cajal and the engines that took part. */
  versions: Record<string, string>;
  records: BenchRecord[];
  checks: Check[];
  sections: Section[];
}

/** Something that must hold; a run in which one does not has failed. */
export interface Check {
  name: string;
  held: boolean;
  got: string;
  expected: string;
}

export type Section = PcaSection | LearningSection | PredictionsSection | EnginesSection;

/** Examples in the plane of their first two principal components. */
export interface PcaSection {
  type: "pca";
  dataset: string;
  features: readonly string[];
  classes: readonly string[];
  /** Of every component, shares that sum to 1. */
  explained_variance_ratio: number[];
  points: { x: number; y: number; label: number }[];
}

/** A network learns a data set. */
export interface LearningSection {
  type: "learning";
  model: string;
  dataset: string;
  engine: string;
  device: string;
  optimizer: string;
  batch: number;
  params: number;
  /** Multiply-adds of one example. */
  macs: number;
  train_examples: number;
  validation_examples: number;
  seconds: number;
  epochs: Epoch[];
}

export interface Epoch {
  epoch: number;
  loss: number;
  accuracy: number;
  val_loss: number;
  val_accuracy: number;
  seconds: number;
}

/** What the network answers to the held-out examples. */
export interface PredictionsSection {
  type: "predictions";
  model: string;
  dataset: string;
  classes: readonly string[];
  examples: number;
  /** `confusion[truth][read]`: how often. */
  confusion: number[][];
  misread: Misread[];
}

export interface Misread {
  /** Which example of the data set. */
  index: number;
  truth: number;
  read: number;
  /** The softmax probability given to `read`, 0–1. */
  probability: number;
  width: number;
  height: number;
  /** 0 (background) … 1 (ink), row by row. */
  pixels: number[];
}

/** The same network on every engine and device; the times are the records of phase "predict". */
export interface EnginesSection {
  type: "engines";
  model: string;
  dataset: string;
  examples: number;
  /** Largest relative difference of logits that counts as the same answer. */
  tolerance: number;
  reference: Place;
  agreement: (Place & { difference: number })[];
  unavailable: (Place & { reason: string })[];
}

export interface Place {
  engine: string;
  device: string;
}
