// Single layers as Keras computes them: outputs, gradients and moving averages, as
// fixtures/keras/make_layers.py and make_torch_layers.py wrote them.
import { sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { ModelConfig } from "../src/keras/config";
import { single } from "./checkLayer";

export interface KerasArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** float32 where nothing is said. */
  readonly dtype?: "int32";
}

export interface KerasLayer {
  readonly class_name: string;
  readonly case: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What its call says beside the inputs. */
  readonly call?: Readonly<Record<string, unknown>>;
  readonly training: boolean;
  readonly inputs: readonly KerasArray[];
  readonly weights: Readonly<Record<string, KerasArray>>;
  readonly output: KerasArray | readonly KerasArray[];
  /** The gradients are those of the sum of output · dy; absent where what comes out does not depend on what goes in smoothly. */
  readonly dy?: KerasArray | readonly KerasArray[];
  readonly gradients?: {
    readonly inputs: readonly KerasArray[];
    readonly weights: Readonly<Record<string, KerasArray>>;
  };
  /** Moving averages after one step of training. */
  readonly updated_weights?: Readonly<Record<string, KerasArray>>;
}

const casesOf = (name: string): readonly KerasLayer[] =>
  JSON.parse(readFileSync(new URL(`../fixtures/keras/${name}`, import.meta.url), "utf8")).cases;

/** By Keras on TensorFlow, and by Keras on PyTorch what TensorFlow does not run. */
export const kerasLayers = [
  ...casesOf("layers.json"),
  ...casesOf("torch_layers.json"),
  ...casesOf("more_layers.json"),
];

/** Layers at ties and kinks, where a gradient is a choice: that of Keras on TensorFlow. */
export const kerasTies = casesOf("ties.json");

export const outputsOf = ({ output }: KerasLayer): readonly KerasArray[] =>
  Array.isArray(output) ? output : [output as KerasArray];

/** The layer as a model: inputs `input_0`, …, the layer `layer`. */
export const modelOf = (golden: KerasLayer): ModelConfig =>
  single(golden.class_name, golden.config, golden.inputs, outputsOf(golden).length, golden.call);

export const tensorOf = ({ shape, data, dtype }: KerasArray): Tensor =>
  tensor<"float32" | "int32">(dtype ?? "float32", shape, data);

export const weightsOf = ({ weights }: KerasLayer): Weights =>
  new Map(Object.entries(weights).map(([name, array]) => [`layer/${name}`, tensorOf(array)]));

/** Within 1e-5 of the largest absolute value, at least 1e-5: what the reference says of itself. */
export function expectClose(got: Tensor, { shape, data }: KerasArray): void {
  expect(got.shape).toEqual(shape);
  expect(got.data.length).toBe(sizeOf(shape));
  const largest = data.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  const maxDifference = data.reduce((max, value, i) => {
    const difference = Math.abs(Number(got.data[i]) - value);
    return Number.isNaN(difference) ? Infinity : Math.max(max, difference);
  }, 0);
  expect(maxDifference).toBeLessThanOrEqual(1e-5 * largest);
}
