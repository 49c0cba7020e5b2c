// [x, y] -> x - y. TF.js has no such layer.
import { defineTfjsLayer } from "../tfjsLayer";

export const subtract = defineTfjsLayer({
  className: "Subtract",
  call: (_, [x, y], { tf }) => tf.sub(x!, y!),
});
