// What tells how good a model is. Losses serve as well: `metrics: [meanAbsoluteError()]`.
import { accuracy } from "./accuracy";
import { auc } from "./auc";
import { binaryAccuracy } from "./binaryAccuracy";
import { binaryIoU } from "./binaryIoU";
import { categoricalAccuracy } from "./categoricalAccuracy";
import { f1 } from "./f1";
import { meanIoU } from "./meanIoU";
import { precision } from "./precision";
import { recall } from "./recall";
import { rootMeanSquaredError } from "./rootMeanSquaredError";
import { sparseCategoricalAccuracy } from "./sparseCategoricalAccuracy";
import { topKAccuracy } from "./topKAccuracy";

/** Every metric; each file of this folder that defines one is named here. */
export const metrics = {
  accuracy,
  auc,
  binaryAccuracy,
  binaryIoU,
  categoricalAccuracy,
  f1,
  meanIoU,
  precision,
  recall,
  rootMeanSquaredError,
  sparseCategoricalAccuracy,
  topKAccuracy,
};
