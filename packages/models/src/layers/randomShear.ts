// keras.io/api/layers/preprocessing_layers/image_augmentation/random_shear
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randomShear = randomImage("RandomShear", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** Along the width, at most. */
  x_factor: f.kept(null),
  /** Along the height, at most. */
  y_factor: f.kept(null),
  /** What lies outside of the image. */
  fill_mode: f.kept(null),
  /** How pixels between pixels are made. */
  interpolation: f.kept(null),
  seed: f.seed(null),
  /** The value outside. */
  fill_value: f.kept(null),
});
