// What a graph of a training step is: its inputs and outputs, and what is compiled by which options.
import { sizeOf, type CajalError } from "@cajal/core";
import type { WeightInput } from "@cajal/models";
import type { ChooseFormulation, GraphBuilder, OnnxModel, Value } from "@cajal/onnx";
import type { TrainableModel } from "../../../step/model";
import type { TrainStepOptions } from "../../../step/trainStep";
import { line, outputsInPlace } from "./inPlace";

/** A graph of a training step, for batches of one shape. */
export interface StepGraph {
  readonly model: OnnxModel;
  /** Names of the graph inputs for the batch's tensors. */
  readonly feeds: BatchInputs;
  /** Number of elements of the output `numbers` that belong to the loss, to each of `measuresOf`, and to the finite check. */
  readonly lengths: readonly number[];
  /** Names of the weights and slots that the graph updates, as outputs {@link StepGraph.outputFor}. */
  readonly updatedNames: readonly string[];
  /** The output with the loss, the numbers of `measuresOf` and the finite check. */
  readonly numbersOutput: string;
  /** The weight or slot that an input of the graph reads. */
  arrayOf(input: string): string;
  /** The output of the graph with the new value of a weight or slot. */
  outputFor(array: string): string;
  /** The error to throw for an error of a run, where its cause is known. */
  explain?(error: unknown): CajalError | undefined;
}

/** Input or output of the model → input of the graph. */
export interface BatchInputs {
  readonly x: ReadonlyMap<string, string>;
  readonly y: ReadonlyMap<string, string>;
  readonly weight: ReadonlyMap<string, string>;
}

/** In a graph of one step inputs have the names of the arrays that they read. */
export const ofOneStep: Pick<StepGraph, "numbersOutput" | "arrayOf" | "outputFor"> = {
  numbersOutput: "numbers",
  arrayOf: (input) => input,
  outputFor: (array) => `new/${array}`,
};

export const noInputs: BatchInputs = { x: new Map(), y: new Map(), weight: new Map() };

export interface StepGraphOptions {
  readonly trainable: TrainableModel;
  readonly options: Pick<TrainStepOptions, "optimizer">;
  /** Layouts in which the weights are stored: {@link inferLayouts}. */
  readonly layouts: ReadonlyMap<string, WeightInput>;
  /** Channels per block of the kernels to use ({@link blockSize}); undefined for none. */
  readonly block: number | undefined;
  /** Whether the graph will run on ONNX Runtime's webgpu. */
  readonly webgpu: boolean;
  /** Whether it will run on a GPU by another provider. */
  readonly gpu: boolean;
  /** Picks between formulations of gradients whose times are close. */
  readonly choose?: ChooseFormulation;
  /** Whether gradients compute activations again, in all graphs of a step, so that they give the same numbers. */
  readonly recompute: boolean;
  /** Whether updated weights have the shapes in which they are read; flattened otherwise. */
  readonly keepsShapes: boolean;
}

/** Adds new values, and all numbers as one output; returns how many belong to each group. */
export function addOutputs(
  g: GraphBuilder,
  newValues: ReadonlyMap<string, Value>,
  groups: readonly (readonly Value[])[],
  inPlace: boolean,
): number[] {
  const flatGroups = groups.map((group) => group.map((value) => line(g, value)));
  const numbers = g.concat(flatGroups.flat(), { axis: 0 });
  const outputs = inPlace ? outputsInPlace(g, numbers, newValues) : newValues;
  for (const [name, value] of outputs) g.output(value, ofOneStep.outputFor(name));
  g.output(numbers, ofOneStep.numbersOutput);
  return flatGroups.map((group) =>
    group.reduce((sum, { shape }) => sum + sizeOf(shape as number[]), 0),
  );
}
