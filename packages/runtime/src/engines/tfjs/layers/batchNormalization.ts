// gamma (x - mean) / sqrt(variance + epsilon) + beta (Ioffe & Szegedy 2015, arXiv:1502.03167), by the
// moving averages, or in training by the batch's own. TF.js stops at 4 axes, and video has 5; without
// gamma or beta it does not train; along another axis than the last its numbers are others.
import { defineTfjsLayer } from "./layer";

export const batchNormalization = defineTfjsLayer<{
  axis: number;
  epsilon: number;
  momentum: number;
  scale: boolean;
  center: boolean;
}>({
  className: "BatchNormalization",
  differs: ({ axis, scale, center }, [x]) => {
    const rank = x?.length ?? 0;
    const last = axis === -1 || (rank > 0 && axis === rank - 1);
    return !scale || !center || !last || rank > 4;
  },
  call: ({ axis, epsilon, momentum }, [x], { tf, weights, training, assign }) => {
    const at = axis < 0 ? axis + x.rank : axis;
    const alongAxis = x.shape.map((extent, i) => (i === at ? extent : 1));
    const weight = (name: string) => {
      const value = weights[name];
      return value && tf.reshape(value, alongAxis);
    };
    let [mean, variance] = [weight("moving_mean")!, weight("moving_variance")!];
    if (training) {
      const others = x.shape.flatMap((_, i) => (i === at ? [] : [i]));
      ({ mean, variance } = tf.moments(x, others, true));
      for (const [name, of] of [
        ["moving_mean", mean],
        ["moving_variance", variance],
      ] as const)
        // prettier-ignore
        assign(name, moved(weights[name]!, tf.reshape(of, [-1])));
    }
    const scale = tf.div(weight("gamma") ?? 1, tf.sqrt(tf.add(variance, epsilon)));
    const y = tf.mul(tf.sub(x, mean), scale);
    const beta = weight("beta");
    return beta ? tf.add(y, beta) : y;

    function moved(average: typeof mean, ofBatch: typeof mean) {
      return tf.add(tf.mul(average, momentum), tf.mul(ofBatch, 1 - momentum));
    }
  },
});
