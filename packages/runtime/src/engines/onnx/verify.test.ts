import { tensor, type Tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import type { OpenedModel } from "../../session/session";
import { verify } from "./verify";

const g = new GraphBuilder();
const x = g.input("x", "float32", ["batch", 4]);
g.output(g.mul(x, 3), "y");
const model = g.build();

/** A device that computes `y` as `f` says. */
function device(f: (x: number) => number): OpenedModel & { freed: boolean } {
  return {
    engine: "onnx",
    device: "webgpu",
    inputs: model.graph.inputs,
    outputs: model.graph.outputs,
    freed: false,
    run: async ({ x }: Readonly<Record<string, Tensor>>) => ({
      y: tensor("float32", x!.shape, Float32Array.from(x!.data as Float32Array, f)),
    }),
    free() {
      this.freed = true;
    },
  };
}

describe("verify", () => {
  it("accepts a device that computes as the CPU, and one that rounds to 10 bits", async () => {
    for (const f of [(x: number) => 3 * x, (x: number) => 3 * x * (1 + 2 ** -11)]) {
      const right = device(f);
      await verify(right, model);
      expect(right.freed).toBe(false);
    }
  });

  it.each([
    ["scales wrongly", (x: number) => 2.5 * x],
    ["gives zeros", () => 0],
    ["gives NaN", () => Number.NaN],
  ])("refuses and frees one that %s", async (_, f) => {
    const wrong = device(f);
    await expect(verify(wrong, model)).rejects.toMatchObject({
      code: "engine",
      message: expect.stringMatching(/webgpu.*"y"/),
    });
    expect(wrong.freed).toBe(true);
  });
});
