// keras.io/api/layers/preprocessing_layers/image_augmentation/cut_mix
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const cutMix = randomImage("CutMix", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** How much at most: a share, or [least, most]. */
  factor: f.kept(null),
  seed: f.seed(null),
});
