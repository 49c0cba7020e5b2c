import type { OnnxModel } from "../model/model";
export interface Problem {
    /** What is wrong, with the node or value it is wrong at. */
    readonly message: string;
    readonly node?: string;
    readonly op?: string;
}
/**
 * Checks a model.
 *
 * @throws CajalError `bad-model`: the message has all problems, a line each, and `facts.problems` lists them
 */
export declare function checkModel(model: OnnxModel): void;
/** All that {@link checkModel} finds wrong; empty for a model that is well formed. */
export declare function problemsOf(withFunctions: OnnxModel): readonly Problem[];
