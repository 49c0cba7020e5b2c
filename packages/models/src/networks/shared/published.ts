// Where figures and weight files of the networks of Keras Applications were published.
import type { WeightFile } from "../definition";

/** The source of the figures of the first ten networks. */
export const keras21 = "documentation of Keras 2.1 (2018)";
/** The source of the others, which came to Keras later. */
export const keras23 = "documentation of Keras 2.3 (2019)";

export const kerasUrl = "https://storage.googleapis.com/tensorflow/keras-applications";
export const olderUrl = "https://github.com/fchollet/deep-learning-models/releases/download";
export const applications = "https://github.com/keras-team/keras-applications/releases/download";

/** The pair of files that most networks have. */
export const weightFiles = (
  folder: string,
  name: string,
  [top, notop]: readonly [top: string, notop: string],
  mirror?: string,
): WeightFile[] =>
  [
    { include_top: true, md5: top, suffix: "" },
    { include_top: false, md5: notop, suffix: "_notop" },
  ].map(({ include_top, md5, suffix }) => {
    const file = `${name}_weights_tf_dim_ordering_tf_kernels${suffix}.h5`;
    const mirrors = mirror === undefined ? [] : [`${mirror}/${file}`];
    return { include_top, urls: [`${kerasUrl}/${folder}/${file}`, ...mirrors], md5 };
  });
