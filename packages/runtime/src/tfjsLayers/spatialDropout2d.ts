// Leaves out whole channels while training. TF.js has this layer for sequences only.
import { defineTfjsLayer } from "../tfjsLayer";

export const spatialDropout2d = defineTfjsLayer({
  className: "SpatialDropout2D",
  inferenceOnly: true,
  call: (_, [x], { tf }) => tf.clone(x!),
});
