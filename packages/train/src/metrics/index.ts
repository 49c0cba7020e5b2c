// The list of metrics: how good a model is. Losses can be used as metrics as well: `metrics: [meanAbsoluteError()]`.
export { accuracy } from "./accuracy";
export { auc } from "./auc";
export { binaryAccuracy } from "./binaryAccuracy";
export { binaryIoU } from "./binaryIoU";
export { categoricalAccuracy } from "./categoricalAccuracy";
export { f1 } from "./f1";
export { meanIoU } from "./meanIoU";
export { precision } from "./precision";
export { recall } from "./recall";
export { rootMeanSquaredError } from "./rootMeanSquaredError";
export { sparseCategoricalAccuracy } from "./sparseCategoricalAccuracy";
export { topKAccuracy } from "./topKAccuracy";
