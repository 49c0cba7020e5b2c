// The mean of each channel. TF.js has no such layer.
import { defineTfjsLayer } from "./layer";

export const globalAveragePooling3d = defineTfjsLayer<{ keepdims: boolean }>({
  className: "GlobalAveragePooling3D",
  call: ({ keepdims }, [x], { tf }) => tf.mean(x, [1, 2, 3], keepdims),
});
