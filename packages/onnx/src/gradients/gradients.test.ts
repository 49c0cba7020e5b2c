import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkGradient, titleOf } from "../../testing/checkGradient";
import { schemasOf } from "../operators/standard";
import { gradients } from ".";

describe("gradients", () => {
  it("lists every rule in this folder", () => {
    const files = readdirSync(new URL(".", import.meta.url))
      .filter(
        (file) =>
          !file.endsWith(".test.ts") &&
          !["index.ts", "gradient.ts", "backwardRule.ts"].includes(file) &&
          file.endsWith(".ts"),
      )
      .map((file) => file.replace(".ts", "").toLowerCase());
    // One file holds what is of one name, if in two domains.
    const ops = new Set(gradients.map(({ op }) => op.toLowerCase()));
    expect([...ops].sort()).toEqual(files.sort());
  });

  // Why a rule has no sample in its definition.
  const excused = {
    If: "it has graphs: if.test.ts",
    Unique: "its result's extents depend on data: unique.test.ts",
  };
  // ONNX Runtime writes the result of three operands, the first of them broadcast, over the first.
  const unrunnable = ['Einsum [2,1] [2,3] {"equation":"ij,ij->ij"}'];

  it("has samples of every rule", () => {
    const withoutSamples = gradients.filter(({ samples }) => samples.length === 0);
    expect(withoutSamples.map(({ op }) => op)).toEqual(Object.keys(excused));
  });

  it("say of their operators what the standard does: inputs that are always there, and one output or several", () => {
    for (const { op, domain, inputs = 1, outputs = 1 } of gradients) {
      if (domain) continue;
      const versions = schemasOf(op).filter(({ isRemoved }) => !isRemoved);
      expect(versions, op).not.toEqual([]);
      for (const schema of versions) {
        expect(inputs, op).toBeLessThanOrEqual(schema.leastInputs);
        const hasSeveralOutputs = schema.outputs.length > 1 || schema.outputs[0]!.variadic;
        if (hasSeveralOutputs) expect(outputs, op).toBe(0);
      }
    }
  });

  describe.each(
    gradients
      .filter(({ samples }) => samples.length > 0)
      .map((gradient) => ({
        op: [gradient.domain, gradient.op].filter(Boolean).join("."),
        gradient,
      })),
  )("$op", ({ gradient }) => {
    const titled = gradient.samples.map((sample) => [titleOf(sample), sample] as const);
    it.each(titled)("%s", (_, sample) => checkGradient(gradient, sample));

    it.each(titled.filter(([title]) => !unrunnable.includes(`${gradient.op} ${title}`)))(
      "%s, of gradients",
      (_, sample) => checkGradient(gradient, sample, { order: 2 }),
    );
  });
});
