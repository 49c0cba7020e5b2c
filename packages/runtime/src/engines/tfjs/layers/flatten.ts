// Flattens every example. TF.js refuses inputs that are flat already.
import { defineTfjsLayer } from "./layer";

export const flatten = defineTfjsLayer({
  className: "Flatten",
  differs: (_, [x]) => x?.length === 2,
  call: (_, [x], { tf }) => tf.clone(x),
});
