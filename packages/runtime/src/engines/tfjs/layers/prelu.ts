// x above 0, alpha · x below, slope 0 at 0 as Keras writes it: that of TF.js' layer is alpha there. And its wasm kernel
// takes alpha's elements in turn, which is right only where alpha is shared along the first axes and no other.
import { defineTfjsLayer } from "./layer";

export const prelu = defineTfjsLayer({
  className: "PReLU",
  call: (_, [x], { tf, weights }) => tf.sub(tf.relu(x), tf.mul(weights.alpha!, tf.relu(tf.neg(x)))),
});
