// Products along an axis. TF.js' own has them of few axes.
import { defineTfjsLayer } from "./layer";

export const dot = defineTfjsLayer({ className: "Dot", refuses: () => true });
