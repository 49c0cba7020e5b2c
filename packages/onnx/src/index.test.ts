import { expect, it } from "vitest";
import * as onnx from "./index";
import * as node from "./node";

// A change here is a change for users: say it in a changeset.
it("exports these names", () => {
  expect(Object.keys(onnx).sort()).toMatchInlineSnapshot(`
    [
      "GraphBuilder",
      "blocked",
      "checkDifferentiable",
      "checkModel",
      "computed",
      "decodeModel",
      "decomposeTrainingNormalization",
      "defaultOpset",
      "differentiable",
      "differentiate",
      "encodeModel",
      "encodeModelForMemory",
      "encodeModelParts",
      "encodeModelWithExternalData",
      "failingWithoutRows",
      "fallback",
      "gradients",
      "guardEmpty",
      "inferShapes",
      "inlineFunctions",
      "isCarried",
      "isDType",
      "mayFailOnEmpty",
      "nodeFailingOnEmpty",
      "operatorFacts",
      "problemsOf",
      "recomputed",
      "shapesFor",
      "upgradeModel",
      "withInitializers",
    ]
  `);
  expect(Object.keys(node).sort()).toMatchInlineSnapshot(`
    [
      "readModel",
      "writeModel",
    ]
  `);
});
