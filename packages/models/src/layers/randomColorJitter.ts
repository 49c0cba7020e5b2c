// keras.io/api/layers/preprocessing_layers/image_augmentation/random_color_jitter
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const randomColorJitter = randomImage("RandomColorJitter", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  /** Of the brightness, at most. */
  brightness_factor: f.kept(null),
  /** Of the contrast, at most. */
  contrast_factor: f.kept(null),
  /** Of the saturation, at most. */
  saturation_factor: f.kept(null),
  /** Of the hue, at most. */
  hue_factor: f.kept(null),
  seed: f.seed(null),
});
