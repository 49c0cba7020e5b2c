export { decodePredictions, type Prediction } from "./decodePredictions";
export { imagenetClasses, type ImagenetClass } from "./imagenetClasses";
