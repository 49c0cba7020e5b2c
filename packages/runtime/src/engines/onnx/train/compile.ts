// The graphs of a training step: forward, loss, gradients, update and metrics in one graph of standard
// operators, and the same in parts where a step has several batches. trainStep.ts runs them.
import { sizeOf, type CajalError } from "@cajal/core";
import type { WeightInput } from "@cajal/models";
import {
  blocked,
  checkDifferentiable,
  gradients,
  GraphBuilder,
  type OnnxModel,
  type Value,
} from "@cajal/onnx";
import { emptyTensors } from "../emptyTensors";
import type { Optimizer, TrainStepOptions } from "../../../step/trainStep";
import { constrained } from "../../../step/constraints";
import { forwardOf, labelledIn, parametersOf, type ForwardOptions } from "../../../step/forward";
import { checkLearns } from "../../../step/learns";
import { opsGraph } from "../../../step/opsGraph";
import type { ModelWeight, TrainableModel } from "../../../step/model";
import type { StepBatch } from "../../../step/batch";
import { measured } from "../../../step/outputs";
import { regularization } from "../../../step/regularizers";
import { updateParameters } from "../../../step/update";

/**
 * `train`: a whole step. `accumulate`: one of several batches, its gradients added to a sum; then
 * `update` makes the step of that sum. `probe`: all that is computed, to find what went bad.
 */
export type Kind = "train" | "accumulate" | "update" | "evaluate" | "probe";

/** A graph of a training step, for batches of one shape. */
export interface StepGraph {
  readonly model: OnnxModel;
  /** Names of the inputs that take the batch's tensors. */
  readonly feeds: BatchInputs;
  /** How many of its numbers belong to the loss, to each of `measuresOf`, and to the check of what is written. */
  readonly lengths: readonly number[];
  /** Names of weights and slots that it gives anew, as `new/NAME`. */
  readonly updated: readonly string[];
  /** What an error of a run means, where it is known. */
  explain?(error: unknown): CajalError | undefined;
}

/** Input or output of the model → input of the graph. */
export interface BatchInputs {
  readonly x: ReadonlyMap<string, string>;
  readonly y: ReadonlyMap<string, string>;
  readonly weight: ReadonlyMap<string, string>;
}

const noInputs: BatchInputs = { x: new Map(), y: new Map(), weight: new Map() };

export interface StepGraphOptions {
  readonly trained: TrainableModel;
  readonly options: Pick<TrainStepOptions, "optimizer">;
  /** How weights are kept: {@link survey}. */
  readonly layouts: ReadonlyMap<string, WeightInput>;
  /** Channels in a block of the kernels to use ({@link blockSize}); undefined for none. */
  readonly block: number | undefined;
  /** Whether pools give no indices where the graph will run. */
  readonly withoutIndices: boolean;
  /** Whether new weights are given in the shapes in which they are read, not as lines of numbers. */
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
  {
    trained,
    options: { optimizer },
    layouts,
    block,
    withoutIndices,
    keepsShapes,
  }: StepGraphOptions,
): StepGraph {
  if (kind === "update") return updateOfSums(trained.weights, optimizer, layouts, keepsShapes);
  const { outputs, weights } = trained;
  const training = kind !== "evaluate";
  const forward = forwardOf(trained, { x: batch.x, training, watch: kind === "probe", layouts });
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
    // A share of the batch: a sum over all of it, over how many there are.
    for (const { layer, regularizer, value } of forward.activities)
      for (const sum of [regularization(ops, regularizer, value, layer) ?? []].flat())
        penalties.push(
          g.div(sum, g.cast(g.squeeze(g.shape(value, { start: 0, end: 1 }), [0]), "float32")),
        );
    const { loss, numbers } = measured(ops, outputs, labelled);
    return {
      data: loss,
      total: [loss, ...penalties].reduce((a, b) => g.add(a, b)),
      groups: numbers,
    };
  });

  const numbers: Value[][] = [[total], ...groups];
  const updated: string[] = [];
  if (kind === "probe") {
    for (const [what, value] of watched) g.output(value, `the output of ${what}`);
    g.output(total, "the loss");
  }
  if (training) {
    // A weight that no output depends on is not in the graph, and stays as it is.
    const parameters = weights.filter(
      ({ key, multiplier }) => multiplier !== undefined && inputs.has(key),
    );
    const by = parameters.map(({ key }) => inputs.get(key)!.value);
    checkLearns(g, [data], by);
    const dys = gradients(g, total, by, { block, withoutIndices });
    if (kind === "probe")
      for (const [i, { key }] of [...parameters.entries()].toReversed())
        g.output(dys[i]!, `the gradient of "${key}"`);
    else {
      // A limit to each element makes numbers of infinities.
      const checked = optimizer.clipValue === undefined ? [] : [...dys];
      const give = (name: string, value: Value) => {
        g.output(value, `new/${name}`);
        updated.push(name);
        checked.push(value);
      };
      if (kind === "accumulate") {
        const share = g.input("input/share", "float32", []);
        for (const [i, { key }] of parameters.entries()) {
          const dy = flattened(g, dys[i]!);
          const sum = g.input(sumOf(key), "float32", dy.shape);
          give(sumOf(key), g.add(sum, g.mul(dy, share)));
        }
      } else
        update(
          g,
          optimizer,
          parameters.map((weight, i) => ({
            weight,
            input: inputs.get(weight.key)!,
            gradient: dys[i]!,
          })),
          { give, keepsShapes },
        );
      for (const [key, value] of updates) give(key, value);
      numbers.push([finiteWhere(g, checked)]);
    }
  }
  const lengths = kind === "probe" ? [] : giveNumbers(g, numbers);
  // What a batch decides about its tensors must not end the process either. Before blocked kernels come in, of
  // which shape rules know nothing.
  const { model, explain } = emptyTensors(g.build());
  const names = (values: ReadonlyMap<string, Value>) =>
    new Map([...values].map(([name, value]) => [name, value.name]));
  return {
    model: block === undefined ? model : blocked(model, block),
    feeds: { x: names(forward.x), y: names(yTrue), weight: names(weightOf) },
    lengths,
    updated,
    explain,
  };
}

