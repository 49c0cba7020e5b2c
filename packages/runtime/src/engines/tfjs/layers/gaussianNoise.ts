// TF.js' own layer, which takes no seed.
import { defineTfjsLayer } from "./layer";

export const gaussianNoise = defineTfjsLayer({
  className: "GaussianNoise",
  random: "unseeded",
});
