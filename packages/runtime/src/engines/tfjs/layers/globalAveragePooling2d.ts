// The mean of each channel. TF.js ignores keepdims.
import { defineTfjsLayer } from "./layer";

export const globalAveragePooling2d = defineTfjsLayer<{ keepdims: boolean }>({
  className: "GlobalAveragePooling2D",
  differs: ({ keepdims }) => keepdims,
  call: (_, [x], { tf }) => tf.mean(x, [1, 2], true),
});
