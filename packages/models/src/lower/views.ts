// The layout of a weight in the graph, as steps from Keras' own layout: rearranged once when a graph is built (or
// when a training step is opened), never while it runs. Every step can be inverted.
import { arrayTypes, CajalError, showShape, sizeOf, type Tensor } from "@cajal/core";
import { dataOf, isLazy, lazyTensor, type Allocate } from "@cajal/onnx/builder";
import type { Step } from "../layers/definition/weightLayout";
import { canScale, copyPermuted, copyScaled, mergedAxes } from "./permute";
import { scaledOf, type Scaled } from "./scaled";

/** Typed arrays of numbers and of bigints alike. */
type Numbers = { [index: number]: number | bigint };

/** `tensor`, rearranged by `steps`, in memory of `allocate` or its own. */
export function rearrange(
  tensor: Tensor,
  steps: readonly Step[],
  allocate: Allocate = (dtype, length) => new arrayTypes[dtype](length),
): Tensor {
  const scaled = scaledOf(tensor);
  const [first] = steps;
  const permuted =
    scaled && first && "permute" in first
      ? permuteScaled(scaled, first.permute, allocate)
      : undefined;
  const start = permuted ?? (isLazy(tensor) ? computed(tensor, allocate) : tensor);
  return steps.slice(permuted ? 1 : 0).reduce((from, step): Tensor => {
    if ("reshape" in step) return { ...from, shape: step.reshape };
    if ("permute" in step) return permute(from, step.permute, allocate);
    return reorder(from, step.reorder.axis, step.reorder.order, allocate);
  }, start);
}

const computed = (tensor: Tensor, allocate: Allocate): Tensor => ({
  dtype: tensor.dtype,
  shape: tensor.shape,
  data: dataOf(tensor, allocate),
});

/** The same, computed when it is read; what is in the right order already is the tensor itself. */
export function rearrangedLater(tensor: Tensor, steps: readonly Step[]): Tensor {
  if (steps.length === 0) return tensor;
  const shape = shapeAfter(tensor.shape, steps);
  return lazyTensor(tensor.dtype, shape, (allocate) => rearrange(tensor, steps, allocate).data);
}

/** The inverse of `steps`, for a weight of shape `shape` in Keras' layout. */
export function inverse(steps: readonly Step[], shape: readonly number[]): Step[] {
  const inverseSteps: Step[] = [];
  let currentShape = shape;
  for (const step of steps) {
    if ("reshape" in step) inverseSteps.unshift({ reshape: currentShape });
    else if ("permute" in step) inverseSteps.unshift({ permute: inversePermutation(step.permute) });
    else {
      const { axis, order } = step.reorder;
      inverseSteps.unshift({ reorder: { axis, order: inversePermutation(order) } });
    }
    currentShape = shapeAfter(currentShape, [step]);
  }
  return inverseSteps;
}

/** The shape after `steps`. */
export function shapeAfter(shape: readonly number[], steps: readonly Step[]): readonly number[] {
  return steps.reduce((from, step) => {
    if ("permute" in step) return step.permute.map((axis) => from[axis]!);
    if ("reorder" in step) return from;
    if (sizeOf(step.reshape) !== sizeOf(from))
      throw new CajalError(
        "bad-shape",
        `cannot reshape ${showShape(from)} to ${showShape(step.reshape)}.`,
        { from, to: step.reshape },
      );
    return step.reshape;
  }, shape);
}

/** The inverse of the permutation `order`. */
export function inversePermutation(order: readonly number[]): number[] {
  const inverseSteps: number[] = Array.from({ length: order.length }, () => 0);
  order.forEach((from, to) => (inverseSteps[from] = to));
  return inverseSteps;
}

function permute(from: Tensor, permutation: readonly number[], allocate: Allocate): Tensor {
  const shape = permutation.map((axis) => from.shape[axis]!);
  const data = allocate(from.dtype, from.data.length);
  copyPermuted(from.data, data, mergedAxes(from.shape, permutation));
  return { ...from, shape, data };
}

/** A scaled kernel, permuted while it is scaled; undefined where that cannot be done at once. */
function permuteScaled(
  { kernel, scale }: Scaled,
  permutation: readonly number[],
  allocate: Allocate,
): Tensor | undefined {
  const axes = mergedAxes(kernel.shape, permutation);
  if (!canScale(axes, scale)) return undefined;
  const shape = permutation.map((axis) => kernel.shape[axis]!);
  const data = allocate("float32", kernel.data.length);
  copyScaled(kernel.data as Float32Array, data, axes, scale);
  return { ...kernel, shape, data };
}

function reorder(from: Tensor, axis: number, order: readonly number[], allocate: Allocate): Tensor {
  const data = allocate(from.dtype, from.data.length);
  const source: Numbers = from.data;
  const target: Numbers = data;
  const inner = sizeOf(from.shape.slice(axis + 1));
  const extent = from.shape[axis]!;
  const outerAxes = sizeOf(from.shape.slice(0, axis));
  for (let o = 0; o < outerAxes; o++)
    for (let i = 0; i < extent; i++)
      for (let k = 0; k < inner; k++)
        target[(o * extent + i) * inner + k] = source[(o * extent + order[i]!) * inner + k]!;
  return { ...from, data };
}
