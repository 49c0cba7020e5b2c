import { tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder";
import { gradients } from "../differentiate";
import { encodeModel } from "../file/encode";

it("lets the gradient through where the mask of the same run did, scaled alike", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [20, 50]);
  const ratio = g.constant(tensor("float32", [], [0.75]));
  const training = g.constant(tensor("bool", [], [1]));
  const y = g.op("Dropout", [x, ratio, training]);
  const [dx] = gradients(g, y, [x]);
  g.output(y, "y");
  g.output(dx!, "dx");
  const session = await ort.InferenceSession.create(encodeModel(g.build()));
  const ones = new ort.Tensor("float32", new Float32Array(1000).fill(1), [20, 50]);
  const result = await session.run({ x: ones });
  // With x = 1: y = mask / (1 − 0.75), which is dy/dx too.
  expect(result.dx!.data).toEqual(result.y!.data);
  expect(new Set(result.y!.data as Float32Array)).toEqual(new Set([0, 4]));
  await session.release();
});
