// keras.io/api/layers/preprocessing_layers/image_augmentation/random_invert
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randomInvert = randomImage("RandomInvert", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** How much at most: a share, or [least, most]. */
  factor: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  seed: f.seed(null),
});
