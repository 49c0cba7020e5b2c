import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkLayer } from "../../testing/checkLayer";
import { layers } from ".";

it("lists every file of this folder", async () => {
  const files = readdirSync(new URL(".", import.meta.url)).filter(
    (file) =>
      file.endsWith(".ts") && !file.endsWith(".test.ts") && !["index.ts", "list.ts"].includes(file),
  );
  for (const file of files) {
    const exports: object[] = Object.values(await import(`./${file}`));
    const listedLayers = layers.filter((layer) => exports.includes(layer));
    expect(listedLayers, `${file} must export a layer that list.ts lists`).not.toEqual([]);
  }
  expect(layers.length).toBe(files.length);
});

// An InputLayer is bound by the driver: it runs in every sample.
for (const layer of layers.filter(({ className }) => className !== "InputLayer"))
  describe(layer.className, () => {
    it("has samples", () => expect(layer.samples).not.toEqual([]));
    for (const sample of layer.samples)
      it(`${JSON.stringify(sample.config ?? {})} on ${JSON.stringify(sample.inputs)}`, () =>
        checkLayer(layer, sample));
  });
