// Zeros in masked steps. TF.js' own layer makes masks of TF.js', which are not used here.
import { defineTfjsLayer } from "./layer";

export const masking = defineTfjsLayer({ className: "Masking", refuses: () => true });
