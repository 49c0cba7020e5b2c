// The layout of a weight in the graph, as steps from Keras' own layout: rearranged once when a graph is built (or
// when a training step is opened), never while it runs. Every step can be inverted.
import { arrayTypes, CajalError, showShape, sizeOf, type Tensor } from "@cajal/core";
import { dataOf, isLazy, lazyTensor, type Allocate } from "@cajal/onnx/builder";
import type { Step } from "../layers/definition/weightLayout";

/** Typed arrays of numbers and of bigints alike. */
type Numbers = { [index: number]: number | bigint };

/** `tensor`, rearranged by `steps`, in memory of `allocate` or its own. */
export function rearrange(
  tensor: Tensor,
  steps: readonly Step[],
  allocate: Allocate = (dtype, length) => new arrayTypes[dtype](length),
): Tensor {
  return steps.reduce(
    (from, step): Tensor => {
      if ("reshape" in step) return { ...from, shape: step.reshape };
      if ("permute" in step) return permute(from, step.permute, allocate);
      return reorder(from, step.reorder.axis, step.reorder.order, allocate);
    },
    isLazy(tensor)
      ? { dtype: tensor.dtype, shape: tensor.shape, data: dataOf(tensor, allocate) }
      : tensor,
  );
}

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
  const strides = stridesOf(from.shape);
  const axes = mergeAxes(
    permutation.map((axis) => ({ extent: from.shape[axis]!, stride: strides[axis]! })),
  );
  const source: Numbers = from.data;
  const data = allocate(from.dtype, from.data.length);
  copyPermuted(source, data, axes);
  return { ...from, shape, data };
}

/** An axis of the result: its extent, and how far apart its entries lie in the source. */
interface Axis {
  extent: number;
  stride: number;
}

/** Without axes of one entry, and with neighbours joined that lie as one in the source too. */
function mergeAxes(axes: readonly Axis[]): Axis[] {
  const mergedAxes: Axis[] = [];
  for (const { extent, stride } of axes) {
    if (extent === 1) continue;
    const previous = mergedAxes.at(-1);
    if (previous?.stride === extent * stride) {
      previous.extent *= extent;
      previous.stride = stride;
    } else mergedAxes.push({ extent, stride });
  }
  return mergedAxes;
}

/** Edge of the tiles in which two axes are exchanged: both sides of one stay in the nearest cache. */
const tile = 32;

/** Fills `target` in row-major order of `axes`, reading `source` along their strides. */
function copyPermuted(source: Numbers, target: Numbers, axes: readonly Axis[]): void {
  // The axis that is contiguous in the source is walked in tiles with the last, contiguous in the target.
  const { extent: columns, stride: columnStride } = axes.at(-1) ?? { extent: 1, stride: 1 };
  const targetStrides = stridesOf(axes.map(({ extent }) => extent));
  const across = axes.slice(0, -1).reduce((least, { stride }, axis, all) => {
    return least === -1 || stride < all[least]!.stride ? axis : least;
  }, -1);
  const { extent: rows, stride: rowStride } = axes[across] ?? { extent: 1, stride: 0 };
  const rowTarget = targetStrides[across] ?? 0;
  const outerAxes = axes.flatMap(({ extent, stride }, axis) =>
    axis === across || axis === axes.length - 1
      ? []
      : [{ extent, stride, target: targetStrides[axis]! }],
  );
  const index = outerAxes.map(() => 0);
  let from = 0;
  let to = 0;
  for (;;) {
    for (let row = 0; row < rows; row += tile) {
      const rowEnd = Math.min(row + tile, rows);
      for (let column = 0; column < columns; column += tile) {
        const columnEnd = Math.min(column + tile, columns);
        for (let r = row; r < rowEnd; r++) {
          let at = from + r * rowStride + column * columnStride;
          const start = to + r * rowTarget;
          for (let c = column; c < columnEnd; c++, at += columnStride)
            target[start + c] = source[at]!;
        }
      }
    }
    let axis = outerAxes.length - 1;
    for (; axis >= 0; axis--) {
      const { extent, stride, target: step } = outerAxes[axis]!;
      from += stride;
      to += step;
      if (++index[axis]! < extent) break;
      from -= stride * extent;
      to -= step * extent;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
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

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}
