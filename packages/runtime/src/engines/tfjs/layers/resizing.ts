// Resizes images. TF.js' own layer uses other pixel coordinates, and neither crops nor pads.
import { defineTfjsLayer } from "./layer";

export const resizing = defineTfjsLayer({ className: "Resizing", refuses: () => true });
