// The middle of images. TF.js' own says the shape of its output wrongly.
import { defineTfjsLayer } from "./layer";

export const centerCrop = defineTfjsLayer({ className: "CenterCrop", refuses: () => true });
