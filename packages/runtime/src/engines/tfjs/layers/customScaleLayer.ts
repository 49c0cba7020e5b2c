// [x, y] -> x + scale · y. TF.js has no such layer.
import { defineTfjsLayer } from "./layer";

export const customScaleLayer = defineTfjsLayer<{ scale: number }>({
  className: "CustomScaleLayer",
  call: ({ scale }, [x, y], { tf }) => tf.add(x, tf.mul(y!, scale)),
});
