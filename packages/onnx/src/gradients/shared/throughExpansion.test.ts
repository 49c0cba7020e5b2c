// Operators that are differentiated as what they are made of, where their inputs hang together.
import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../../testing/checkOperator";
import { gradients } from "../../differentiate";
import { GraphBuilder, type Value } from "../../graph/builder";

/** The gradient of the sum of what `build` makes of x [3, 2, 2], and central differences in float64's stead. */
async function compare(build: (g: GraphBuilder, x: Value) => Value, opset = 18) {
  const g = new GraphBuilder({ opset });
  const x = g.input("x", "float32", [3, 2, 2]);
  const y = g.reduceSum(build(g, x), { keepdims: false });
  g.output(y, "y");
  g.output(gradients(g, y, [x])[0]!, "dx");
  const point = Float32Array.from({ length: 12 }, (_, i) => Math.sin(3 * i + 1));
  const at = async (values: Float32Array) =>
    run(g, new Map([["x", tensor("float32", [3, 2, 2], values)]]));
  const dx = (await at(point)).dx!.data as Float32Array;
  for (const i of point.keys()) {
    const lossAt = async (h: number) =>
      (
        (await at(point.map((value, k) => (k === i ? value + h : value)))).y!.data as Float32Array
      )[0]!;
    const difference = ((await lossAt(1e-2)) - (await lossAt(-1e-2))) / 2e-2;
    expect(Math.abs(dx[i]! - difference), `element ${i}`).toBeLessThan(2e-3);
  }
}

const weights = (g: GraphBuilder, shape: readonly number[], seed: number) =>
  g.constant(
    tensor(
      "float32",
      shape,
      Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => Math.cos(seed + 2 * i)),
    ),
  );

it("counts once what reaches one input through another", () =>
  compare((g, x) => {
    const state = g.tanh(g.reduceMean(x, { axes: [0] })); // the first state is made of x
    return g.gru(
      x,
      weights(g, [1, 6, 2], 1),
      weights(g, [1, 6, 2], 2),
      undefined,
      undefined,
      state,
      {
        hidden_size: 2,
      },
    )[0];
  }));

it("counts once what stands in two places", () =>
  compare((g, x) => {
    const state = g.tanh(g.reduceMean(x, { axes: [0] }));
    const [w, r] = [weights(g, [1, 8, 2], 1), weights(g, [1, 8, 2], 2)];
    return g.lstm(x, w, r, undefined, undefined, state, state, undefined, { hidden_size: 2 })[0];
  }));

it("takes one value as query, key and value", () =>
  compare((g, x) => {
    const y = g.attention(x, x, x, undefined, { q_num_heads: 1, kv_num_heads: 1 });
    return g.mul(y, weights(g, [3, 2, 2], 3));
  }, 23));
