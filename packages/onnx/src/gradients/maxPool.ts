import { defineGradient } from "../gradient";
import { knownShape } from "../sumTo";

export const maxPool = defineGradient({
  op: "MaxPool",
  // dy goes back to where each maximum was found: the operator's second output says where, as an
  // index into all of x. Windows that do not overlap hit each place once at most, and MaxUnpool is
  // the faster way; else the hits are added up.
  gradient: ([dy], context, g) => {
    const shape = knownShape(context.inputs[0]!, "of MaxPool");
    const pooled = knownShape(dy!, "of MaxPool");
    const indices = context.output(1);
    const kernel = context.ints("kernel_shape")!;
    const strides = context.ints("strides") ?? kernel.map(() => 1);
    const dilations = context.ints("dilations") ?? kernel.map(() => 1);
    const apart = kernel.every(
      (k, i) =>
        strides[i]! >= (k - 1) * dilations[i]! + 1 &&
        // MaxUnpool wants all windows inside of the image.
        (pooled[i + 2]! - 1) * strides[i]! + k <= shape[i + 2]!,
    );
    if (apart && kernel.length === 2)
      return [
        g.op("MaxUnpool", [dy, indices, g.int64s(shape)], {
          kernel_shape: kernel,
          strides,
        }),
      ];
    const size = shape.reduce((a, b) => a * b, 1);
    const scattered = g.op(
      "ScatterElements",
      [g.expand(g.scalar(dy!.dtype, 0), [size]), g.reshape(indices, [-1]), g.reshape(dy!, [-1])],
      { axis: 0, reduction: "add" },
    );
    return [g.reshape(scattered, shape)];
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
  ].map((sample) => ({ ...sample, float32: true as const })),
});
