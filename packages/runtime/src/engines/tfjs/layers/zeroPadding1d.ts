// Zeros before and after a sequence. TF.js has no such layer.
import { defineTfjsLayer } from "./layer";

export const zeroPadding1d = defineTfjsLayer<{ padding: readonly [number, number] }>({
  className: "ZeroPadding1D",
  call: ({ padding }, [x], { tf }) => tf.pad(x, [[0, 0], [...padding], [0, 0]]), // prettier-ignore
});
