// The list of optimizers, those of Keras rule for rule (keras.optimizers of Keras 3): g gradient, p parameter.
export { adadelta } from "./adadelta";
export { adagrad } from "./adagrad";
export { adam } from "./adam";
export { adamax } from "./adamax";
export { adamw } from "./adamw";
export { ftrl } from "./ftrl";
export { lamb } from "./lamb";
export { lion } from "./lion";
export { muon } from "./muon";
export { nadam } from "./nadam";
export { rmsprop } from "./rmsprop";
export { sgd } from "./sgd";
