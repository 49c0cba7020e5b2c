// Gradients through an If whose condition is computed, by hand.
import { tensor, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { differentiate, gradients } from "../differentiate";
import { GraphBuilder, type Value } from "../graph/builder";

const float = (shape: readonly number[], data: readonly number[]) => tensor("float32", shape, data);

/** The gradients of the sum of a value by some others. */
async function gradientsOf(
  g: GraphBuilder,
  loss: Value,
  by: readonly Value[],
  feeds: Readonly<Record<string, Tensor>>,
): Promise<number[][]> {
  gradients(g, loss, by).forEach((each, i) => g.output(each, `gradient ${i}`));
  const got = await run(g, new Map(Object.entries(feeds)));
  return by.map((_, i) => Array.from(got[`gradient ${i}`]!.data as Float32Array));
}

describe("an If of a computed condition", () => {
  /** log x where x is above 0, and w·x² elsewhere, of which w is no part of the other branch; and a second output. */
  const guarded = () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [1]);
    const w = g.initializer("w", float([1], [3]));
    const isPositive = g.reshape(g.greater(x, 0), []);
    const [y, z] = g.if(
      isPositive,
      (h) => [h.log(x), h.identity(w)],
      (h) => [h.mul(w, h.mul(x, x)), x],
    );
    return { g, x, w, loss: g.add(y!, g.mul(z!, 10)) };
  };

  it.each([
    [2, [0.5], [10]],
    [-2, [2 * 3 * -2 + 10], [4]],
    // What log has there is infinite, and no part of the gradient.
    [0, [10], [0]],
  ])("goes through the branch that runs, at %s", async (at, dx, dw) => {
    const { g, x, w, loss } = guarded();
    expect(await gradientsOf(g, loss, [x, w], { x: float([1], [at]) })).toEqual([dx, dw]);
  });

  it("goes through branches within branches, and what lies before and behind", async () => {
    for (const [at, slope] of [[0.5, 2 * 3 * (2 * 0.5)], [2, 2 * -2], [-3, 2 * 5]] as const) {
      const g = new GraphBuilder();
      const x = g.input("x", "float32", []);
      const doubled = g.mul(x, 2);
      const [y] = g.if(
        g.greater(x, 0),
        (h) => h.if(h.greater(x, 1), (k) => [k.neg(k.mul(x, doubled))], (k) => [k.mul(k.constant(float([], [1.5])), k.mul(doubled, x))]),
        (h) => [h.mul(x, 5)],
      );
      // −2x² has −4x, 3x² has 6x.
      const expected = at > 1 ? 2 * -4 * at : at > 0 ? 2 * 6 * at : slope;
      expect(await gradientsOf(g, g.mul(y!, 2), [x], { x: float([], [at]) })).toEqual([[expected]]);
    }
  }); // prettier-ignore

  it("is part of turns of a loop", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", []);
    // Halved while it is above 1, of five turns.
    const { states } = g.loop(5, undefined, [x], (body, _, __, [y]) => {
      const [next] = body.if(body.greater(y!, 1), (h) => [h.mul(y!, 0.5)], () => [y!]);
      return { states: [next!] };
    }); // prettier-ignore
    g.output(states[0]!, "y");
    const model = g.build();
    const loaded = GraphBuilder.from(model, { unroll: true });
    expect(await gradientsOf(loaded, loaded.value("y"), [loaded.value("x")], { x: float([], [6]) })).toEqual([[0.125]]); // prettier-ignore
    expect(differentiate(model, { of: "y", withRespectTo: ["x"] }).graph.outputs).toHaveLength(2);
  });

  it("applies rules for all operators in its branches", async () => {
    const { g, x, loss } = guarded();
    const [dx] = gradients(g, loss, [x], { rules: { Log: ([dy], { gradient, inputs }, h) => gradient([h.mul(dy!, h.expand(h.scalar("float32", 10), h.shape(inputs[0]!)))]) } }); // prettier-ignore
    g.output(dx!, "dx");
    expect([...((await run(g, new Map([["x", float([1], [2])]]))).dx!.data as Float32Array)]).toEqual([5]); // prettier-ignore
  });
});
