// keras.io/api/layers/preprocessing_layers/image_augmentation/rand_augment
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randAugment = randomImage("RandAugment", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  /** Changes an image. */
  num_ops: f.kept(null),
  /** How much at most: a share, or [least, most]. */
  factor: f.kept(null),
  /** How pixels between pixels are made. */
  interpolation: f.kept(null),
  seed: f.seed(null),
});
