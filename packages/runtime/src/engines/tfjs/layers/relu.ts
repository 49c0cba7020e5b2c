// min(x, max_value) above threshold, negative_slope · (x - threshold) elsewhere. TF.js supports max_value only.
import { defineTfjsLayer } from "./layer";

export const relu = defineTfjsLayer<{
  max_value: number | null;
  negative_slope: number;
  threshold: number;
}>({
  className: "ReLU",
  differs: ({ negative_slope, threshold }) => negative_slope !== 0 || threshold !== 0,
  call: ({ max_value, negative_slope, threshold }, [x], { tf }) => {
    const limited = max_value === null ? x : tf.minimum(x, max_value);
    const above = tf.where(tf.greaterEqual(threshold, x), tf.zerosLike(x), limited);
    return tf.sub(above, tf.mul(tf.relu(tf.sub(threshold, x)), negative_slope));
  },
});
