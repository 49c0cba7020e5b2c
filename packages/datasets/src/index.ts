export {
  dataset,
  fromSource,
  type BatchContext,
  type BatchMap,
  type Dataset,
  type PassOptions,
  type Source,
  type SplitOptions,
} from "./dataset";
export { iris } from "./iris";
export { digits } from "./digits";
export { oneHot } from "./oneHot";
export { rescale } from "./rescale";
export { randomFlip } from "./randomFlip";
export { randomTranslation } from "./randomTranslation";
export { standardize, type Standardizer } from "./standardize";
export { parseIdx } from "./parseIdx";
export { pca, type Pca } from "./pca";
