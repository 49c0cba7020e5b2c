// What the graphs of a training step are fed for a batch, and the numbers that they give.
import { hash, tensor, type Tensor } from "@cajal/core";
import type { StepBatch } from "../../../step/batch";
import type { Numbers, StepPosition } from "../../../step/core";
import { ownValue } from "../../../session/ownValue";
import type { BatchInputs } from "./stepGraph";

/** One of the batches of a step. */
export interface MicroBatch {
  readonly batch: StepBatch;
  readonly number: number;
  /** Fraction of the step's examples. */
  readonly share: number;
}

/** A step's only batch. */
export const singleBatch = (batch: StepBatch): MicroBatch => ({ batch, number: 0, share: 1 });

/** Input of a graph → a function that makes its tensor. */
export type StepInputs = Readonly<Record<string, () => Tensor>>;

export function stepInputs(
  names: BatchInputs,
  { batch, number, share }: MicroBatch,
  { iteration, learningRate }: StepPosition,
  seed: number,
): StepInputs {
  const batchEntries = (["x", "y", "weight"] as const).flatMap((what) =>
    [...names[what]].map(([name, input]) => [input, () => batch[what][name]!] as const),
  );
  return {
    ...Object.fromEntries(batchEntries),
    "input/learning_rate": () => tensor("float32", [], [learningRate]),
    "input/iteration": () => tensor("float32", [], [iteration + 1]),
    "input/seed": () => tensor("int64", [], [hash(iteration, hash(seed, number))]),
    "input/share": () => tensor("float32", [], [share]),
  };
}

/** Of a graph's inputs the tensors of those that are fed, and the names of the others, which are arrays that are kept. */
export function fedOf(inputNames: readonly string[], inputs: StepInputs) {
  const values = inputNames.map((name) => [name, ownValue(inputs, name)] as const);
  const feeds: Readonly<Record<string, Tensor>> = Object.fromEntries(
    values.flatMap(([name, value]) => (value ? [[name, value()]] : [])),
  );
  return { feeds, kept: values.flatMap(([name, value]) => (value ? [] : [name])) };
}

/** Splits the output `numbers` of a graph of so many steps. */
export function numbersOf(
  lengths: readonly number[],
  numbers: Tensor | undefined,
  steps: number,
): Numbers[] {
  let offset = 0;
  return Array.from({ length: steps }, () =>
    lengths.map((length) =>
      Array.from(numbers!.data.subarray(offset, (offset += length)) as Float32Array),
    ),
  );
}
