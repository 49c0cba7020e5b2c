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
  readonly x: KerasArray;
  readonly y: KerasArray;
}

const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL("../fixtures/masks.json", import.meta.url), "utf8"),
);

describe("masked sequences as Keras computes them", () => {
  it.each(cases.map((golden) => [golden.case, golden] as const))("%s", async (_, golden) => {
    // As Keras 3 wrote it, masks and all; and as Keras 2 would have, where they are implied.
    for (const model of [golden.model, toKerasJson(golden.model as ModelConfig)]) {
      const network = resolve(model);
      const [{ from, dtype }] = network.inputs as [(typeof network.inputs)[0]];
      const specs = weightSpecs(model as ModelConfig);
      expect(specs.map(({ shape }) => shape)).toEqual(golden.weights.map(({ shape }) => shape));
      const weights = new Map(specs.map(({ key }, i) => [key, tensorOf(golden.weights[i]!)]));
      const x = tensor(dtype as "float32", golden.x.shape, golden.x.data);
      const [y] = Object.values(await runOnnx(toOnnx(model, weights), { [from]: x }));
      expectClose(y!, golden.y);
    }
  });

  const modelWith = (text: string, replacement: string) => JSON.parse(JSON.stringify(cases[0]!.model).replaceAll(text, replacement)); // prettier-ignore

  it("refuses a mask that does not follow from the layers before", () => {
    expect(() => resolve(modelWith('"mask_zero":true', '"mask_zero":false'))).toThrow(/made of "tokens" and 0, where none follows/); // prettier-ignore
    const otherModel = JSON.stringify(cases[0]!.model).replace(
      /(\["tokens",0,0\]\}\}),0\]/,
      "$1,3]",
    );
    expect(() => resolve(JSON.parse(otherModel))).toThrow(/made of "tokens" and 3, where one made of "tokens" and 0/); // prettier-ignore
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
    expect(() => resolve(softmax)).toThrow(/"s" \(Softmax\).*by a mask/);
  });
});
