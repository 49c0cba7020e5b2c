import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkGradient, titleOf } from "../../testing/checkGradient";
import { gradients } from ".";

describe("gradients", () => {
  it("lists every rule in this folder", () => {
    const files = readdirSync(new URL(".", import.meta.url))
      .filter(
        (file) =>
          !file.endsWith(".test.ts") &&
          !["index.ts", "gradient.ts"].includes(file) &&
          file.endsWith(".ts"),
      )
      .map((file) => file.replace(".ts", "").toLowerCase());
    expect(gradients.map(({ op }) => op.toLowerCase()).sort()).toEqual(files.sort());
  });

  describe.each(gradients.map((gradient) => ({ op: gradient.op, gradient })))(
    "$op",
    ({ gradient }) => {
      it.each(gradient.samples.map((sample) => [titleOf(sample), sample] as const))(
        "%s",
        (_, sample) => checkGradient(gradient, sample),
      );
    },
  );
});
