// TF.js' own layer, which takes no seed.
import { defineTfjsLayer } from "./layer";

export const gaussianDropout = defineTfjsLayer({
  className: "GaussianDropout",
  random: "unseeded",
});
