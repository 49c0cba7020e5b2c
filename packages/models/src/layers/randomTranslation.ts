// keras.io/api/layers/preprocessing_layers/image_augmentation/random_translation
import { randomImage } from "./shared/randomImage";

export const randomTranslation = randomImage("RandomTranslation", [
  "height_factor",
  "width_factor",
  "fill_mode",
  "fill_value",
  "interpolation",
]);
