// Images of another size. TF.js' own knows other places for pixels, and neither cuts nor pads.
import { defineTfjsLayer } from "./layer";

export const resizing = defineTfjsLayer({ className: "Resizing", refuses: () => true });
