// TF.js' own, which draws by its seed.
import { defineTfjsLayer } from "./layer";

export const dropout = defineTfjsLayer({
  className: "Dropout",
  random: "seeded",
});
