// keras.io/api/layers/preprocessing_layers/image_augmentation/random_elastic_transform
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randomElasticTransform = randomImage("RandomElasticTransform", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** How much at most: a share, or [least, most]. */
  factor: f.kept(null),
  /** How large, at most: a share, or [least, most]. */
  scale: f.kept(null),
  /** How pixels between pixels are made. */
  interpolation: f.kept(null),
  /** What lies outside of the image. */
  fill_mode: f.kept(null),
  /** The value outside. */
  fill_value: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  seed: f.seed(null),
});
