// The optimizer's update of a training step, at the end of its graph, or as a graph of its own from sums of gradients.
import { sizeOf } from "@cajal/core";
import { fromKerasLayout, toKerasLayout, type WeightInput } from "@cajal/models";
import { GraphBuilder, type Value } from "@cajal/onnx";
import { applyConstraint } from "../../../step/constraints";
import type { ModelWeight } from "../../../step/model";
import { opsGraph } from "../../../step/opsGraph";
import type { Optimizer } from "../../../step/trainStep";
import { updateParameters } from "../../../step/update";
import { finiteCheck } from "./finiteCheck";
import { after, line } from "./inPlace";
import {
  addOutputs,
  noInputs,
  ofOneStep,
  type StepGraph,
  type StepGraphOptions,
} from "./stepGraph";

/**
 * Whether a weight's gradient is computed: with a factor of 0 it changes nothing, unless it counts in a norm over all.
 * The slots then stay as they are.
 */
export const isUpdated = ({ multiplier }: ModelWeight, { globalClipNorm }: Optimizer): boolean =>
  multiplier !== undefined && (multiplier !== 0 || globalClipNorm !== undefined);

export interface ParameterGradient {
  readonly weight: ModelWeight;
  readonly input: WeightInput;
  readonly gradient: Value;
}

/** Adds the optimizer's update; returns the new values of weights and slots. */
export function addUpdate(
  g: GraphBuilder,
  optimizer: Optimizer,
  parameters: readonly ParameterGradient[],
  { keepsShapes, inPlace }: { readonly keepsShapes: boolean; readonly inPlace: boolean },
): Map<string, Value> {
  const ops = opsGraph(g);
  const newValues = new Map<string, Value>();
  // ONNX Runtime multiplies a 1 × 1 kernel, [1024, 1024, 1, 1], by a scalar element by element, which takes 25 times
  // as long as for a line of numbers.
  const stored = (value: Value) => (keepsShapes ? value : line(g, value));
  const { readsShapes = false } = optimizer;
  const asRuleReads = (input: WeightInput) => (value: Value) => {
    if (readsShapes) return toKerasLayout(g, input, shapedAs(g, value, input.value));
    return keepsShapes ? shapedAs(g, value, input.value) : line(g, value);
  };
  const asStored = (input: WeightInput, value: Value) =>
    readsShapes ? stored(fromKerasLayout(g, input, value)) : value;
  g.within("update", () => {
    const learningRate = g.input("input/learning_rate", "float32", []);
    const gradients = parameters.map(({ gradient }) => gradient);
    const updates = updateParameters(
      ops,
      optimizer,
      parameters.map(({ weight: { key, multiplier }, input, gradient }) => {
        const read = asRuleReads(input);
        const slots = Object.keys(optimizer.slots).map((slot): [string, Value] => [
          slot,
          read(g.input(`${key}/${slot}`, "float32", stored(input.value).shape)),
        ]);
        return {
          key,
          value: read(input.value),
          gradient: read(gradient),
          slots: Object.fromEntries(slots),
          multiplier: multiplier!,
        };
      }),
      {
        learningRate: inPlace ? after(g, learningRate, gradients) : learningRate,
        iteration: g.input("input/iteration", "float32", []),
      },
    );
    updates.forEach(({ key, value: newValue, slots }, i) => {
      const { weight, input } = parameters[i]!;
      const value = asStored(input, newValue);
      const reshaped = () => shapedAs(g, value, input.value);
      const constrainedValue = weight.constraint
        ? constrained(g, weight, { ...input, value: reshaped() })
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
        newValues.set(`${key}/${slot}`, asStored(input, slotValue));
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
  const newValues = addUpdate(g, optimizer, parameters, { keepsShapes, inPlace });
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

/** The new value of a weight, within its constraint, whose axes are those of Keras' layout. */
function constrained(g: GraphBuilder, { key, constraint }: ModelWeight, input: WeightInput): Value {
  const apply = (value: Value, axisOf?: (axis: number) => number) =>
    applyConstraint(opsGraph(g), constraint, value, key, axisOf);
  return input.steps.some((step) => "reshape" in step)
    ? fromKerasLayout(g, input, apply(toKerasLayout(g, input, input.value)))
    : apply(input.value, axisIn(input));
}

/** The axis of a layout without reshaping that corresponds to one of Keras' layout. */
const axisIn =
  ({ steps }: WeightInput) =>
  (axis: number): number =>
    // Reordering elements along an axis changes neither its position nor norms over it.
    steps.reduce(
      (graphAxis, step) => ("permute" in step ? step.permute.indexOf(graphAxis) : graphAxis),
      axis,
    );
