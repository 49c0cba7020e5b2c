// TF.js' own layer, which follows its seed.
import { defineTfjsLayer } from "./layer";

export const dropout = defineTfjsLayer({
  className: "Dropout",
  random: "seeded",
});
