// keras.io/api/layers/preprocessing_layers/image_augmentation/equalization
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const equalization = randomImage("Equalization", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** Of the histogram. */
  bins: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
});
