// TF.js' own layer, which follows its seed.
import { defineTfjsLayer } from "./layer";

export const spatialDropout1d = defineTfjsLayer({
  className: "SpatialDropout1D",
  random: "seeded",
});
