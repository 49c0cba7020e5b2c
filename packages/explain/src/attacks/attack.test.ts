// Attacks on a network with one score. Captum's, on several, are in cases.test.ts and reference.test.ts.
import { tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { openExplainer } from "..";

/** z = x₀ − 3 x₁. */
function network(end: "sigmoid" | "linear") {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", 2]);
  const z = g.matMul(x, g.constant(tensor("float32", [2, 1], [1, -3])));
  g.output(end === "sigmoid" ? g.sigmoid(z) : z, "score");
  return g.build();
}

describe.each(["sigmoid", "linear"] as const)("one score, %s", (end) => {
  const x = tensor("float32", [1, 2], [1, 2]);
  // By 0.5 against the sign of each slope, or with it.
  it.each([
    [false, [0.5, 2.5], -7],
    [true, [1.5, 1.5], -3],
  ] as const)("targeted: %s", async (targeted, changed, z) => {
    await using explainer = await openExplainer(network(end), { threads: 1 });
    const { images, logits } = await explainer.attack(x, { epsilon: 0.5, target: 0, targeted });
    expect(Array.from(images.data)).toEqual(changed);
    expect(Array.from(logits.data)).toEqual([z]);
  });

  it("has to be told its way", async () => {
    await using explainer = await openExplainer(network(end), { threads: 1 });
    const attack = explainer.attack(x, { epsilon: 0.5 });
    await expect(attack).rejects.toMatchObject({ code: "bad-argument", message: expect.stringContaining("{ target: 0, targeted: true }") }); // prettier-ignore
  });
});
