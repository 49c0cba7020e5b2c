// keras.io/api/layers/preprocessing_layers/image_augmentation/random_perspective
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randomPerspective = randomImage("RandomPerspective", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** How much at most: a share, or [least, most]. */
  factor: f.kept(null),
  /** How large, at most: a share, or [least, most]. */
  scale: f.kept(null),
  /** How pixels between pixels are made. */
  interpolation: f.kept(null),
  /** The value outside. */
  fill_value: f.kept(null),
  seed: f.seed(null),
});
