// Checks of weights, states and learning rates, and the error for a step that diverged.
import {
  CajalError,
  checkTensor,
  showValue,
  showShape,
  tensor,
  type Shape,
  type Tensor,
  type Weights,
} from "@cajal/core";

/** Key and shape that a tensor must have. */
interface Expected {
  readonly key: string;
  readonly shape: Shape;
}

/** @throws CajalError `bad-argument`, `bad-shape` where weights are missing, too many or of other shapes */
export function checkWeights(weights: Weights, expected: readonly Expected[]): void {
  checkTensors("weight", weights, expected);
}

/**
 * Checks a training state, and reads its iteration.
 *
 * @returns the number of updates made
 */
export function checkState(
  state: ReadonlyMap<string, Tensor>,
  parameters: readonly Expected[],
  slots: readonly string[],
): number {
  const iteration = state.get("iteration");
  const updates = Number(iteration?.data[0] ?? Number.NaN);
  if (!Number.isSafeInteger(updates) || updates < 0)
    throw new CajalError(
      "bad-argument",
      `state "iteration": got ${iteration ? String(iteration.data[0]) : "nothing"}, expected the number of updates made.`,
    );
  checkTensors(
    "state",
    new Map([...state].filter(([name]) => name !== "iteration")),
    parameters.flatMap(({ key, shape }) => slots.map((slot) => ({ key: `${key}/${slot}`, shape }))),
  );
  return updates;
}

/** The iteration as a tensor of the state. */
export const iterationTensor = (updates: number): Tensor => tensor("int64", [], [updates]);

function checkTensors(
  what: "weight" | "state",
  tensors: ReadonlyMap<string, Tensor>,
  expected: readonly Expected[],
): void {
  const keys = new Set(expected.map(({ key }) => key));
  for (const key of tensors.keys())
    if (!keys.has(key))
      throw new CajalError(
        "bad-argument",
        `${what} "${key}": this ${what === "weight" ? "model" : "model and optimizer"} has none of that name. Its own: ${[...keys].slice(0, 8).join(", ")}${keys.size > 8 ? " …" : ""}.`,
        { [what]: key },
      );
  for (const { key, shape } of expected) {
    const value = tensors.get(key);
    const expectedText = `float32 ${showShape(shape)}`;
    if (!value)
      throw new CajalError(
        "bad-argument",
        `${what} "${key}": got nothing, expected ${expectedText}.`,
        {
          [what]: key,
          expected: shape,
        },
      );
    checkTensor(value, `${what} "${key}"`);
    if (value.dtype !== "float32" || showShape(value.shape) !== showShape(shape))
      throw new CajalError(
        value.dtype === "float32" ? "bad-shape" : "bad-argument",
        `${what} "${key}": got ${value.dtype} ${showShape(value.shape)}, expected ${expectedText}.`,
        { [what]: key, got: value.shape, expected: shape },
      );
  }
}

/** The first tensor of a step that is not finite. */
export interface NonFinite {
  /** E.g. `output of layer "conv1"`, `weight "conv1/kernel"`, `gradient of "conv1/kernel"`. */
  readonly tensor: string;
  /** NaN or an infinity. */
  readonly value: number;
  /** Index of the element, row-major. */
  readonly index: number;
}

/** The first element that is not finite; undefined where all are. Integers always are. */
export function findNonFinite(name: string, { data }: Pick<Tensor, "data">): NonFinite | undefined {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return undefined;
  const index = data.findIndex((value) => !Number.isFinite(value));
  return index < 0 ? undefined : { tensor: name, value: data[index]!, index };
}

/** @param step number of the step, from 1 */
export function diverged(step: number, loss: number, nonFinite: NonFinite | undefined): CajalError {
  const first = nonFinite
    ? `the first tensor that went bad is ${nonFinite.tensor}, with ${nonFinite.value} at element ${nonFinite.index}`
    : "no single tensor is to blame";
  const advice = nonFinite?.tensor.startsWith("batch")
    ? "Clean the data."
    : "Lower the learning rate, clip the gradients, or scale the inputs.";
  return new CajalError(
    "diverged",
    `step ${step}: the loss is ${loss}; ${first}. ${advice} The weights are as before this step.`,
    { step, loss, ...nonFinite },
  );
}

/**
 * @param step its number, from 1
 * @throws CajalError `bad-argument` for a rate that float32 does not hold as a number of at least 0
 */
export function checkLearningRate(rate: number, step: number): void {
  if (typeof rate !== "number" || !Number.isFinite(Math.fround(rate)) || rate < 0)
    throw new CajalError(
      "bad-argument",
      `step ${step}: the learning rate is ${showValue(rate)}, expected a number of at least 0. Look at the optimizer's schedule: it is asked with the number of updates made, ${step - 1} here.`,
      { step, learningRate: rate },
    );
}
