// Masked sequences: what the engines do with them. Their numbers are compared in @cajal/models.
import { tensor } from "@cajal/core";
import { readKeras } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { initialize } from "./initializers/initialize";
import { open } from "./open";
import { openTrainStep } from "./openTrainStep";
import type { Loss, Optimizer } from "./step/trainStep";

const model = (returnSequences: boolean) =>
  readKeras({
    class_name: "Sequential",
    config: {
      name: "text",
      layers: [
        {
          class_name: "Embedding",
          config: {
            name: "embed",
            input_dim: 5,
            output_dim: 2,
            mask_zero: true,
            batch_input_shape: [null, 4],
          },
        },
        {
          class_name: "GRU",
          config: { name: "gru", units: 2, return_sequences: returnSequences },
        },
      ],
    },
  });

const loss: Loss = {
  name: "sum",
  compute: (ops, _, y) => ops.reduceSum(y, { axes: [-1] }),
};
const optimizer: Optimizer = {
  name: "descent",
  learningRate: () => 1,
  slots: {},
  update: (ops, { parameter, gradient, rate }) => ({
    parameter: ops.sub(parameter, ops.mul(gradient, rate)),
    slots: {},
  }),
};

describe("masked sequences", () => {
  const x = tensor("int32", [2, 4], [3, 1, 0, 0, 0, 2, 0, 4]);
  const y = tensor("float32", [2, 2]);

  it("have gradients of the steps that are there alone", async () => {
    const weights = initialize(model(false), { seed: 1 });
    const step = await openTrainStep(model(false), weights, { loss, optimizer, verify: false });
    await step.run({ x, y });
    const table = (await step.weights()).get("embed/embeddings")!.data as Float32Array;
    const before = weights.get("embed/embeddings")!.data as Float32Array;
    const moved = [0, 1, 2, 3, 4].map((row) => table[2 * row] !== before[2 * row]);
    expect(moved).toEqual([false, true, true, true, true]);
    await step.dispose();
    // The slope of one weight by central differences of what the loss is.
    const at = async (h: number) => {
      const changed = Float32Array.from(before);
      changed[2]! += h; // the first number of token 1
      const all = new Map(weights).set("embed/embeddings", tensor("float32", [5, 2], changed));
      await using session = await open(model(false), all);
      return [...(await session.predict(x)).data].reduce<number>((a, b) => a + Number(b), 0) / 2;
    };
    const slope = ((await at(1e-2)) - (await at(-1e-2))) / 2e-2;
    expect(before[2]! - table[2]!).toBeCloseTo(slope, 3);
  });

  it("are refused where they would be left out of a loss, and on engine tfjs", async () => {
    const weights = initialize(model(true), { seed: 1 });
    await expect(
      openTrainStep(model(true), weights, { loss, optimizer, verify: false }),
    ).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining('"gru"') });
    await expect(open(model(true), weights, { engine: "tfjs" })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/"gru" \(GRU\).*Use engine onnx/s),
    });
  });
});
