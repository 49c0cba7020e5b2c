// The mean of the inputs. Keras adds whole numbers in their own type, around which they wrap.
import { defineTfjsLayer } from "./layer";

export const average = defineTfjsLayer({
  className: "Average",
  callOnIntegers: (inputs, { tf, wrap }) => {
    const sum = wrap(inputs.reduce((a, b) => tf.add(a, b)));
    return tf.div(tf.cast(sum, "float32"), inputs.length);
  },
});
