// keras.io/api/layers/preprocessing_layers/image_augmentation/random_flip
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randomFlip = randomImage("RandomFlip", {
  /** Which way images are flipped: `"horizontal"`, `"vertical"`, `"horizontal_and_vertical"`. */
  mode: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  seed: f.seed(null),
});
