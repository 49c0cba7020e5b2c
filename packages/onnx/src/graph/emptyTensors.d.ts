import type { Node, OnnxModel, ValueInfo } from "../model/model";
/**
 * The first node that ONNX Runtime must not be asked to run, for a tensor that it reads is empty. Of
 * nodes inside of subgraphs only the operator is looked at: they count where anything around is empty.
 *
 * @param values all that is known of the model's values, as {@link inferShapes} gives it
 */
export declare function nodeFailingOnEmpty(model: OnnxModel, values: ReadonlyMap<string, Pick<ValueInfo, "shape">>): Node | undefined;
/** The standard's operators that fail where tensors have no rows, which data decide: the others fail by their weights. */
export declare const failingWithoutRows: readonly string[];
/** Whether a model has one of {@link failingWithoutRows}, in subgraphs too. */
export declare function mayFailOnEmpty(model: OnnxModel): boolean;
/** A model's values for inputs of these shapes. */
export declare function shapesFor(model: OnnxModel, shapes: Readonly<Record<string, readonly number[]>>): ReadonlyMap<string, ValueInfo>;
