// Some of the ONNX project's own node tests, one of each kind (scripts/checkNodeTests.ts runs them all).
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import expected from "../../fixtures/node/outputs.json" with { type: "json" };
import { problemsOf } from "../graph/check";
import { inferShapes } from "../graph/inferShapes";
import { dtypeOf } from "../model/elementType";
import { operator } from "../operators";
import { decodeModel } from "./decode";
import { encodeModel } from "./encode";

const folder = new URL("../../fixtures/node/", import.meta.url);

describe.each(Object.entries(expected))("%s", (name, outputs) => {
  const model = decodeModel(readFileSync(new URL(`${name}.onnx`, folder)));
  const isListed = model.graph.nodes.every(({ op, domain }) => operator(op, domain));

  it("is read, passes, and is the same once written", () => {
    expect(problemsOf(model)).toEqual([]);
    expect(decodeModel(encodeModel(model))).toEqual(model);
  });

  it.runIf(isListed)("has outputs of the types and shapes that the test comes with", () => {
    // Not seeing what the model itself states of them.
    const outputsWithoutShapes = model.graph.outputs.map((output) => ({
      ...output,
      shape: undefined,
    }));
    const values = inferShapes({
      ...model,
      graph: { ...model.graph, outputs: outputsWithoutShapes, values: new Map() },
    });
    model.graph.outputs.forEach(({ name, dtype, containers }, i) => {
      const got = values.get(name)!;
      const output = outputs[i];
      if (!output) expect([got.dtype, got.containers]).toEqual([dtype, containers]);
      else {
        const [number, shape] = output as [number, number[]];
        expect(got.dtype).toBe(dtypeOf(number));
        // What depends on data is not known.
        if (got.shape)
          expect(got.shape.map((extent, axis) => extent ?? shape[axis])).toEqual(shape);
      }
    });
  });
});
