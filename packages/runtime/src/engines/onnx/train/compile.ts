// The graphs of a training step: forward, loss, gradients, update and metrics in one graph of standard
// operators, and split into two graphs where a step has several batches. trainStep.ts runs them.
import { sizeOf, type CajalError, type NamedTensors } from "@cajal/core";
import type { WeightInput } from "@cajal/models";
import {
  blocked,
  checkDifferentiable,
  decomposeTrainingNormalization,
  gradients,
  GraphBuilder,
  type ChooseFormulation,
  type OnnxModel,
  type Value,
} from "@cajal/onnx";
import { emptyTensors } from "../emptyTensors";
import { finiteCheck } from "./finiteCheck";
import { unplanned } from "./unplanned";
import { after, line, outputsInPlace } from "./inPlace";
import type { Optimizer, TrainStepOptions } from "../../../step/trainStep";
import { applyConstraint } from "../../../step/constraints";
import { forwardOf, labelledIn, parametersOf, type ForwardOptions } from "../../../step/forward";
import { checkLearns } from "../../../step/learns";
import { opsGraph } from "../../../step/opsGraph";
import type { ModelWeight, TrainableModel } from "../../../step/model";
import type { StepBatch } from "../../../step/batch";
import { asGiven, computeMeasures, outputCalled } from "../../../step/outputs";
import { regularization } from "../../../step/regularizers";
import { updateParameters } from "../../../step/update";

/**
 * `part`: the gradients of a part of a batch; from those of all its parts {@link compileUpdate} computes the step.
 * `train`: a whole step. `accumulate`: one of several batches, whose gradients are added to a sum, from which
 * `update` computes the step. `probe`: all intermediate values, to find the first that is not finite.
 * `trainInPlace` and `updateInPlace`: the same as without, for arrays that are written over what they were read
 * from ({@link outputsInPlace}).
 */
export type Kind = "train" | "part" | "trainInPlace" | "accumulate" | "update" | "updateInPlace" | "evaluate" | "probe"; // prettier-ignore

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
const ofOneStep: Pick<StepGraph, "numbersOutput" | "arrayOf" | "outputFor"> = {
  numbersOutput: "numbers",
  arrayOf: (input) => input,
  outputFor: (array) => `new/${array}`,
};

const noInputs: BatchInputs = { x: new Map(), y: new Map(), weight: new Map() };

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

/**
 * The graph for batches like this one.
 *
 * @throws CajalError `unsupported` for an operator without a gradient
 */
export function compileStep(
  kind: Kind,
  batch: StepBatch,
  { trainable, options: { optimizer }, layouts, block, webgpu, gpu, choose, recompute, keepsShapes }: StepGraphOptions, // prettier-ignore
): StepGraph {
  const inPlace = kind === "trainInPlace" || kind === "updateInPlace";
  if (kind === "update" || kind === "updateInPlace")
    return compileUpdate({ trainable, options: { optimizer }, layouts, keepsShapes }, { inPlace });
  const { outputs, weights } = trainable;
  const training = kind !== "evaluate";
  const forward = forwardOf(trainable, {
    x: batch.x,
    training,
    layouts,
    ...(kind === "probe" && { watch: "all" }),
  });
  const { g, inputs, yPred, updates, watched } = forward;
  const ops = opsGraph(g);
  const { yTrue, weightOf, labelled } = labelledIn(g, outputs, yPred, batch);
  const { data, total, groups } = g.within("loss", () => {
    const penalties = weights.flatMap((weight) => {
      const { key, regularizer } = weight;
      return regularizer
        ? (regularization(ops, regularizer, forward.weight(weight), key) ?? [])
        : [];
    });
    // The sum over the batch, divided by the number of examples.
    for (const { layer, regularizer, value } of forward.activities)
      for (const sum of [regularization(ops, regularizer, value, layer) ?? []].flat())
        penalties.push(
          g.div(sum, g.cast(g.squeeze(g.shape(value, { start: 0, end: 1 }), [0]), "float32")),
        );
    const { loss, numbers } = computeMeasures(ops, outputs, labelled);
    return {
      data: loss,
      total: [loss, ...penalties].reduce((a, b) => g.add(a, b)),
      groups: numbers,
    };
  });

  const numbers: Value[][] = [[total], ...groups];
  const newValues = new Map<string, Value>();
  if (kind === "probe") {
    for (const [what, value] of watched) g.output(value, `the output of ${what}`);
    g.output(total, "the loss");
  }
  if (training) {
    // A weight that no output depends on is not in the graph, and stays as it is.
    const parameters = weights.filter(
      (weight) => isUpdated(weight, optimizer) && inputs.has(weight.key),
    );
    const parameterValues = parameters.map(({ key }) => inputs.get(key)!.value);
    checkLearns(g, [data], parameterValues);
    const dys = gradients(g, total, parameterValues, { block, webgpu, gpu, choose, recompute });
    if (kind === "probe")
      for (const [i, { key }] of [...parameters.entries()].toReversed())
        g.output(dys[i]!, `the gradient of "${key}"`);
    else {
      // Clipping by value turns infinities into finite numbers, so the gradients are checked before.
      const valuesToCheck = optimizer.clipValue === undefined ? [] : [...dys];
      if (kind === "part") {
        const all = g.concat(dys.map((dy) => line(g, dy)), { axis: 0 }); // prettier-ignore
        newValues.set(gradientsOfPart(0), g.mul(all, g.input("input/share", "float32", [])));
      } else if (kind === "accumulate") {
        const share = g.input("input/share", "float32", []);
        for (const [i, { key }] of parameters.entries()) {
          const dy = line(g, dys[i]!);
          const sum = g.input(gradientSumName(key), "float32", dy.shape);
          newValues.set(gradientSumName(key), g.add(sum, g.mul(dy, share)));
        }
      } else
        for (const [name, value] of update(
          g,
          optimizer,
          parameters.map((weight, i) => ({
            weight,
            input: inputs.get(weight.key)!,
            gradient: dys[i]!,
          })),
          { keepsShapes, inPlace },
        ))
          newValues.set(name, value);
      for (const [key, value] of updates) newValues.set(key, value);
      numbers.push([finiteCheck(g, [total, ...valuesToCheck, ...newValues.values()], keepsShapes)]);
    }
  }
  const lengths = kind === "probe" ? [] : addOutputs(g, newValues, numbers, inPlace);
  const x = namesOf(forward.x);
  return {
    ...readyToRun(g, x, { block, webgpu, gpu }),
    feeds: { x, y: namesOf(yTrue), weight: namesOf(weightOf) },
    lengths,
    updatedNames: [...newValues.keys()],
    ...ofOneStep,
  };
}

