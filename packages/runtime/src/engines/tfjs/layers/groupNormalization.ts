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
    const channelAxis = axis < 0 ? axis + x.rank : axis;
    const channels = x.shape[channelAxis]!;
    const otherAxes = x.shape.flatMap((_, i) => (i === 0 || i === channelAxis ? [] : [i]));
    const order = [0, channelAxis, ...otherAxes];
    const channelsFirst = tf.transpose(x, order);
    const count = groups === -1 ? channels : groups;
    const grouped = tf.reshape(channelsFirst, [x.shape[0], count, -1]);
    const { mean, variance } = tf.moments(grouped, 2, true);
    const normalized = tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, epsilon)));
    const inverseOrder = order.map((_, i) => order.indexOf(i));
    const y = tf.transpose(tf.reshape(normalized, channelsFirst.shape), inverseOrder);
    const alongAxis = x.shape.map((extent, i) => (i === channelAxis ? extent : 1));
    const { gamma, beta } = weights;
    const scaled = gamma ? tf.mul(y, tf.reshape(gamma, alongAxis)) : y;
    return beta ? tf.add(scaled, tf.reshape(beta, alongAxis)) : scaled;
  },
});
