// gamma (x - mean) / sqrt(variance + epsilon) + beta (Ioffe & Szegedy 2015, arXiv:1502.03167), by the
// moving averages. TF.js stops at 4 axes, and video has 5.
import { defineTfjsLayer } from "./layer";

export const batchNormalization = defineTfjsLayer<{ axis: number; epsilon: number }>({
  className: "BatchNormalization",
  differs: (_, [x]) => (x?.length ?? 0) > 4,
  inferenceOnly: true,
  call: ({ axis, epsilon }, [x], { tf, weights }) => {
    const at = axis < 0 ? axis + x!.rank : axis;
    const alongAxis = x!.shape.map((extent, i) => (i === at ? extent : 1));
    const weight = (name: string) => {
      const value = weights[name];
      return value && tf.reshape(value, alongAxis);
    };
    const deviation = tf.sqrt(tf.add(weight("moving_variance")!, epsilon));
    const scale = tf.div(weight("gamma") ?? 1, deviation);
    const y = tf.mul(tf.sub(x!, weight("moving_mean")!), scale);
    const beta = weight("beta");
    return beta ? tf.add(y, beta) : y;
  },
});
