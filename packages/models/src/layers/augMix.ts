// keras.io/api/layers/preprocessing_layers/image_augmentation/aug_mix
import * as f from "./definition/fields";
import { randomImage } from "./shared/randomImage";

export const augMix = randomImage("AugMix", {
  /** Where channels lie; only kept. */
  data_format: f.kept(null),
  /** Least and greatest value of a pixel. */
  value_range: f.kept(null),
  /** Chains of changes that are mixed. */
  num_chains: f.kept(null),
  /** Changes in a chain. */
  chain_depth: f.kept(null),
  /** How much at most: a share, or [least, most]. */
  factor: f.kept(null),
  /** Of the distribution that shares are drawn from. */
  alpha: f.kept(null),
  /** Whether all kinds of changes are drawn. */
  all_ops: f.kept(null),
  /** How pixels between pixels are made. */
  interpolation: f.kept(null),
  seed: f.seed(null),
});
