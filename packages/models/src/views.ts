// How a weight lies in the graph, as steps from Keras' own layout: rearranged once when a graph is
// built (or at a training step's door), never while it runs. Every step can be taken back.
import { CajalError, showShape, sizeOf, type Tensor } from "@cajal/core";

export type Step =
  | { readonly reshape: readonly number[] }
  /** As ONNX' Transpose: axis i of the result is axis `permute[i]`. */
  | { readonly permute: readonly number[] }
  /** Axis `axis` reordered: entry i of the result is entry `order[i]`. A permutation. */
  | { readonly reorder: { readonly axis: number; readonly order: readonly number[] } };

/** Typed arrays of numbers and of bigints alike. */
type Numbers = { [index: number]: number | bigint };

/** `tensor` in the layout that `steps` make. */
export function rearrange(tensor: Tensor, steps: readonly Step[]): Tensor {
  return steps.reduce((from, step): Tensor => {
    if ("reshape" in step) return { ...from, shape: step.reshape };
    if ("permute" in step) return permuted(from, step.permute);
    return reordered(from, step.reorder.axis, step.reorder.order);
  }, tensor);
}

/** The steps that take `steps` back, for a weight of shape `shape` in Keras' layout. */
export function inverse(steps: readonly Step[], shape: readonly number[]): Step[] {
  const back: Step[] = [];
  let now = shape;
  for (const step of steps) {
    if ("reshape" in step) back.unshift({ reshape: now });
    else if ("permute" in step) back.unshift({ permute: inversePermutation(step.permute) });
    else {
      const { axis, order } = step.reorder;
      back.unshift({ reorder: { axis, order: inversePermutation(order) } });
    }
    now = shapeAfter(now, [step]);
  }
  return back;
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

/** The permutation that takes `order` back. */
export function inversePermutation(order: readonly number[]): number[] {
  const back: number[] = Array.from({ length: order.length }, () => 0);
  order.forEach((from, to) => (back[from] = to));
  return back;
}

function permuted(from: Tensor, permutation: readonly number[]): Tensor {
  const shape = permutation.map((axis) => from.shape[axis]!);
  const strides = stridesOf(from.shape);
  return gather(
    from,
    shape,
    permutation.map((axis) => strides[axis]!),
  );
}

function reordered(from: Tensor, axis: number, order: readonly number[]): Tensor {
  const data = from.data.slice();
  const source: Numbers = from.data;
  const target: Numbers = data;
  const inner = sizeOf(from.shape.slice(axis + 1));
  const extent = from.shape[axis]!;
  const outer = sizeOf(from.shape.slice(0, axis));
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < extent; i++)
      for (let k = 0; k < inner; k++)
        target[(o * extent + i) * inner + k] = source[(o * extent + order[i]!) * inner + k]!;
  return { ...from, data };
}

/** Reads `from` in row-major order of `shape`, each axis with its stride; the innermost two unrolled. */
function gather(from: Tensor, shape: readonly number[], strides: readonly number[]): Tensor {
  const source: Numbers = from.data;
  const data = from.data.slice();
  const target: Numbers = data;
  const rank = shape.length;
  if (rank === 0) return from;
  const index = Array.from({ length: rank }, () => 0);
  const last = shape[rank - 1]!;
  const lastStride = strides[rank - 1]!;
  let base = 0;
  for (let to = 0; to < data.length; to += last) {
    for (let i = 0, at = base; i < last; i++, at += lastStride) target[to + i] = source[at]!;
    for (let axis = rank - 2; axis >= 0; axis--) {
      base += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      base -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { ...from, shape, data };
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}
