// exp(x) / sum of exp(x) along an axis. TF.js takes the last axis only.
import { defineTfjsLayer } from "./layer";

export const softmax = defineTfjsLayer<{ axis: number }>({
  className: "Softmax",
  differs: ({ axis }) => axis !== -1,
  call: ({ axis }, [x], { tf }) => {
    const last = x.rank - 1;
    const positiveAxis = axis < 0 ? axis + x.rank : axis;
    // Changing places with the last axis is its own inverse.
    const order = x.shape.map((_, i) =>
      i === positiveAxis ? last : i === last ? positiveAxis : i,
    );
    return tf.transpose(tf.softmax(tf.transpose(x, order)), order);
  },
});
