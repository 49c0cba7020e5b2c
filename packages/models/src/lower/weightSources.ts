// Where a graph's weights come from: constants for inference, inputs for training.
import {
  CajalError,
  showShape,
  type Tensor,
  type Weights,
  checkArgument,
  checkTensor,
} from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { ModelWeight } from "../network/summary";
import { inverse, rearrange, rearrangedLater, shapeAfter } from "./views";
import { type Step } from "../layers/definition/weightLayout";

/** A weight that is requested from a source. */
type NamedWeight = Pick<ModelWeight, "key" | "shape">;

/** Returns a weight, rearranged by `steps` from Keras' own layout. */
export type WeightSource = (weight: NamedWeight, steps: readonly Step[]) => Value;

/**
 * Weights as constants, rearranged once.
 *
 * @throws CajalError `bad-model` where one is missing, `bad-shape` where one does not fit
 */
export function constantWeights(g: GraphBuilder, weights: Weights): WeightSource {
  checkArgument("constantWeights", "weights", weights, "map");
  const values = new Map<string, Value>();
  const inputNames = new Set<string>();
  return (weight, steps) => {
    const { key } = weight;
    const view = `${key} ${JSON.stringify(steps)}`;
    const cached = values.get(view);
    if (cached) return cached;
    const tensor = weights.get(key);
    if (!tensor)
      throw new CajalError(
        "bad-model",
        `weight "${key}" ${showShape(weight.shape)} is missing; ${weights.size} weights were given${weights.size > 0 ? `: ${[...weights.keys()].slice(0, 3).join(", ")}, …` : ""}.`,
        { weight: key, expected: weight.shape },
      );
    checkWeight(weight, tensor);
    // A second layout of the same weight needs a name of its own.
    const name = inputNames.has(key) ? `${key}:${values.size}` : key;
    inputNames.add(key);
    const value = g.initializer(name, rearrangedLater(tensor, steps));
    values.set(view, value);
    return value;
  };
}

/** A weight that a graph takes as an input: the input's name is its key. */
export interface WeightInput {
  readonly weight: NamedWeight;
  /** From Keras' layout to that of the input. */
  readonly steps: readonly Step[];
  readonly value: Value;
}

export interface InputWeights {
  readonly source: WeightSource;
  /** The inputs declared so far, by key. */
  readonly inputs: ReadonlyMap<string, WeightInput>;
}

/**
 * Weights as inputs of the graph, in the layout that their first reader needs, so that nothing is rearranged at run
 * time. `toInput` and `fromInput` convert tensors to that layout and back.
 */
export function inputWeights(g: GraphBuilder): InputWeights {
  const inputs = new Map<string, WeightInput>();
  const views = new Map<string, Value>();
  const source: WeightSource = (weight, steps) => {
    const { key, shape } = weight;
    const view = `${key} ${JSON.stringify(steps)}`;
    const cached = views.get(view);
    if (cached) return cached;
    const first = inputs.get(key);
    const value = first
      ? // A second reader needs another layout: rearranged in the graph.
        rearrangedIn(g, first.value, [...inverse(first.steps, shape), ...steps])
      : g.input(key, "float32", shapeAfter(shape, steps));
    if (!first) inputs.set(key, { weight, steps, value });
    views.set(view, value);
    return value;
  };
  return { source, inputs };
}

/** A weight in Keras' layout, converted to the layout of the graph's input. */
export function toInput(input: WeightInput, tensor: Tensor): Tensor {
  checkInput("toInput", input);
  checkTensor(tensor, "toInput");
  checkWeight(input.weight, tensor);
  return rearrange(tensor, input.steps);
}

/** The value of the graph's input, converted to Keras' layout. */
export function fromInput(input: WeightInput, tensor: Tensor): Tensor {
  checkInput("fromInput", input);
  checkTensor(tensor, "fromInput");
  return rearrange(tensor, inverse(input.steps, input.weight.shape));
}

/** A value as the graph's input lies, converted in the graph to Keras' layout. */
export function toKerasLayout(g: GraphBuilder, input: WeightInput, value: Value): Value {
  checkInput("toKerasLayout", input);
  return rearrangedIn(g, value, inverse(input.steps, input.weight.shape));
}

/** A value in Keras' layout, converted in the graph to that of the graph's input. */
export function fromKerasLayout(g: GraphBuilder, input: WeightInput, value: Value): Value {
  checkInput("fromKerasLayout", input);
  return rearrangedIn(g, value, input.steps);
}

function checkInput(where: string, input: WeightInput): void {
  checkArgument(where, "input", input, "object");
  checkArgument(where, "input.steps", input.steps, "array");
  checkArgument(where, "input.weight", input.weight, "object");
}

/** @throws CajalError `bad-shape` */
function checkWeight({ key, shape }: NamedWeight, tensor: Tensor): void {
  if (showShape(tensor.shape) === showShape(shape)) return;
  throw new CajalError(
    "bad-shape",
    `weight "${key}": got ${showShape(tensor.shape)}, expected ${showShape(shape)}.`,
    { weight: key, got: tensor.shape, expected: shape },
  );
}

const rearrangedIn = (g: GraphBuilder, value: Value, steps: readonly Step[]): Value =>
  steps.reduce((x, step) => {
    if ("reshape" in step) return g.reshape(x, step.reshape);
    if ("permute" in step) return g.transpose(x, step.permute);
    return g.gather(x, step.reorder.order, { axis: step.reorder.axis });
  }, value);