/** Gives all numbers as one output. */
function giveNumbers(g: GraphBuilder, groups: readonly (readonly Value[])[]): number[] {
  const lines = groups.map((group) => group.map((value) => flattened(g, value)));
  g.output(g.concat(lines.flat(), { axis: 0 }), "numbers");
  return lines.map((group) => group.reduce((sum, { shape }) => sum + sizeOf(shape as number[]), 0));
}

/** A sum that is finite only where all elements of all values are; cheaper than to look at each. */
const finiteWhere = (g: GraphBuilder, values: readonly Value[]): Value =>
  g.within("finite", () =>
    g.sum(...values.map((value) => g.reduceSum(value, { keepdims: false }))),
  );

/**
 * Builds the forward part once, to see whether it can be trained and how it wants its weights.
 *
 * @param x of the batch, as far as it is known
 * @throws CajalError `unsupported` for an operator without a gradient
 */
export function survey(
  trained: TrainableModel,
  x: ForwardOptions["x"],
): ReadonlyMap<string, WeightInput> {
  const { g, yPred, inputs } = forwardOf(trained, { x, training: true });
  const parameters = parametersOf(trained, inputs);
  for (const output of yPred) checkDifferentiable(g, output, parameters);
  checkLearns(g, yPred, parameters);
  return inputs;
}

interface Updated {
  readonly weight: ModelWeight;
  readonly input: WeightInput;
  readonly gradient: Value;
}

/** Adds the optimizer's update of weights and slots, and gives what is new. */
function update(
  g: GraphBuilder,
  optimizer: Optimizer,
  parameters: readonly Updated[],
  {
    give,
    keepsShapes,
  }: { readonly give: (name: string, value: Value) => void; readonly keepsShapes: boolean },
): void {
  const ops = opsGraph(g);
  g.within("update", () => {
    const changed = updateParameters(
      ops,
      optimizer,
      parameters.map(({ weight: { key, multiplier }, input, gradient }) => {
        const value = flattened(g, input.value);
        const slots = Object.keys(optimizer.slots).map((slot): [string, Value] => [
          slot,
          g.input(`${key}/${slot}`, "float32", value.shape),
        ]);
        return {
          key,
          value,
          gradient: flattened(g, gradient),
          slots: Object.fromEntries(slots),
          multiplier: multiplier!,
        };
      }),
      {
        learningRate: g.input("input/learning_rate", "float32", []),
        iteration: g.input("input/iteration", "float32", []),
      },
    );
    changed.forEach(({ key, value, slots }, i) => {
      const {
        weight: { constraint },
        input,
      } = parameters[i]!;
      const shaped = () => g.reshape(value, input.value.shape as number[]);
      const limited = constraint
        ? constrained(ops, constraint, shaped(), key, axisIn(input))
        : undefined;
      give(key, keepsShapes ? (limited ?? shaped()) : limited ? flattened(g, limited) : value);
      for (const [slot, kept] of Object.entries(slots)) give(`${key}/${slot}`, kept);
    });
  });
}

/** The update by itself, of sums of gradients. */
function updateOfSums(
  weights: readonly ModelWeight[],
  optimizer: Optimizer,
  layouts: ReadonlyMap<string, WeightInput>,
  keepsShapes: boolean,
): StepGraph {
  const g = new GraphBuilder({ name: "update" });
  const updated: string[] = [];
  const parameters = weights.flatMap((weight): Updated[] => {
    const { key, multiplier } = weight;
    const layout = layouts.get(key);
    if (!layout || multiplier === undefined) return [];
    const { shape } = layout.value;
    const input = { ...layout, value: g.input(key, "float32", shape) };
    const line = [sizeOf(shape as number[])];
    return [{ weight, input, gradient: g.input(sumOf(key), "float32", line) }];
  });
  const checked: Value[] = [];
  const give = (name: string, value: Value) => {
    g.output(value, `new/${name}`);
    updated.push(name);
    checked.push(value);
  };
  update(g, optimizer, parameters, { give, keepsShapes });
  const lengths = giveNumbers(g, [[finiteWhere(g, checked)]]);
  return { model: g.build(), feeds: noInputs, lengths, updated };
}

/**
 * A value as one line of numbers, as which it is updated: ONNX Runtime multiplies a kernel of one
 * pixel, [1024, 1024, 1, 1], by a scalar number by number, which takes 25 times as long.
 */
const flattened = (g: GraphBuilder, value: Value): Value =>
  value.shape?.length === 1 ? value : g.reshape(value, [-1]);

/** The input that takes the sum of a parameter's gradients. */
export const sumOf = (key: string) => `sum of gradients/${key}`;

/** Where an axis of Keras' layout is in the graph's. */
const axisIn =
  ({ steps }: WeightInput) =>
  (axis: number): number =>
    // A reordered axis stays where it is, and norms over it stay what they are.
    steps.reduce((at, step) => ("permute" in step ? step.permute.indexOf(at) : at), axis);
