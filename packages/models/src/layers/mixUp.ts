// keras.io/api/layers/preprocessing_layers/image_augmentation/mix_up
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const mixUp = randomImage("MixUp", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** Of the distribution that shares are drawn from. */
  alpha: f.kept(null),
  seed: f.seed(null),
});
