import type { OnnxModel } from "./model";
/** Says that a model was made by code whose types hold. */
export declare function madeHere(model: OnnxModel): OnnxModel;
/**
 * Refuses what is no constant of a graph.
 *
 * @param at what to call it in the message
 * @throws CajalError `bad-model`; `bad-shape`, `bad-argument` where data, type and shape do not belong together
 */
export declare const checkInitializer: (value: unknown, at: string) => void;
/**
 * @param where the function that the model was given to, for the message
 * @throws CajalError `bad-model` naming the field, what was got and what was expected
 */
export declare function checkStructure(model: unknown, where: string): asserts model is OnnxModel;
