// A sequence without its ends. TF.js has no such layer.
import { defineTfjsLayer } from "./layer";

export const cropping1d = defineTfjsLayer<{ cropping: readonly [number, number] }>({
  className: "Cropping1D",
  call: ({ cropping: [before, after] }, [x], { tf }) => {
    const [batch, steps, channels] = x.shape;
    return tf.slice(x, [0, before, 0], [batch, steps! - before - after, channels!]);
  },
});
