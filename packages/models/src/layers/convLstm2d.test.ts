import { type CajalError, tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { toOnnx } from "../lower/lower";
import { functional } from "../network/functional";
import { summary, weightSpecs } from "../network/summary";

function unrollSteps(steps: number | null) {
  const net = functional("net");
  const x = net.input([steps, 2, 2, 1]);
  const model = net.model(x, net.layer("ConvLSTM2D", { filters: 1, kernel_size: 1 }, x));
  const weights = new Map(
    weightSpecs(model).map(({ key, shape }) => [key, tensor("float32", shape)] as const),
  );
  return { model, nodes: () => toOnnx(model, weights).graph.nodes.length };
}

it("is unrolled, each step as many nodes", () => {
  const [nodesOf2, nodesOf3, nodesOf100] = [2, 3, 100].map((steps) => unrollSteps(steps).nodes());
  expect(nodesOf100! - nodesOf3!).toBe(97 * (nodesOf3! - nodesOf2!));
});

it.each([10_001, 2 ** 31 - 1, null])(
  "refuses to unroll %s steps, and says how many may be",
  (steps) => {
    const { model, nodes } = unrollSteps(steps);
    expect(nodes).toThrow(
      expect.objectContaining<Partial<CajalError>>({
        code: "unsupported",
        message: expect.stringMatching(
          steps === null ? /must be known/ : new RegExp(`got ${steps}, expected at most 10000`),
        ) as string,
      }),
    );
    // What needs no graph is told all the same: 4 gates of (1 + 1) inputs and a bias.
    expect(summary(model).totalParams).toBe(12);
  },
);
