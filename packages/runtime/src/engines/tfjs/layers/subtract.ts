// [x, y] -> x - y. TF.js has no such layer.
import type { Tensor } from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";

export const subtract = defineTfjsLayer({
  className: "Subtract",
  call: (_, [x, y], { tf }) => {
    // Where ranks differ, Keras' merging layers add axes right behind the batch.
    const rank = Math.max(x.rank, y!.rank);
    const raised = ({ shape: [batch, ...rest] }: Tensor) => {
      const added = Array.from({ length: rank - rest.length - 1 }, () => 1);
      return [batch, ...added, ...rest];
    };
    return tf.sub(tf.reshape(x, raised(x)), tf.reshape(y!, raised(y!)));
  },
});
