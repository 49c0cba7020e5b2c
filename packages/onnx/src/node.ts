// Models in files, for Node: reads and writes in pieces, with external data beside.
export { readModel, writeModel, type ReadModelOptions, type WriteModelOptions } from "./file/files";
