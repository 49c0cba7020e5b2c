import { readdirSync } from "node:fs";
import { layers } from "@cajal/models";
import { expect, it } from "vitest";
import { tfjsLayerList } from ".";

it("lists every layer of this folder, each a class that Cajal knows", () => {
  const files = readdirSync(import.meta.dirname)
    .filter((file) => !file.startsWith("index.") && file !== "layer.ts")
    .map((file) => file.replace(".ts", "").toLowerCase());
  expect(tfjsLayerList.map(({ className }) => className.toLowerCase())).toEqual(files.toSorted());
  const classNames = layers.map(({ className }): string => className);
  for (const { className } of tfjsLayerList) expect(classNames).toContain(className);
});
