// gamma (x - mean) / sqrt(variance + epsilon) + beta (Ioffe & Szegedy 2015, arXiv:1502.03167), with the
// moving statistics, or in training with the batch's. TF.js' own layer supports up to 4 axes (video has 5), does
// not train without gamma or beta, and gives other numbers along other axes than the last.
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
    const isLastAxis = axis === -1 || (rank > 0 && axis === rank - 1);
    return !scale || !center || !isLastAxis || rank > 4;
  },
  call: ({ axis, epsilon, momentum }, [x], { tf, weights, training, assign }) => {
    const channelAxis = axis < 0 ? axis + x.rank : axis;
    const alongAxis = x.shape.map((extent, i) => (i === channelAxis ? extent : 1));
    const weight = (name: string) => {
      const value = weights[name];
      return value && tf.reshape(value, alongAxis);
    };
    let [mean, variance] = [weight("moving_mean")!, weight("moving_variance")!];
    if (training) {
      const reducedAxes = x.shape.flatMap((_, i) => (i === channelAxis ? [] : [i]));
      ({ mean, variance } = tf.moments(x, reducedAxes, true));
      for (const [name, statistic] of [
        ["moving_mean", mean],
        ["moving_variance", variance],
      ] as const)
        // prettier-ignore
        assign(name, movingAverage(weights[name]!, tf.reshape(statistic, [-1])));
    }
    const scale = tf.div(weight("gamma") ?? 1, tf.sqrt(tf.add(variance, epsilon)));
    const y = tf.mul(tf.sub(x, mean), scale);
    const beta = weight("beta");
    return beta ? tf.add(y, beta) : y;

    function movingAverage(average: typeof mean, ofBatch: typeof mean) {
      return tf.add(tf.mul(average, momentum), tf.mul(ofBatch, 1 - momentum));
    }
  },
});
