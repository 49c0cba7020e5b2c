// Masked sequences against Keras 3: models as it wrote them, and what it computed.
import { tensor } from "@cajal/core";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectClose, tensorOf, type KerasArray } from "../testing/kerasLayers";
import { runOnnx } from "../testing/runOnnx";
import type { ModelConfig } from "./keras/config";
import { toOnnx } from "./lower/lower";
import { resolve } from "./network/network";
import { weightSpecs } from "./network/summary";
import { toKerasJson } from "./toKerasJson";

interface Case {
  readonly case: string;
  readonly model: object;
  readonly weights: readonly KerasArray[];
  /** Of several inputs, by their names. */
  readonly x: KerasArray | Readonly<Record<string, KerasArray>>;
  readonly y: KerasArray;
}

const isArray = (x: Case["x"]): x is KerasArray => "shape" in x;

const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL("../fixtures/masks.json", import.meta.url), "utf8"),
);

/** Cases whose masks are operations of keras.ops, which are read and not written. */
const operationsAreMasks = new Set(["a mask that is computed", "a mask after a convolution"]);

describe("masked sequences as Keras computes them", () => {
  it.each(cases.map((golden) => [golden.case, golden] as const))("%s", async (_, golden) => {
    // As Keras 3 wrote it, masks and all; and as we write it, where those that follow are implied.
    const models = [golden.model];
    if (!operationsAreMasks.has(golden.case))
      models.push(toKerasJson(golden.model), toKerasJson(golden.model, { version: 3 }));
    for (const model of models) {
      const network = resolve(model);
      const specs = weightSpecs(model as ModelConfig);
      expect(specs.map(({ shape }) => shape)).toEqual(golden.weights.map(({ shape }) => shape));
      const weights = new Map(specs.map(({ key }, i) => [key, tensorOf(golden.weights[i]!)]));
      const feeds = network.inputs.map(({ from, dtype }) => {
        const { shape, data } = isArray(golden.x) ? golden.x : golden.x[from]!;
        return [from, tensor(dtype as "float32", shape, data)] as const;
      });
      const [y] = Object.values(await runOnnx(toOnnx(model, weights), Object.fromEntries(feeds)));
      expectClose(y!, golden.y);
    }
  });

  it("computes by a mask that does not follow, and does not write it", async () => {
    const { model, weights, x, y } = cases.find((golden) => golden.case === "GRU sequences")!;
    const text = JSON.stringify(model).replaceAll('"mask_zero":true', '"mask_zero":false');
    const unmasked: object = JSON.parse(text);
    const keyed = new Map(weightSpecs(unmasked).map(({ key }, i) => [key, tensorOf(weights[i]!)]));
    const tokens = tensor("int32", (x as KerasArray).shape, (x as KerasArray).data);
    const [output] = Object.values(await runOnnx(toOnnx(unmasked, keyed), { tokens }));
    expectClose(output!, y);
    for (const version of [2, 3] as const)
      expect(() => toKerasJson(unmasked, { version: version as 3 })).toThrow(/"rnn" \(GRU\): its call has a mask made of "tokens" and 0, which does not follow/); // prettier-ignore
  });

  it("refuses what it would compute otherwise", () => {
    const maskedModel = (...layers: object[]) => ({
      class_name: "Sequential",
      config: {
        name: "s",
        layers: [
          { class_name: "Masking", config: { name: "m", batch_input_shape: [null, 4, 2] } },
          ...layers,
        ],
      },
    });
    const softmax = maskedModel({ class_name: "Softmax", config: { name: "s" } });
    expect(() => resolve(softmax)).toThrow(
      /"s" \(Softmax\): its mask \[\?,4\] does not fit its input \[\?,4,2\]/,
    );
  });
});
