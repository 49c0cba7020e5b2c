import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient, type GradientContext } from "./gradient";
import { staticShape } from "./shared/sumTo";
import { whereGreatest } from "./shared/whereGreatest";

export const maxPool = defineGradient({
  op: "MaxPool",
  outputs: 0,
  // dy goes back to where each maximum was found, the first of equal ones in row-major order: the
  // operator's second output says where, as an index into all of x. Windows that do not overlap hit
  // each place once at most, and MaxUnpool is the faster way; else the hits are added up.
  gradient: ([dy], context, g) => {
    if (context.webgpu) return [whereGreatest(g, dy!, context)];
    const shape = staticShape(context.inputs[0], "of MaxPool");
    const pooled = staticShape(dy!, "of MaxPool");
    const kernel = context.ints("kernel_shape")!;
    const strides = context.ints("strides") ?? kernel.map(() => 1);
    const dilations = context.ints("dilations") ?? kernel.map(() => 1);
    const windowsAreDisjoint = kernel.every(
      (k, i) =>
        strides[i]! >= (k - 1) * dilations[i]! + 1 &&
        // MaxUnpool wants all windows inside of the image.
        (pooled[i + 2]! - 1) * strides[i]! + k <= shape[i + 2]!,
    );
    const size = shape.reduce((a, b) => a * b, 1);
    const tiles =
      kernel.length === 2 &&
      dilations.every((dilation) => dilation === 1) &&
      !context.ints("pads")?.some((pad) => pad !== 0) &&
      kernel.every((k, i) => k === strides[i] && shape[i + 2] === k * pooled[i + 2]!);
    const indices =
      tiles && size <= exactIndices
        ? indicesInTiles(g, context.inputs[0], context.outputs[0]!, { shape, kernel })
        : indicesInRows(g, context);
    if (windowsAreDisjoint && kernel.length === 2)
      return [
        g.op("MaxUnpool", [dy, indices, g.int64s(shape)], {
          kernel_shape: kernel,
          strides,
        }),
      ];
    const flatIndices = g.reshape(indices, [-1]);
    // Constant zeros ONNX Runtime would keep, as many as x has elements (26 MB for ResNet50, batch 8),
    // and copy in every run.
    const firstIndex = g.slice(flatIndices, { starts: [0], ends: [1] });
    const zeros = g.expand(g.cast(g.sub(firstIndex, firstIndex), dy!.dtype), [size]);
    const flatGradient = g.scatterElements(zeros, flatIndices, g.reshape(dy!, [-1]), {
      axis: 0,
      reduction: "add",
    });
    return [g.reshape(flatGradient, shape)];
  },
  samples: [
    { inputs: [[2, 3, 6, 4]], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { inputs: [[2, 3, 7, 5]], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    {
      inputs: [[2, 3, 7, 5]],
      attributes: { kernel_shape: [2, 2], strides: [2, 2], auto_pad: "SAME_UPPER" },
    },
    {
      inputs: [[2, 3, 7, 6]],
      attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    },
    { inputs: [[2, 3, 7, 6]], attributes: { kernel_shape: [3, 2] } },
    {
      inputs: [[1, 2, 7, 7]],
      attributes: { kernel_shape: [2, 2], dilations: [2, 2], strides: [2, 2] },
    },
    { inputs: [[1, 2, 7, 7]], attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } },
    { inputs: [[2, 3, 9]], attributes: { kernel_shape: [3], strides: [2] } },
    {
      inputs: [[1, 2, 7, 6]],
      attributes: { kernel_shape: [3, 3], strides: [2, 2], storage_order: 1 },
    },
    // Windows with gaps, as many as tiles would be.
    {
      inputs: [[1, 2, 4, 6]],
      attributes: { kernel_shape: [2, 2], strides: [2, 2], dilations: [2, 2], pads: [0, 0, 1, 1] },
    },
  ].map((sample) => ({ ...sample, float32: true as const })),
});

/** The operator's second output, counting row by row whatever its own storage_order is. */
function indicesInRows(g: GraphBuilder, context: GradientContext): Value {
  if (context.int("storage_order", 0) === 0) return context.output(1);
  const nodeAttributes = Object.entries(context.node.attributes).map(([name, { value }]) => [
    name,
    value,
  ]);
  const attributes = { ...Object.fromEntries(nodeAttributes), storage_order: 0 };
  return g.ops("MaxPool", [context.inputs[0]], attributes, { outputs: 2 })[1]!;
}

/**
 * ONNX Runtime's CPU pools with indices take ten times as long as those without. Up to as many
 * elements it is faster to look for the maxima again; above, memory is what limits that.
 */
const exactIndices = 4 * 1024 * 1024;

/**
 * The operator's second output where windows tile the image. What equals its window's maximum is
 * worth the more the earlier it comes: a pool of these worths gives the first in each window.
 */
function indicesInTiles(
  g: GraphBuilder,
  x: Value,
  y: Value,
  { shape, kernel }: { shape: readonly number[]; kernel: readonly number[] },
): Value {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const area = height * width;
  const upsampled = g.resize(y, {
    scales: [1, 1, ...kernel],
    mode: "nearest",
    nearest_mode: "floor",
    coordinate_transformation_mode: "asymmetric",
  });
  // The last place is worth 0, as what is no maximum: a window of NaN, which equals nothing, gets an
  // index that is at least one of the image. With at most `exactIndices` of them float32 is exact.
  const priorities = g.constant(
    tensor(
      "float32",
      [height, width],
      Array.from({ length: area }, (_, position) => area - 1 - position),
    ),
  );
  // Mul runs on all threads, and takes half the time of Where.
  const candidates = g.mul(g.cast(g.equal(x, upsampled), "float32"), priorities);
  const first = g.maxPool(candidates, { kernel_shape: kernel, strides: kernel });
  const lastIndices = g.constant(
    tensor(
      "int64",
      [batch, channels, 1, 1],
      Array.from({ length: batch * channels }, (_, plane) => (plane + 1) * area - 1),
    ),
  );
  return g.sub(lastIndices, g.cast(first, "int64"));
}
