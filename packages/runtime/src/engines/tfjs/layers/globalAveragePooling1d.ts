// The mean of each channel. TF.js ignores keepdims.
import { defineTfjsLayer } from "./layer";

export const globalAveragePooling1d = defineTfjsLayer<{ keepdims: boolean }>({
  className: "GlobalAveragePooling1D",
  differs: ({ keepdims }) => keepdims,
  call: (_, [x], { tf }) => tf.mean(x, [1], true),
});
