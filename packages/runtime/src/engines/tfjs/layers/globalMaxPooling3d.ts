// The maximum of each channel. TF.js has no such layer.
import { defineTfjsLayer } from "./layer";

export const globalMaxPooling3d = defineTfjsLayer<{ keepdims: boolean }>({
  className: "GlobalMaxPooling3D",
  call: ({ keepdims }, [x], { tf }) => tf.max(x, [1, 2, 3], keepdims),
});
