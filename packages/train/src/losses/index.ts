// The losses of Keras, number for number (keras.losses of Keras 3): value per sample, of which the
// training step takes the mean.
import { binaryCrossentropy } from "./binaryCrossentropy";
import { binaryFocalCrossentropy } from "./binaryFocalCrossentropy";
import { categoricalCrossentropy } from "./categoricalCrossentropy";
import { categoricalFocalCrossentropy } from "./categoricalFocalCrossentropy";
import { categoricalHinge } from "./categoricalHinge";
import { cosineSimilarity } from "./cosineSimilarity";
import { dice } from "./dice";
import { hinge } from "./hinge";
import { huber } from "./huber";
import { klDivergence } from "./klDivergence";
import { logCosh } from "./logCosh";
import { meanAbsoluteError } from "./meanAbsoluteError";
import { meanAbsolutePercentageError } from "./meanAbsolutePercentageError";
import { meanSquaredError } from "./meanSquaredError";
import { meanSquaredLogarithmicError } from "./meanSquaredLogarithmicError";
import { poisson } from "./poisson";
import { sparseCategoricalCrossentropy } from "./sparseCategoricalCrossentropy";
import { squaredHinge } from "./squaredHinge";
import { tversky } from "./tversky";

/** Every loss; each file of this folder that defines one is named here. */
export const losses = {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalHinge,
  cosineSimilarity,
  dice,
  hinge,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  sparseCategoricalCrossentropy,
  squaredHinge,
  tversky,
};
