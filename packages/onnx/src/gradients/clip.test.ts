import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { gradients } from "../differentiate";
import { encodeModel } from "../file/encode";
import { GraphBuilder } from "../graph/builder";

// As Keras' ReLU(6), TensorFlow's and PyTorch's relu6 have it.
it("of ReLU6 is 1 between the limits and 0 at both, down to neighbouring numbers", async () => {
  const x = [-1, 0, 1.1754944e-38, 1e-6, 3, 5.9999995, 6, 6.0000005, 7];
  const g = new GraphBuilder();
  const input = g.input("x", "float32", [x.length]);
  const y = g.clip(input, { min: 0, max: 6 });
  g.output(gradients(g, y, [input])[0]!, "dx");
  const session = await ort.InferenceSession.create(encodeModel(g.build()));
  const { dx } = await session.run({ x: new ort.Tensor("float32", Float32Array.from(x)) });
  await session.release();
  expect([...(dx!.data as Float32Array)]).toEqual([0, 0, 1, 1, 1, 1, 0, 0, 0]);
});
