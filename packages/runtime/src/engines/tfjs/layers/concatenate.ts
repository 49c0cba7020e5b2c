// Inputs side by side along an axis. TF.js takes every negative axis for the last.
import { defineTfjsLayer } from "./layer";

export const concatenate = defineTfjsLayer<{ axis: number }>({
  className: "Concatenate",
  differs: ({ axis }) => axis < -1,
  call: ({ axis }, inputs, { tf }) => tf.concat([...inputs], axis),
});
