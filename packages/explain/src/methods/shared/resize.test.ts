// Maps made large by nearest pixels, as PyTorch 2.13's interpolate(mode="nearest") does, also where two are as near.
import { tensor } from "@cajal/core";
import { GraphBuilder } from "@cajal/onnx";
import { open } from "@cajal/runtime";
import { expect, it } from "vitest";
import { resized, resizedIn } from "./resize";

it.each([
  // Row 41 of 82 lies on the edge: float32 has it before, and doubles on it.
  [2, 82, [0, 42]],
  [6, 246, [0, 42, 83, 123, 165, 205]],
  [7, 224, [0, 32, 64, 96, 128, 160, 192]],
])("takes %i rows for %i as torch", async (from, to, begin) => {
  const rows = Array.from({ length: from }, (_, i) => i);
  const expected = Array.from({ length: to }, (_, i) => begin.findLastIndex((at) => at <= i));
  expect([...resized(rows, [from, 1], [to, 1], "nearest")]).toEqual(expected);
  const g = new GraphBuilder();
  const map = g.input("map", "float32", [1, from, 1]);
  g.output(resizedIn(g, map, [to, 1], "nearest"), "large");
  const session = await open(g.build());
  const { large } = await session.run({ map: tensor("float32", [1, from, 1], rows) });
  await session.dispose();
  expect([...large!.data]).toEqual(expected);
});
