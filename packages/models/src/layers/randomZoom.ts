// keras.io/api/layers/preprocessing_layers/image_augmentation/random_zoom
import { randomImage } from "./shared/randomImage";

export const randomZoom = randomImage("RandomZoom", [
  "height_factor",
  "width_factor",
  "fill_mode",
  "fill_value",
  "interpolation",
]);
