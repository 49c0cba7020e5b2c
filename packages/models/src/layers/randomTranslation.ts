// keras.io/api/layers/preprocessing_layers/image_augmentation/random_translation
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randomTranslation = randomImage("RandomTranslation", {
  /** Share of the height, or [least, most]. */
  height_factor: f.kept(null),
  /** Share of the width, or [least, most]. */
  width_factor: f.kept(null),
  /** What lies outside of the image: `"reflect"`, `"wrap"`, `"constant"`, `"nearest"`. */
  fill_mode: f.kept(null),
  /** The value outside, where `fill_mode` is `"constant"`. */
  fill_value: f.kept(null),
  /** How pixels between pixels are made: `"bilinear"`, `"nearest"`. */
  interpolation: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  seed: f.seed(null),
});
