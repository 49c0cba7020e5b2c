// Operators that move elements, and those that ask for extents.
import { CajalError } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "../peers";
import {
  axisOf,
  numbersOf,
  wholeTensor,
  type OperatorContext,
  type TfjsOperators,
} from "./operator";

/** Axes that are an input, or an attribute of older operators. */
const axesOf = (input: tfc.Tensor | undefined, { get }: OperatorContext): readonly number[] | undefined => // prettier-ignore
  input ? numbersOf(input) : get("axes", []).length > 0 ? get("axes", []) : undefined; // prettier-ignore

export const shape: TfjsOperators = {
  Shape: ([x], { tf, get }) => {
    const end = get("end", x.rank);
    return wholeTensor(tf, x.shape.slice(axisOf(get("start", 0), x.rank), axisOf(end, x.rank)));
  },
  Reshape: ([x, to], { tf }) =>
    tf.reshape(x, numbersOf(to!).map((extent, i) => (extent === 0 ? x.shape[i]! : extent))), // prettier-ignore
  Flatten: ([x], { tf, get }) => {
    const size = (extents: readonly number[]) => extents.reduce((a, b) => a * b, 1);
    const axis = axisOf(get("axis", 1), x.rank);
    return tf.reshape(x, [size(x.shape.slice(0, axis)), size(x.shape.slice(axis))]);
  },
  Transpose: ([x], { tf, get }) =>
    tf.transpose(x, [...get("perm", x.shape.map((_, i) => x.rank - 1 - i))]), // prettier-ignore
  Squeeze: ([x, axes], context) => {
    const axisList = axesOf(axes, context)?.map((axis) => axisOf(axis, x.rank));
    return context.tf.reshape(x, x.shape.filter((extent, i) => (axisList ? !axisList.includes(i) : extent !== 1))); // prettier-ignore
  },
  Unsqueeze: ([x, axes], context) => {
    const givenAxes = axesOf(axes, context)!;
    const rank = x.rank + givenAxes.length;
    const axisList = givenAxes.map((axis) => axisOf(axis, rank));
    const extents = x.shape.values();
    const expandedShape = Array.from({ length: rank }, (_, i) => axisList.includes(i) ? 1 : extents.next().value!); // prettier-ignore
    return context.tf.reshape(x, expandedShape);
  },
  Concat: (inputs, { tf, get }) => {
    const tensors = inputs as readonly tfc.Tensor[];
    return tensors.length === 1
      ? tensors[0]!
      : tf.concat([...tensors], axisOf(get("axis", 0), tensors[0]!.rank));
  },
  Split: ([x, sizes], { tf, get, outputs }) => {
    const axis = axisOf(get("axis", 0), x.rank);
    const count = get("num_outputs", outputs);
    const extent = x.shape[axis]!;
    const partSize = Math.ceil(extent / count);
    const parts = Array.from({ length: count }, (_, i) => i < count - 1 ? partSize : extent - i * partSize); // prettier-ignore
    return tf.split(x, sizes ? numbersOf(sizes) : parts, axis);
  },
  Slice: ([x, starts, ends, axes, steps], { tf }) => {
    const axisList = axes ? numbersOf(axes) : x.shape.map((_, i) => i);
    const [from, to] = [numbersOf(starts!), numbersOf(ends!)];
    const by = steps ? numbersOf(steps) : axisList.map(() => 1);
    return axisList.reduce<tfc.Tensor>((y, axisInput, i) => sliceAxis(tf, y, { axis: axisOf(axisInput, x.rank), from: from[i]!, to: to[i]!, by: by[i]! }), x); // prettier-ignore
  },
  Gather: ([x, indices], { tf, get }) => {
    const axis = axisOf(get("axis", 0), x.rank);
    const extent = x.shape[axis]!;
    const positions = numbersOf(indices!).map((axisList) =>
      axisList < 0 ? axisList + extent : axisList,
    );
    const gathered = tf.gather(x, tf.tensor1d(positions, "int32"), axis);
    // A scalar index takes its axis away.
    return tf.reshape(gathered, x.shape.toSpliced(axis, 1, ...indices!.shape));
  },
  Expand: ([x, to], { tf }) => {
    const targetShape = numbersOf(to!);
    const rank = Math.max(x.rank, targetShape.length);
    const padShape = (extents: readonly number[]) => [...Array.from({ length: rank - extents.length }, () => 1), ...extents]; // prettier-ignore
    const [inputShape, outputShape] = [padShape(x.shape), padShape(targetShape)];
    const size = (extents: readonly number[]) => extents.reduce((a, b) => a * b, 1);
    // Axis by axis, as three: TF.js has neither kernels nor gradients for many.
    return inputShape.reduce<tfc.Tensor>(
      (y, extent, axis) => {
        const times = extent === 1 ? outputShape[axis]! : 1;
        if (times === 1) return y;
        const { shape } = y;
        const three: [number, number, number] = [size(shape.slice(0, axis)), 1, size(shape.slice(axis + 1))]; // prettier-ignore
        return tf.reshape(tf.tile(tf.reshape(y, three), [1, times, 1]), shape.with(axis, times));
      },
      tf.reshape(x, inputShape),
    );
  },
  Tile: ([x, repeats], { tf }) => tf.tile(x, numbersOf(repeats!)),
  Range: ([from, to, by], { tf }) => {
    const [start, stop, step] = [from, to!, by!].map((x) => x.dataSync()[0]!) as [number, number, number]; // prettier-ignore
    return tf.range(start, stop, step, from.dtype === "int32" ? "int32" : "float32");
  },
  ConstantOfShape: ([extents], { tf }) => tf.zeros(numbersOf(extents)),
  Pad: ([x, pads, value, axes], { tf, get }) => {
    const axisList = axes ? numbersOf(axes).map((axis) => axisOf(axis, x.rank)) : x.shape.map((_, i) => i); // prettier-ignore
    const padding = numbersOf(pads!);
    const borders = x.shape.map((_, axis): [number, number] => {
      const i = axisList.indexOf(axis);
      return i < 0 ? [0, 0] : [padding[i]!, padding[axisList.length + i]!];
    });
    const mode = get("mode", "constant");
    if (mode === "constant") return tf.pad(x, borders, value ? value.dataSync()[0]! : 0);
    return borders.reduce<tfc.Tensor>((y, [before, after], axis) => {
      if (before === 0 && after === 0) return y;
      const extent = y.shape[axis]!;
      const fold = folds[mode];
      if (!fold) throw new CajalError("unsupported", `a padding of mode "${mode}", on TF.js. Use engine onnx.`, { mode }); // prettier-ignore
      const positions = Array.from({ length: before + extent + after }, (_, i) => fold(i - before, extent)); // prettier-ignore
      // TF.js' mirrorPad has no gradient.
      return tf.gather(y, tf.tensor1d(positions, "int32"), axis);
    }, x);
  },
};

