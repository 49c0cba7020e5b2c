// The optimizers of Keras, rule for rule (keras.optimizers of Keras 3): g gradient, p parameter.
import { adagrad } from "./adagrad";
import { adam } from "./adam";
import { adamw } from "./adamw";
import { rmsprop } from "./rmsprop";
import { sgd } from "./sgd";

/** Every optimizer; each file of this folder that defines one is named here. */
export const optimizers = { adagrad, adam, adamw, rmsprop, sgd };
