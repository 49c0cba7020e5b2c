// keras.io/api/layers/preprocessing_layers/image_augmentation/random_brightness
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randomBrightness = randomImage("RandomBrightness", {
  /** How much at most: a share, or [least, most]. */
  factor: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  seed: f.seed(null),
});
