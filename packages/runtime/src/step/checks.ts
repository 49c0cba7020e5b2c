// What every training step refuses, and how a step that went bad is told.
import {
  CajalError,
  checkTensor,
  showShape,
  tensor,
  type Batch,
  type DType,
  type Shape,
  type Tensor,
  type Weights,
} from "@cajal/core";

/** A weight that a model has, by what must fit. */
interface Expected {
  readonly key: string;
  readonly shape: Shape;
}

/** @throws CajalError `bad-argument`, `bad-shape` where weights are missing, too many or of other shapes */
export function checkWeights(weights: Weights, expected: readonly Expected[]): void {
  checkTensors("weight", weights, expected);
}

/**
 * A training state: checked, and its iteration read.
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

/** The iteration as a state holds it. */
export const iterationTensor = (updates: number): Tensor => tensor("int64", [], [updates]);

function checkTensors(
  what: "weight" | "state",
  given: ReadonlyMap<string, Tensor>,
  expected: readonly Expected[],
): void {
  const known = new Set(expected.map(({ key }) => key));
  for (const key of given.keys())
    if (!known.has(key))
      throw new CajalError(
        "bad-argument",
        `${what} "${key}": this ${what === "weight" ? "model" : "model and optimizer"} has none of that name. Its own: ${[...known].slice(0, 8).join(", ")}${known.size > 8 ? " …" : ""}.`,
        { [what]: key },
      );
  for (const { key, shape } of expected) {
    const found = given.get(key);
    const wanted = `float32 ${showShape(shape)}`;
    if (!found)
      throw new CajalError("bad-argument", `${what} "${key}": got nothing, expected ${wanted}.`, {
        [what]: key,
        expected: shape,
      });
    checkTensor(found, `${what} "${key}"`);
    if (found.dtype !== "float32" || showShape(found.shape) !== showShape(shape))
      throw new CajalError(
        found.dtype === "float32" ? "bad-shape" : "bad-argument",
        `${what} "${key}": got ${found.dtype} ${showShape(found.shape)}, expected ${wanted}.`,
        { [what]: key, got: found.shape, expected: shape },
      );
  }
}

/**
 * @param input the model's: its shape, batch included, null where free, and its type
 * @throws CajalError `bad-shape`, `bad-argument`
 */
export function checkBatch(
  { x, y }: Batch,
  { input: shape, dtype }: { readonly input: readonly (number | null)[]; readonly dtype: DType },
): void {
  checkTensor(x, "batch x");
  checkTensor(y, "batch y");
  const fits =
    x.shape.length === shape.length &&
    shape.every((extent, i) => extent === null || extent === x.shape[i]);
  if (!fits)
    throw new CajalError(
      "bad-shape",
      `batch x: got ${showShape(x.shape)}, expected ${showShape(shape)}, the model's input.`,
      { got: x.shape, expected: shape },
    );
  // Numbers of a class or a word may come as float32, which holds them as exactly.
  if (x.dtype !== dtype && x.dtype !== "float32")
    throw new CajalError(
      "bad-argument",
      `batch x: got ${x.dtype}, expected ${dtype}. Map the dataset${dtype === "float32" ? ", e.g. with rescale(1 / 255)" : ""}.`,
      { got: x.dtype, expected: dtype },
    );
  if (x.shape.includes(0) || y.shape[0] !== x.shape[0])
    throw new CajalError(
      "bad-shape",
      `batch: got x ${showShape(x.shape)} and y ${showShape(y.shape)}, expected the same number of examples, at least one, and no empty axis.`,
      { x: x.shape, y: y.shape },
    );
}

/** The first tensor of a step that is not finite. */
export interface Bad {
  /** E.g. `output of layer "conv1"`, `weight "conv1/kernel"`, `gradient of "conv1/kernel"`. */
  readonly tensor: string;
  /** NaN or an infinity. */
  readonly value: number;
  /** Number of the element, row-major. */
  readonly index: number;
}

/** The first element that is not finite; undefined where all are. Integers always are. */
export function notFinite(name: string, { data }: Pick<Tensor, "data">): Bad | undefined {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return undefined;
  const index = data.findIndex((value) => !Number.isFinite(value));
  return index < 0 ? undefined : { tensor: name, value: data[index]!, index };
}

/** @param step its number, from 1 */
export function diverged(step: number, loss: number, bad: Bad | undefined): CajalError {
  const first = bad
    ? `the first tensor that went bad is ${bad.tensor}, with ${bad.value} at element ${bad.index}`
    : "no single tensor is to blame";
  const advice = bad?.tensor.startsWith("batch")
    ? "Clean the data."
    : "Lower the learning rate, clip the gradients, or scale the inputs.";
  return new CajalError(
    "diverged",
    `step ${step}: the loss is ${loss}; ${first}. ${advice} The weights are as before this step.`,
    { step, loss, ...bad },
  );
}
