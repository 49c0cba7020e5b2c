// x / |x| over some axes.
import { defineTfjsLayer } from "./layer";

export const unitNormalization = defineTfjsLayer<{ axis: readonly number[] }>({
  className: "UnitNormalization",
  call: ({ axis }, [x], { tf }) =>
    tf.div(x, tf.sqrt(tf.maximum(tf.sum(tf.square(x), [...axis], true), 1e-24))),
});
