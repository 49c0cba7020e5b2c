// keras.io/api/layers/preprocessing_layers/image_augmentation/random_rotation
import { randomImage } from "./shared/randomImage";

export const randomRotation = randomImage("RandomRotation", [
  "factor",
  "fill_mode",
  "fill_value",
  "interpolation",
]);
