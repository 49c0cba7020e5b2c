// The same elements in another shape. Where an extent is -1, TF.js does not say of which size it will be, and no dense layer can
// follow.
import { defineTfjsLayer } from "./layer";

export const reshape = defineTfjsLayer<{ target_shape: readonly number[] }>({
  className: "Reshape",
  differs: ({ target_shape }) => target_shape.includes(-1),
  call: ({ target_shape }, [x], { tf }) => tf.reshape(x, [x.shape[0]!, ...target_shape]),
});
