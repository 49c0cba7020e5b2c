import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient } from "./gradient";
import { staticShape } from "./shared/sumTo";

export const lrn = defineGradient({
  op: "LRN",
  // y = x s^−β, s = bias + α/n Σ x² over a window of n channels (Krizhevsky et al. 2012, section 3.3);
  // dx = dy s^−β − 2αβ/n · x · Σ dy · y / s over the mirrored window.
  gradient: ([dy], { inputs: [x], outputs: [y], int, float }, g) => {
    const size = int("size", 1);
    const alpha = float("alpha", 1e-4);
    const beta = float("beta", 0.75);
    const channelsBefore = Math.floor((size - 1) / 2);
    const channelsAfter = size - 1 - channelsBefore;
    const squares = overChannels(g, g.mul(x, x), size, channelsBefore, channelsAfter);
    const s = g.add(g.mul(squares, alpha / size), float("bias", 1));
    const mirroredSums = overChannels(
      g,
      g.div(g.mul(dy, y), s),
      size,
      channelsAfter,
      channelsBefore,
    );
    return [
      g.sub(g.mul(dy, g.pow(s, -beta)), g.mul(g.mul(x, mirroredSums), (2 * alpha * beta) / size)),
    ];
  },
  samples: [
    { inputs: [[2, 6, 3, 2]], attributes: { size: 3, alpha: 0.5 }, float32: true },
    {
      inputs: [[2, 6, 3, 2]],
      attributes: { size: 5, alpha: 0.5, beta: 0.5, bias: 2 },
      float32: true,
    },
  ],
});

/** Sums over a window of channels: an average pool whose image has the channels as its rows. */
function overChannels(
  g: GraphBuilder,
  x: Value,
  size: number,
  channelsBefore: number,
  channelsAfter: number,
): Value {
  const [batch, channels, ...spatial] = staticShape(x, "of LRN", 2);
  const positions = spatial.reduce((a, b) => a * b, 1);
  const image = g.reshape(x, [batch, 1, channels, positions]);
  const mean = g.averagePool(image, {
    kernel_shape: [size, 1],
    pads: [channelsBefore, 0, channelsAfter, 0],
    count_include_pad: 1,
  });
  return g.reshape(g.mul(mean, size), [batch, channels, ...spatial]);
}
