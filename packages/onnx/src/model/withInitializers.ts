// The way back from training: an ONNX model with other values in some of its initializers.
import { checkStructure, checkedModel } from "./checkStructure";
import {
  CajalError,
  checkTensor,
  showShape,
  unknownName,
  type Tensor,
  checkArgument,
} from "@cajal/core";
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
export function withInitializers(model: OnnxModel, values: ReadonlyMap<string, Tensor>): OnnxModel {
  checkStructure(model, "withInitializers");
  checkArgument("withInitializers", "values", values, "map");
  const initializers = new Map(model.graph.initializers);
  for (const [name, value] of values) {
    const initializer = initializers.get(name);
    if (!initializer) throw unknownName("initializer of the graph", name, initializers.keys());
    checkTensor(value, `initializer "${name}"`);
    const [got, expected] = [value, initializer].map(
      ({ dtype, shape }) => `${dtype} ${showShape(shape)}`,
    );
    if (got !== expected)
      throw new CajalError(
        value.dtype === initializer.dtype ? "bad-shape" : "bad-argument",
        `initializer "${name}": got ${got}, expected ${expected}.`,
        { initializer: name, got: value.shape, expected: initializer.shape },
      );
    initializers.set(name, value);
  }
  return checkedModel({ ...model, graph: { ...model.graph, initializers } });
}
