// gamma (x - mean) / sqrt(variance + epsilon) + beta over groups of channels of each example (Wu and He 2018,
// arXiv:1803.08494).
import { defineTfjsLayer } from "./layer";

export const groupNormalization = defineTfjsLayer<{
  groups: number;
  axis: number;
  epsilon: number;
}>({
  className: "GroupNormalization",
  call: ({ groups, axis, epsilon }, [x], { tf, weights }) => {
    const at = axis < 0 ? axis + x.rank : axis;
    const channels = x.shape[at]!;
    const others = x.shape.flatMap((_, i) => (i === 0 || i === at ? [] : [i]));
    const order = [0, at, ...others];
    const first = tf.transpose(x, order);
    const count = groups === -1 ? channels : groups;
    const grouped = tf.reshape(first, [x.shape[0], count, -1]);
    const { mean, variance } = tf.moments(grouped, 2, true);
    const normal = tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, epsilon)));
    const back = order.map((_, i) => order.indexOf(i));
    const y = tf.transpose(tf.reshape(normal, first.shape), back);
    const alongAxis = x.shape.map((extent, i) => (i === at ? extent : 1));
    const { gamma, beta } = weights;
    const scaled = gamma ? tf.mul(y, tf.reshape(gamma, alongAxis)) : y;
    return beta ? tf.add(scaled, tf.reshape(beta, alongAxis)) : scaled;
  },
});
