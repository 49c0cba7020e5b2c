// scale · x / sqrt(mean(x²) + epsilon) over the last axis.
import { defineTfjsLayer } from "./layer";

export const rmsNormalization = defineTfjsLayer<{ epsilon: number }, "scale">({
  className: "RMSNormalization",
  call: ({ epsilon }, [x], { tf, weights }) => {
    const squares = tf.mean(tf.square(x), -1, true);
    return tf.mul(tf.div(x, tf.sqrt(tf.add(squares, epsilon))), weights.scale);
  },
});
