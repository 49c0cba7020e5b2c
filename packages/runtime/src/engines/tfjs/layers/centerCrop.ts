// Center crop of images. TF.js' own layer infers a wrong output shape.
import { defineTfjsLayer } from "./layer";

export const centerCrop = defineTfjsLayer({ className: "CenterCrop", refuses: () => true });
