// keras.io/api/layers/preprocessing_layers/image_augmentation/random_gaussian_blur
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randomGaussianBlur = randomImage("RandomGaussianBlur", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** How much at most: a share, or [least, most]. */
  factor: f.kept(null),
  /** Extents of the window. */
  kernel_size: f.kept(null),
  /** Its width: [least, most]. */
  sigma: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  seed: f.seed(null),
});
