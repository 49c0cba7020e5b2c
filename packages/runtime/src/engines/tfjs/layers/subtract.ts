// [x, y] -> x - y. TF.js has no such layer.
import type { Tensor } from "@tensorflow/tfjs-core";
import { defineTfjsLayer } from "./layer";

export const subtract = defineTfjsLayer({
  className: "Subtract",
  call: (_, [x, y], { tf }) => {
    // Where ranks differ, Keras' merging layers insert axes after the batch.
    const rank = Math.max(x.rank, y!.rank);
    const expandedShape = ({ shape: [batch, ...rest] }: Tensor) => {
      const ones = Array.from({ length: rank - rest.length - 1 }, () => 1);
      return [batch, ...ones, ...rest];
    };
    return tf.sub(tf.reshape(x, expandedShape(x)), tf.reshape(y!, expandedShape(y!)));
  },
});
