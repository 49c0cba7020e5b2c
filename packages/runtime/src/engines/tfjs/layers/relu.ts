// max_value where x > max_value, x where it is above threshold, negative_slope · (x - threshold) elsewhere.
// TF.js knows max_value only.
import { defineTfjsLayer } from "./layer";

export const relu = defineTfjsLayer<{
  max_value: number | null;
  negative_slope: number;
  threshold: number;
}>({
  className: "ReLU",
  differs: ({ negative_slope, threshold }) => negative_slope !== 0 || threshold !== 0,
  call: ({ max_value, negative_slope, threshold }, [x], { tf }) => {
    const above = max_value === null ? x : tf.minimum(x, max_value);
    const below = tf.mul(tf.sub(x, threshold), negative_slope);
    return tf.where(tf.greaterEqual(threshold, x), below, above);
  },
});
