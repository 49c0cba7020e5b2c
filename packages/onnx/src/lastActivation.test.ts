import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { GraphBuilder, type Value } from "./graph/builder";
import { lastActivation } from "./lastActivation";

const scale = (g: GraphBuilder) => g.constant(tensor("float32", [], [0.1]));
const endings: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
  softmax: (g, x) => g.softmax(x, { axis: -1 }),
  "softmax, moved": (g, x) => g.flatten(g.unsqueeze(g.transpose(g.softmax(x, { axis: -1 }), [1, 0]), [0])), // prettier-ignore
  "sigmoid, in another type": (g, x) => g.cast(g.sigmoid(x), "float16"),
  "sigmoid, quantized": (g, x) => g.dequantizeLinear(g.quantizeLinear(g.sigmoid(x), scale(g)), scale(g)), // prettier-ignore
  "linear, with a bias": (g, x) => g.add(g.matMul(x, g.initializer("w", tensor("float32", [3, 3]))), 1), // prettier-ignore
};

describe("lastActivation", () => {
  it.each(Object.entries(endings))("finds %s", (name, build) => {
    const g = new GraphBuilder();
    g.output(build(g, g.input("x", "float32", [2, 3])), "y");
    expect(lastActivation(g.build())?.activation).toBe(name.split(",")[0]);
  });

  it("gives the node that computes it, of the output asked for", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, 3]);
    g.output(g.exp(x), "other");
    g.output(g.identity(g.sigmoid(x)), "y");
    const model = g.build();
    expect(lastActivation(model)).toBeUndefined();
    expect(lastActivation(model, 1)?.node.op).toBe("Sigmoid");
    expect(lastActivation(model, 2)).toBeUndefined();
  });
});
