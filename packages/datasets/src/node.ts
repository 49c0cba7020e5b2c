export { readImage } from "./decode/readImage";
export { imageFolder } from "./folders/imageFolder";
export { imageTable, type ImageTableOptions, type TableRow } from "./folders/imageTable";
export type { IdxSetOptions } from "./sets/shared/idxSet";
export * from "./sets/index";
export type { DataSetFacts, SetFile } from "./sets/shared/defineSet";
export { cacheOnDisk, type CacheOnDiskOptions } from "./cacheOnDisk";
export { inWorkers, type WorkerBatches, type WorkersOptions } from "./inWorkers";
