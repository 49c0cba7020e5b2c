// Its input, as it is.
import { defineTfjsLayer } from "./layer";

export const identity = defineTfjsLayer({
  className: "Identity",
  call: (_, [x], { tf }) => tf.clone(x),
});