/** The output of {@link compilePrediction}. */
export const prediction = "prediction";

/**
 * The graph of a value in inference mode, for x like this one.
 *
 * @param of as in `TrainCore.predict`
 */
export function compilePrediction(
  x: NamedTensors,
  of: string,
  {
    trainable,
    layouts,
    ...options
  }: Pick<StepGraphOptions, "trainable" | "layouts" | "block" | "webgpu" | "gpu">,
): StepGraph {
  const i = outputCalled(trainable.outputs, of);
  const watch = i < 0 ? ({ watch: { name: of } } as const) : {};
  const forward = forwardOf(trainable, { x, training: false, layouts, ...watch });
  const { g, yPred, watched } = forward;
  const [value] =
    i < 0 ? watched.values() : [asGiven(opsGraph(g), trainable.outputs[i]!, yPred[i]!)];
  g.output(value!, prediction);
  const names = namesOf(forward.x);
  return {
    ...readyToRun(g, names, options),
    feeds: { ...noInputs, x: names },
    lengths: [],
    updatedNames: [],
    ...ofOneStep,
  };
}

const namesOf = (values: ReadonlyMap<string, Value>): ReadonlyMap<string, string> =>
  new Map([...values].map(([name, value]) => [name, value.name]));

/** The finished graph, and what explains its errors. */
function readyToRun(
  g: GraphBuilder,
  x: ReadonlyMap<string, string>,
  { block, webgpu, gpu }: Pick<StepGraphOptions, "block" | "webgpu" | "gpu">,
): Pick<StepGraph, "model" | "explain"> {
  // Empty tensors that depend on the batch's data must not abort the process either. Done before blocked kernels are
  // inserted, for which there are no shape rules.
  const { model, explain } = emptyTensors(decomposeTrainingNormalization(g.build(), { rank: 2 }));
  const withBlocks = block === undefined ? model : blocked(model, block);
  return {
    model: gpu || webgpu ? withBlocks : unplanned(withBlocks, new Set(x.values())),
    explain,
  };
}

/**
 * Whether a weight's gradient is computed: with a factor of 0 it changes nothing, unless it counts in a norm over all.
 * The slots then stay as they are.
 */
const isUpdated = ({ multiplier }: ModelWeight, { globalClipNorm }: Optimizer): boolean =>
  multiplier !== undefined && (multiplier !== 0 || globalClipNorm !== undefined);

