// The maximum of each channel. TF.js does not know keepdims.
import { defineTfjsLayer } from "./layer";

export const globalMaxPooling1d = defineTfjsLayer<{ keepdims: boolean }>({
  className: "GlobalMaxPooling1D",
  differs: ({ keepdims }) => keepdims,
  call: (_, [x], { tf }) => tf.max(x, [1], true),
});
