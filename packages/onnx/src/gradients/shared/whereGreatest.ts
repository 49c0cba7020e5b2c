// The gradient of MaxPool by masks, for providers whose pools give no indices and which have no MaxUnpool.
import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import { convolutionBetween, type Convolution } from "../../graph/convolution";
import { computed } from "../../model/elementType";
import type { GradientContext } from "../gradient";
import { imageGradients } from "./imageGradient";
import { staticShape } from "./sumTo";

/**
 * dx without the operator's second output, which GPUs lack: a window's place k gets dy where x is the
 * maximum there and at no place before k. What the K places get, one after the other as channels, is
 * brought to where they lie by a transposed convolution whose kernel k is 1 at place k.
 */
export function whereGreatest(g: GraphBuilder, dy: Value, context: GradientContext): Value {
  const [x, y] = [context.inputs[0]!, context.outputs[0]!];
  const shape = staticShape(x, "of MaxPool");
  const kernel = context.ints("kernel_shape")!;
  const pool = convolutionBetween(
    context,
    shape,
    [shape[1]!, 1, ...kernel],
    staticShape(dy, "of MaxPool"),
  );
  const planes = pool.batch * pool.channels;
  const flat = [planes, 1, ...pool.output];
  let isFound: Value | undefined;
  const parts = placesOf(g, x, pool).map((values) => {
    const isMax = g.cast(g.equal(values, y), dy.dtype);
    const first = isFound ? g.mul(isMax, g.sub(1, isFound)) : isMax;
    isFound = isFound ? g.add(isFound, first) : isMax;
    return g.reshape(g.mul(dy, first), flat);
  });
  const partCount = parts.length;
  const unit = Array.from({ length: partCount ** 2 }, (_, i) =>
    i % (partCount + 1) === 0 ? 1 : 0,
  );
  const kernels = g.constant(tensor(computed(dy.dtype), [partCount, 1, ...kernel], unit));
  const planePool = { ...pool, batch: planes, channels: 1, maps: partCount, group: 1 };
  const dx = imageGradients.transposed(g, g.concat(parts, { axis: 1 }), kernels, planePool);
  return g.reshape(dx, shape);
}

/** What the windows have at their first place, at their second, …: each as large as the pool's output. */
function placesOf(g: GraphBuilder, x: Value, pool: Convolution): Value[] {
  const { input, output, kernel, strides, dilations, pads } = pool;
  const rank = kernel.length;
  const axes = kernel.map((_, i) => i + 2);
  const padsEnd = output.map((extent, i) =>
    Math.max(
      0,
      (extent - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - pads[i]! - input[i]!,
    ),
  );
  const padsBegin = pads.slice(0, rank);
  const lowest = -3.4028234663852886e38;
  const image = [...padsBegin, ...padsEnd].some((pad) => pad > 0)
    ? g.pad(x, { pads: [0, 0, ...padsBegin, 0, 0, ...padsEnd], value: lowest })
    : x;
  const count = kernel.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, position) => {
    let rest = position;
    const starts = kernel
      .toReversed()
      .map((k, i) => {
        const at = rest % k;
        rest = (rest - at) / k;
        return at * dilations[rank - 1 - i]!;
      })
      .toReversed();
    return g.slice(image, {
      starts,
      ends: starts.map((start, i) => start + (output[i]! - 1) * strides[i]! + 1),
      axes,
      steps: [...strides],
    });
  });
}
