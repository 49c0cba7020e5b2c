// x where x > 0, alpha · (exp(x) - 1) elsewhere. TF.js refuses an alpha other than 1.
import { defineTfjsLayer } from "./layer";

export const elu = defineTfjsLayer<{ alpha: number }>({
  className: "ELU",
  differs: ({ alpha }) => alpha !== 1,
  // tf.elu of the negative part only: the positive part is not scaled by alpha.
  call: ({ alpha }, [x], { tf }) => tf.add(tf.relu(x), tf.mul(tf.elu(tf.minimum(x, 0)), alpha)),
});
