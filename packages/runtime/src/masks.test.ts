// Masked sequences: their gradients, and what engine tfjs computes of what Keras did. On engine onnx it is compared
// in @cajal/models.
import { readFileSync } from "node:fs";
import { tensor } from "@cajal/core";
import { readKeras, weightSpecs } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { expectClose, tensorOf, type KerasArray } from "../../models/testing/kerasLayers";
import { initialize } from "./initializers/initialize";
import { open } from "./open";
import { openTrainStep } from "./openTrainStep";
import { descent, sum } from "../testing/training";

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

const [loss, optimizer] = [sum, descent(1)];

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

  it("are refused where they would be left out of a loss", async () => {
    const weights = initialize(model(true), { seed: 1 });
    await expect(
      openTrainStep(model(true), weights, { loss, optimizer, verify: false }),
    ).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining('"gru"') });
  });
});

interface Case {
  readonly case: string;
  readonly model: object;
  readonly weights: readonly KerasArray[];
  readonly x: KerasArray | Readonly<Record<string, KerasArray>>;
  readonly y: KerasArray;
}

const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL("../../models/fixtures/masks.json", import.meta.url), "utf8"),
);

describe("masked sequences on engine tfjs, as Keras computes them", () => {
  it.each(cases.map((golden) => [golden.case, golden] as const))("%s", async (_, golden) => {
    const weights = new Map(weightSpecs(golden.model).map(({ key }, i) => [key, tensorOf(golden.weights[i]!)])); // prettier-ignore
    await using session = await open(readKeras(golden.model), weights, {
      engine: "tfjs",
      device: "cpu",
    });
    const feeds = session.inputs.map(({ name, dtype }) => {
      const { shape, data } = "shape" in golden.x ? (golden.x as KerasArray) : golden.x[name]!;
      return [name, tensor(dtype as "float32", shape, data)] as const;
    });
    const [y] = Object.values(await session.run(Object.fromEntries(feeds)));
    expectClose(y!, golden.y);
  });
});
