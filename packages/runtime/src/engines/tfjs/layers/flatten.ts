// Flattens every example. TF.js refuses inputs that are flat already, and those of free extents.
import { defineTfjsLayer } from "./layer";

export const flatten = defineTfjsLayer({
  className: "Flatten",
  differs: (_, [x]) => x?.length === 2 || x?.slice(1).includes(null) === true,
  call: (_, [x], { tf }) =>
    tf.reshape(x, [x.shape[0]!, x.shape.slice(1).reduce((size, extent) => size * extent, 1)]),
});
