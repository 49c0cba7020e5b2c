import { tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../file/encode";
import { differentiate, gradients } from "../differentiate";
import { GraphBuilder } from "../graph/builder";
import { recomputed } from "../graph/recomputed";
import type { OnnxModel } from "../model/model";

async function run(model: OnnxModel, feeds: Readonly<Record<string, readonly number[]>>) {
  const session = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 4 });
  const ortFeeds = Object.entries(feeds).map(([name, data]) => [
    name,
    new ort.Tensor("float32", Float32Array.from(data), [data.length]),
  ]);
  const results = await session.run(Object.fromEntries(ortFeeds));
  await session.release();
  return (name: string) => Array.from(results[name]!.data as Float32Array);
}

/** y = relu(x) · w */
function sample() {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [4]);
  const relu = g.relu(x);
  const y = g.mul(relu, g.constant(tensor("float32", [4], [1, -2, 3, 4])));
  g.output(y, "y");
  return { g, x, relu, y };
}

const x = [1, 2, -3, 4];

describe("backward rules", () => {
  it("take the place of an operator's gradient, and may ask for it", async () => {
    const { g } = sample();
    const guided = differentiate(g.build(), {
      of: "y",
      withRespectTo: ["x"],
      rules: { Relu: ([dy], { gradient }, h) => gradient([h.relu(dy!)]) },
    });
    // Guided backpropagation by hand: w where it is positive and x too.
    expect((await run(guided, { x }))("gradient/x")).toEqual([1, 0, 0, 4]);
  });

  it("serve every other operator as the fallback", async () => {
    const { g } = sample();
    const model = differentiate(g.build(), {
      of: "y",
      withRespectTo: ["x"],
      rules: { "*": ([dy], { inputs }) => inputs.map((_, i) => (i === 0 ? dy : undefined)) },
    });
    expect((await run(model, { x }))("gradient/x")).toEqual([1, 1, 1, 1]);
  });

  it("can apply the operator to other inputs and go back through that by its gradient", async () => {
    const { g, x: input, y } = sample();
    // Of y' = x · |w|, whatever the rules say of Mul.
    const [dx] = gradients(g, y, [input], {
      rules: {
        Relu: ([dy]) => [dy],
        Mul: ([dy], { inputs: [a, w], apply, pullback }, h) => {
          const absolute = apply([a, h.abs(w!)]);
          return [pullback([absolute], [dy!], [a!])[0]];
        },
      },
    });
    g.output(dx!, "dx");
    expect((await run(g.build(), { x }))("dx")).toEqual([1, 2, 3, 4]);
  });

  it("begin with the gradient that is told to arrive", async () => {
    const { g, x: input, y } = sample();
    const [dx] = gradients(g, y, [input], { dy: g.input("dy", "float32", [4]) });
    g.output(dx!, "dx");
    expect((await run(g.build(), { x, dy: [0, 1, 1, 2] }))("dx")).toEqual([0, -2, 0, 8]);
    const wrongShape = g.input("wrong", "float32", [3]);
    expect(() => gradients(g, y, [input], { dy: wrongShape })).toThrow(
      expect.objectContaining({ code: "bad-shape" }),
    );
  });

  it("must keep type and shape", () => {
    const { g, x: input, y } = sample();
    const rules = { Relu: () => [g.scalar("float32", 1)] };
    expect(() => gradients(g, y, [input], { rules })).toThrow(
      expect.objectContaining({ code: "bad-shape" }),
    );
  });
});

describe("recomputed", () => {
  it("gives each value's counterpart, computed from other values", async () => {
    const { g, relu, y } = sample();
    const target = recomputed(g, new Map([["x", g.input("reference", "float32", [4])]]));
    g.output(g.sub(y, target(y)), "difference");
    g.output(target(relu), "other");
    const untouched = g.scalar("float32", 1);
    expect(target(untouched)).toBe(untouched);
    const result = await run(g.build(), { x, reference: [1, 1, 1, 0] });
    expect(result("difference")).toEqual([0, -2, -3, 16]);
    expect(result("other")).toEqual([1, 1, 1, 0]);
  });

  it("refuses control flow", () => {
    const g = new GraphBuilder();
    const value = g.input("x", "float32", [1]);
    const condition = g.input("condition", "bool", []);
    g.if(
      condition,
      (inner) => [inner.relu(value)],
      (inner) => [inner.neg(value)],
    );
    expect(() => recomputed(g, new Map([["x", g.input("other", "float32", [1])]]))).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });
});
