import { tensor, type Tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { gradients } from "../differentiate";
import { GraphBuilder } from "../graph/builder";

// Σ (Σ x)² over the axis that is fed: dx = 2 Σ x, of its row or its column.
it.each([
  [0, [10, 14, 18, 10, 14, 18]],
  [1, [12, 12, 12, 30, 30, 30]],
])(
  "sums over axis %i, which is known at run time, where the axis is kept",
  async (axis, expected) => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, 3]);
    const sums = g.op("ReduceSum", [x, g.input("axes", "int64", [1])]);
    const [dx] = gradients(g, g.mul(sums, sums), [x]);
    g.output(dx!, "dx");
    const feeds = new Map<string, Tensor>([
      ["x", tensor("float32", [2, 3], [1, 2, 3, 4, 5, 6])],
      ["axes", tensor("int64", [1], [axis])],
    ]);
    expect([...((await run(g, feeds))["dx"]!.data as Float32Array)]).toEqual(expected);
  },
);
