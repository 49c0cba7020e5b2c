// TF.js' own layer gives other numbers than Keras'.
import { defineTfjsLayer } from "./layer";

export const conv3dTranspose = defineTfjsLayer({
  className: "Conv3DTranspose",
  refuses: () => true,
});
