export { decodePredictions, type Prediction } from "./imagenet/decodePredictions";
export { imagenetClasses, type ImagenetClass } from "./imagenet/imagenetClasses";
