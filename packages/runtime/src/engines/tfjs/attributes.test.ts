// Attributes of the operators that layers are lowered to: heeded on TF.js, or refused.
import { GraphBuilder, type Value } from "@cajal/onnx";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { expect, it } from "vitest";
import { runGraph } from "./runGraph";

function run(build: (x: Value, g: GraphBuilder) => Value): number[] {
  const g = new GraphBuilder();
  g.output(build(g.input("input_0", "float32", [2, 4]), g), "y");
  const x = tf.tensor([1, -2, 3, -4, 5, -6, 7, -8], [2, 4]);
  const [y] = runGraph(tf, g.build().graph, { inputs: [x], weights: {}, layer: "own" });
  return [...y!.dataSync()];
}

it.each([
  ["reflect", [-4, 3, -2, 1, -2, 3, -4, 3, -2], [-8, 7, -6, 5, -6, 7, -8, 7, -6]],
  ["edge", [1, 1, 1, 1, -2, 3, -4, -4, -4], [5, 5, 5, 5, -6, 7, -8, -8, -8]],
  ["constant", [0, 0, 0, 1, -2, 3, -4, 0, 0], [0, 0, 0, 5, -6, 7, -8, 0, 0]],
] as const)("Pad, %s", async (mode, first, second) => {
  await tf.setBackend("cpu");
  expect(run((x, g) => g.pad(x, { pads: [0, 3, 0, 2], mode }))).toEqual([...first, ...second]);
});

it("refuses what an operator does not heed", () => {
  // The remainder with the sign of the dividend, where TF.js has that of the divisor.
  const remainder = () => run((x, g) => g.op("Mod", [x, g.scalar("float32", 3)], { fmod: 1 }));
  expect(remainder).toThrow(
    expect.objectContaining({
      code: "unsupported",
      message: expect.stringMatching(/layer "own": .*operator Mod with fmod 1,.*engine onnx/),
    }),
  );
});
