import { describe, expect, it } from "vitest";
import { encodeModel } from "../file/encode";
import { GraphBuilder } from "../graph/builder";
import { inferShapes } from "../graph/inferShapes";
import { checkStructure } from "./checkStructure";
import type { OnnxModel } from "./model";

function plain(): OnnxModel {
  const g = new GraphBuilder();
  g.output(g.relu(g.input("x", "float32", [2])), "y");
  return { ...g.build() };
}

/** A model that counts how often its description is looked at, which only the check does before encoding. */
function counted(): { model: OnnxModel; looks: () => number } {
  let looks = 0;
  const model = Object.defineProperty(plain(), "modelVersion", {
    enumerable: true,
    get: () => void looks++,
  });
  return { model, looks: () => looks };
}

describe("whether an object is a model", () => {
  it("is looked at once on the way through several functions", () => {
    const { model, looks } = counted();
    inferShapes(model);
    expect(looks()).toBe(1);
    inferShapes(model);
    checkStructure(model, "test");
    expect(looks()).toBe(1);
  });

  it("is looked at again after it was refused, and for what was made of it", () => {
    const broken = { ...plain(), opsets: { "": "18" } } as unknown as OnnxModel;
    for (let time = 0; time < 2; time++)
      expect(() => inferShapes(broken)).toThrow(expect.objectContaining({ code: "bad-model" }));
    const model = plain();
    inferShapes(model);
    const changed = { ...model, graph: { ...model.graph, nodes: 7 } } as unknown as OnnxModel;
    for (const use of [inferShapes, encodeModel])
      expect(() => use(changed)).toThrow(expect.objectContaining({ code: "bad-model" }));
  });
});
