import type { OnnxModel, ValueInfo } from "../model/model";
/**
 * Every value of a model's graph by name: inputs, initializers and what its nodes give, as far as
 * the operators' rules tell. Values inside subgraphs are not among them.
 *
 * @throws CajalError `bad-model`, `bad-shape`; the message names the node
 */
export declare function inferShapes(model: OnnxModel): ReadonlyMap<string, ValueInfo>;
