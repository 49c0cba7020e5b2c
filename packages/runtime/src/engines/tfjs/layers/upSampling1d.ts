// Every step of a sequence repeated. TF.js has no such layer.
import { defineTfjsLayer } from "./layer";

export const upSampling1d = defineTfjsLayer<{ size: readonly [number] }>({
  className: "UpSampling1D",
  call: ({ size: [times] }, [x], { tf }) => {
    const [batch, steps, channels] = x.shape;
    const repeated = tf.tile(tf.expandDims(x, 2), [1, 1, times, 1]);
    return tf.reshape(repeated, [batch, steps! * times, channels!]);
  },
});
