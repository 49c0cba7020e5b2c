// A model without local functions, as a file can have it: of one operator set.
import { GraphBuilder } from "./builder";
import { inlineCalls } from "./inlineCalls";
import type { OnnxModel } from "../model/model";

/**
 * The model with the calls of its local functions inlined; the model itself where it has none. Values
 * inside a call are named `CALL/NAME`. Where functions are of other operator sets than the model, all of it
 * is brought to one, as `upgradeModel` does.
 *
 * @throws CajalError `bad-model` for a function that calls itself; `unsupported` for calls that make more
 *   than 1,000,000 nodes, a function of another version of a domain than the model, or a node that the
 *   operator set of all has not
 */
export function inlineFunctions(model: OnnxModel): OnnxModel {
  const inlined = inlineCalls(model);
  const hasMixedOpsets = model.functions?.some(
    ({ opsets }) => Object.hasOwn(opsets, "") && opsets[""] !== inlined.opsets[""],
  );
  return hasMixedOpsets ? GraphBuilder.from(model).build() : inlined;
}