/** Which element stands at a place outside, by Pad's mode. */
const folds: Readonly<Record<string, (place: number, extent: number) => number>> = {
  edge: (place, extent) => Math.min(Math.max(place, 0), extent - 1),
  reflect: (place, extent) => extent - 1 - Math.abs(extent - 1 - Math.abs(place)),
};

/** The elements from one up to another of an axis, which are limited to its extent, as ONNX' Slice limits them. */
export function sliceAxis(
  tf: TfCore,
  x: tfc.Tensor,
  { axis, from, to, by }: { readonly axis: number; readonly from: number; readonly to: number; readonly by: number }, // prettier-ignore
): tfc.Tensor {
  const extent = x.shape[axis]!;
  const [low, high] = by > 0 ? [0, extent] : [-1, extent - 1];
  const clampIndex = (value: number) =>
    Math.min(Math.max(value < 0 ? value + extent : value, low), high);
  const [start, stop] = [clampIndex(from), clampIndex(to)];
  const count = Math.max(0, Math.ceil((stop - start) / by));
  if (by === 1) {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    return tf.slice(x, begin, x.shape.with(axis, count));
  }
  // TF.js has no gradient of slices in larger steps.
  const positions = Array.from({ length: count }, (_, i) => start + i * by);
  return tf.gather(x, tf.tensor1d(positions, "int32"), axis);
}
