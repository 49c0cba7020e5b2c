import type { Node, OnnxModel } from "../model/model";
export interface Guarded {
    readonly model: OnnxModel;
    /** Name of each guard, as ONNX Runtime's message has it → the node that it stands before. */
    readonly guards: ReadonlyMap<string, Node>;
}
/**
 * The model with guards where they are needed; the model itself where none is.
 *
 * Extents that inputs bring with them count as known: they can be looked at before a run.
 */
export declare function guardEmpty(model: OnnxModel): Guarded;