/** Adds new values, and all numbers as one output; returns how many belong to each group. */
function addOutputs(
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

/**
 * Builds the forward part once, to check that it can be trained, and returns the layouts in which it reads the weights.
 *
 * @param x of the batch, as far as it is known
 * @throws CajalError `unsupported` for an operator without a gradient
 */
export function inferLayouts(
  trainable: TrainableModel,
  x: ForwardOptions["x"],
): ReadonlyMap<string, WeightInput> {
  const { g, yPred, inputs } = forwardOf(trainable, { x, training: true });
  const parameters = parametersOf(trainable, inputs);
  for (const output of yPred) checkDifferentiable(g, output, parameters);
  checkLearns(g, yPred, parameters);
  return inputs;
}

interface ParameterGradient {
  readonly weight: ModelWeight;
  readonly input: WeightInput;
  readonly gradient: Value;
}

/** Adds the optimizer's update; returns the new values of weights and slots. */
function update(
  g: GraphBuilder,
  optimizer: Optimizer,
  parameters: readonly ParameterGradient[],
  { keepsShapes, inPlace }: { readonly keepsShapes: boolean; readonly inPlace: boolean },
): Map<string, Value> {
  const ops = opsGraph(g);
  const newValues = new Map<string, Value>();
  g.within("update", () => {
    const learningRate = g.input("input/learning_rate", "float32", []);
    const gradients = parameters.map(({ gradient }) => gradient);
    const updates = updateParameters(
      ops,
      optimizer,
      parameters.map(({ weight: { key, multiplier }, input, gradient }) => {
        // ONNX Runtime multiplies a 1 × 1 kernel, [1024, 1024, 1, 1], by a scalar element by element, which takes 25 times
        // as long as for a line of numbers.
        const value = keepsShapes ? input.value : line(g, input.value);
        const slots = Object.keys(optimizer.slots).map((slot): [string, Value] => [
          slot,
          g.input(`${key}/${slot}`, "float32", value.shape),
        ]);
        return {
          key,
          value,
          gradient: keepsShapes ? shapedAs(g, gradient, value) : line(g, gradient),
          slots: Object.fromEntries(slots),
          multiplier: multiplier!,
        };
      }),
      {
        learningRate: inPlace ? after(g, learningRate, gradients) : learningRate,
        iteration: g.input("input/iteration", "float32", []),
      },
    );
    updates.forEach(({ key, value, slots }, i) => {
      const {
        weight: { constraint },
        input,
      } = parameters[i]!;
      const reshaped = () => shapedAs(g, value, input.value);
      const constrainedValue = constraint
        ? applyConstraint(ops, constraint, reshaped(), key, axisIn(input))
        : undefined;
      newValues.set(
        key,
        keepsShapes
          ? (constrainedValue ?? reshaped())
          : constrainedValue
            ? line(g, constrainedValue)
            : value,
      );
      for (const [slot, slotValue] of Object.entries(slots))
        newValues.set(`${key}/${slot}`, slotValue);
    });
  });
  return newValues;
}

type UpdateOptions = Pick<StepGraphOptions, "trainable" | "options" | "layouts" | "keepsShapes">;

/** The graph of the update alone: from sums of gradients, or from the {@link gradientsOfPart} of all parts of a batch. */
export function compileUpdate(
  { trainable: { weights }, options: { optimizer }, layouts, keepsShapes }: UpdateOptions,
  { inPlace = false, parts }: { readonly inPlace?: boolean; readonly parts?: number },
): StepGraph {
  const g = new GraphBuilder({ name: "update" });
  const updated = weights.flatMap((weight) => {
    const layout = layouts.get(weight.key);
    if (!layout || !isUpdated(weight, optimizer)) return [];
    const { shape } = layout.value;
    const input = { ...layout, value: g.input(weight.key, "float32", shape) };
    return [{ weight, input, size: sizeOf(shape as number[]) }];
  });
  const sizes = updated.map(({ size }) => size);
  const gradients =
    parts === undefined
      ? updated.map(({ weight: { key }, size }) => g.input(gradientSumName(key), "float32", [size]))
      : sumOfParts(g, parts, sizes);
  const parameters = updated.map((each, i): ParameterGradient => ({ ...each, gradient: gradients[i]! })); // prettier-ignore
  const newValues = update(g, optimizer, parameters, { keepsShapes, inPlace });
  const check = finiteCheck(g, [...newValues.values()], keepsShapes);
  const lengths = addOutputs(g, newValues, [[check]], inPlace);
  const updatedNames = [...newValues.keys()];
  return { model: g.build(), feeds: noInputs, lengths, updatedNames, ...ofOneStep };
}

const shapedAs = (g: GraphBuilder, value: Value, { shape }: Value): Value =>
  value.shape!.length === shape!.length ? value : g.reshape(value, shape as number[]);

/** Name of the input for the sum of a parameter's gradients. */
export const gradientSumName = (key: string) => `sum of gradients/${key}`;

/** Sums of gradients, and how many numbers each has. */
export const gradientSums = (weights: readonly ModelWeight[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    weights
      .filter(({ multiplier }) => multiplier !== undefined)
      .map(({ key, shape }) => [gradientSumName(key), sizeOf(shape)]),
  );

/** The array with a part's share in all gradients, one after the other. */
export const gradientsOfPart = (part: number) => `gradients of part ${part}`;

function sumOfParts(g: GraphBuilder, parts: number, sizes: readonly number[]): readonly Value[] {
  const length = sizes.reduce((a, b) => a + b, 0);
  const all = Array.from({ length: parts }, (_, part) => g.input(gradientsOfPart(part), "float32", [length])); // prettier-ignore
  const sum = all.reduce((a, b) => g.add(a, b));
  return sizes.length === 1 ? [sum] : g.split(sum, { axis: 0, sizes });
}

/** The axis of the graph's layout that corresponds to one of Keras' layout. */
const axisIn =
  ({ steps }: WeightInput) =>
  (axis: number): number =>
    // Reordering elements along an axis changes neither its position nor norms over it.
    steps.reduce(
      (graphAxis, step) => ("permute" in step ? step.permute.indexOf(graphAxis) : graphAxis),
      axis,
    );
