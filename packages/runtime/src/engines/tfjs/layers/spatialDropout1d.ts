// TF.js' own, which draws by its seed.
import { defineTfjsLayer } from "./layer";

export const spatialDropout1d = defineTfjsLayer({
  className: "SpatialDropout1D",
  random: "seeded",
});
