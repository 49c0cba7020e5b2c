// keras.io/api/layers/preprocessing_layers/image_augmentation/solarization
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const solarization = randomImage("Solarization", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  /** What is added at most: a share, or [least, most]. */
  addition_factor: f.kept(null),
  /** Above which share values are turned: a share, or [least, most]. */
  threshold_factor: f.kept(null),
  seed: f.seed(null),
});
