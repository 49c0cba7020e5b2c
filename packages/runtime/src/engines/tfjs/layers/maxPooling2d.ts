// The largest of each window. TF.js pools float32, which holds whole numbers of 24 bits.
import { defineTfjsLayer } from "./layer";

export const maxPooling2d = defineTfjsLayer({
  className: "MaxPooling2D",
  isExact: (bits) => bits <= 24,
});
