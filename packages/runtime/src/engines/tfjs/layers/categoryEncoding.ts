// Integers as multi-hot or count vectors. TF.js' own layer infers a wrong input shape.
import { defineTfjsLayer } from "./layer";

export const categoryEncoding = defineTfjsLayer({
  className: "CategoryEncoding",
  refuses: () => true,
});
