export { readModel, readWeights } from "./readModel";
export type { ReadModel } from "./formats/format";
export type { ModelSource, SourceOptions } from "./source";
