// TF.js has such a layer, whose numbers are others than Keras'.
import { defineTfjsLayer } from "./layer";

export const conv3dTranspose = defineTfjsLayer({
  className: "Conv3DTranspose",
  refuses: () => true,
});
