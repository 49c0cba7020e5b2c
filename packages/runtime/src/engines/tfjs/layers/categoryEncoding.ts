// Numbers as rows of zeros and ones. TF.js' own says the shape of its input wrongly.
import { defineTfjsLayer } from "./layer";

export const categoryEncoding = defineTfjsLayer({
  className: "CategoryEncoding",
  refuses: () => true,
});
