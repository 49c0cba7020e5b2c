// The list of optimizers, those of Keras rule for rule (keras.optimizers of Keras 3): g gradient, p parameter.
export { adagrad } from "./adagrad";
export { adam } from "./adam";
export { adamw } from "./adamw";
export { rmsprop } from "./rmsprop";
export { sgd } from "./sgd";
