import { describe, expect, it } from "vitest";
import { encodeModel } from "../file/encode";
import { GraphBuilder } from "../graph/builder";
import { inferShapes } from "../graph/inferShapes";
import { checkStructure } from "./checkStructure";
import type { OnnxModel } from "./model";

function plainModel(): OnnxModel {
  const g = new GraphBuilder();
  g.output(g.relu(g.input("x", "float32", [2])), "y");
  return { ...g.build() };
}

/** A model that counts how often its description is looked at, which only the check does before encoding. */
function countingModel(): { model: OnnxModel; readCount: () => number } {
  let readCount = 0;
  const model = Object.defineProperty(plainModel(), "modelVersion", {
    enumerable: true,
    get: () => void readCount++,
  });
  return { model, readCount: () => readCount };
}

describe("whether an object is a model", () => {
  it("is looked at once on the way through several functions", () => {
    const { model, readCount: looks } = countingModel();
    inferShapes(model);
    expect(looks()).toBe(1);
    inferShapes(model);
    checkStructure(model, "test");
    expect(looks()).toBe(1);
  });

  it("is looked at again after it was refused, and for what was made of it", () => {
    const brokenModel = { ...plainModel(), opsets: { "": "18" } } as unknown as OnnxModel;
    for (let time = 0; time < 2; time++)
      expect(() => inferShapes(brokenModel)).toThrow(
        expect.objectContaining({ code: "bad-model" }),
      );
    const model = plainModel();
    inferShapes(model);
    const changedModel = { ...model, graph: { ...model.graph, nodes: 7 } } as unknown as OnnxModel;
    for (const use of [inferShapes, encodeModel])
      expect(() => use(changedModel)).toThrow(expect.objectContaining({ code: "bad-model" }));
  });
});
