// Drops whole channels in training. TF.js has this layer for sequences only.
import { defineTfjsLayer } from "./layer";

export const spatialDropout2d = defineTfjsLayer({
  className: "SpatialDropout2D",
  inferenceOnly: true,
  call: (_, [x], { tf }) => tf.clone(x),
});
