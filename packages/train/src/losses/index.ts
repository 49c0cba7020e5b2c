// The losses of Keras, number for number (keras.losses of Keras 3): value per sample, of which the
// training step takes the mean.
import { binaryCrossentropy } from "./binaryCrossentropy";
import { categoricalCrossentropy } from "./categoricalCrossentropy";
import { cosineSimilarity } from "./cosineSimilarity";
import { hinge } from "./hinge";
import { huber } from "./huber";
import { klDivergence } from "./klDivergence";
import { logCosh } from "./logCosh";
import { meanAbsoluteError } from "./meanAbsoluteError";
import { meanSquaredError } from "./meanSquaredError";
import { sparseCategoricalCrossentropy } from "./sparseCategoricalCrossentropy";

/** Every loss; each file of this folder that defines one is named here. */
export const losses = {
  binaryCrossentropy,
  categoricalCrossentropy,
  cosineSimilarity,
  hinge,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanSquaredError,
  sparseCategoricalCrossentropy,
};
