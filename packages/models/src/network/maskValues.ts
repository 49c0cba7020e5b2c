// Masks of sequences as values of a graph, bool [batch, steps], true for valid steps.
import type { GraphBuilder, Value } from "@cajal/onnx";
import { cast } from "../layers/shared/integers";
import { validSteps } from "../layers/shared/masks";
import type { Mask, NetworkValue } from "./values";

/**
 * Masks as values of a graph, each computed once.
 *
 * @param valueOf a value of the network in the graph, in Keras' layout
 */
export function maskValues(
  g: GraphBuilder,
  valueOf: (value: NetworkValue) => Value,
): (mask: Mask) => Value {
  const computed = new Map<string, Value>();
  const once = (key: string, compute: () => Value) => {
    const value = computed.get(key) ?? compute();
    computed.set(key, value);
    return value;
  };
  const maskValue = (mask: Mask): Value => {
    switch (mask.kind) {
      case "differs": {
        const { of, value, features } = mask;
        const x = valueOf(of);
        return once(`${x.name} ${value} ${features}`, () => validSteps(g, x, { value, axis: features ? of.shape.length - 1 : undefined })); // prettier-ignore
      }
      case "value": {
        const x = valueOf(mask.of);
        if (x.dtype === "bool") return x;
        return once(`${x.name} true`, () => cast(g, x, "bool"));
      }
      case "any": {
        const masks = mask.masks.map(maskValue);
        return once(masks.map(({ name }) => name).join(" or "), () => masks.reduce((a, b) => g.or(a, b))); // prettier-ignore
      }
      case "joined": {
        const masks = mask.parts.map((part) =>
          part.mask ? maskValue(part.mask) : allSteps(valueOf(part.of)),
        );
        return once(masks.map(({ name }) => name).join(" then "), () => g.concat(masks, { axis: 1 })); // prettier-ignore
      }
    }
  };
  /** A mask of all steps of a sequence. */
  const allSteps = (x: Value) =>
    once(`${x.name} all`, () => {
      const one = g.reduceSum(cast(g, g.equal(x, x), "float32"), { axes: [2], keepdims: false });
      return g.greaterOrEqual(one, 0);
    });
  return maskValue;
}
