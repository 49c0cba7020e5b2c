import { type Tensor } from "@cajal/core";
import type { OnnxModel } from "./model";
/**
 * The model with `values` in place of the initializers of those names; all else is shared with `model`.
 *
 * @param values name → tensor of the initializer's own type and shape
 * @throws CajalError `unknown-name` for an initializer that is not there, `bad-shape`, `bad-argument`
 *   (another type)
 * @example
 * writeFileSync("tuned.onnx", encodeModel(withInitializers(model, await step.weights())));
 */
export declare function withInitializers(model: OnnxModel, values: ReadonlyMap<string, Tensor>): OnnxModel;
