// x where x > 0, alpha · (exp(x) - 1) below. TF.js refuses an alpha other than 1.
import { defineTfjsLayer } from "./layer";

export const elu = defineTfjsLayer<{ alpha: number }>({
  className: "ELU",
  differs: ({ alpha }) => alpha !== 1,
  // elu(x) is exp(x) - 1 below, and x above, which is scaled no more.
  call: ({ alpha }, [x], { tf }) => tf.add(tf.relu(x), tf.mul(tf.elu(tf.minimum(x, 0)), alpha)),
});
