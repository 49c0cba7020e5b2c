import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { titleOf } from "../../testing/checkGradient";
import { GraphBuilder } from "../graph/builder";
import { gradients } from "../differentiate";
import { maxPool } from "./maxPool";
import { encodeModel } from "../file/encode";

/** dx of a 2 × 2 pool of stride 2, for dy of 1, 2, 3 … */
async function backward(x: number[], [height, width]: [number, number], pads?: number[]) {
  const g = new GraphBuilder();
  const image = g.input("x", "float32", [1, 2, height, width]);
  const y = g.maxPool(image, { kernel_shape: [2, 2], strides: [2, 2], ...(pads && { pads }) });
  const dy = g.input("dy", "float32", y.shape);
  g.output(gradients(g, g.mul(y, dy), [image])[0]!, "dx");
  const session = await ort.InferenceSession.create(encodeModel(g.build()));
  const size = (y.shape as number[]).reduce((a, b) => a * b, 1);
  const result = await session.run({
    x: new ort.Tensor("float32", Float32Array.from([...x, ...x]), [1, 2, height, width]),
    dy: new ort.Tensor(
      "float32",
      Float32Array.from({ length: size }, (_, i) => i + 1),
      y.shape as number[],
    ),
  });
  await session.release();
  return [...(result.dx!.data as Float32Array)];
}

// As PyTorch and ONNX Runtime's own second output do it.
it("gives all of dy to the first of equal maxima, row by row", async () => {
  // prettier-ignore
  const x = [
    0, 0,  1, 2,  3, 3,
    0, 0,  2, 2,  3, 4,
    5, 1,  1, 2,  0, 7,
    5, 5,  2, 1,  7, 7,
  ];
  // prettier-ignore
  const plane = [
    1, 0,  0, 2,  0, 0,
    0, 0,  0, 0,  0, 3,
    4, 0,  0, 5,  0, 6,
    0, 0,  0, 0,  0, 0,
  ];
  expect(await backward(x, [4, 6])).toEqual([...plane, ...plane.map((dy) => dy && dy + 6)]);
});

it("knows windows that are as many as tiles, and moved", async () => {
  // Windows begin a row and a column before the image, and end as much before its end.
  // prettier-ignore
  const plane = [
    1, 2, 0, 0,
    3, 4, 0, 0,
    0, 0, 0, 0,
    0, 0, 0, 0,
  ];
  const x = Array.from({ length: 16 }, (_, i) => -i);
  const dx = await backward(x, [4, 4], [1, 1, 0, 0]);
  expect(dx).toEqual([...plane, ...plane.map((dy) => dy && dy + 4)]);
});

describe("without indices", () => {
  // Whole numbers, many of them equal, and the lowest where padding has it too.
  const values = (size: number) =>
    Float32Array.from({ length: size }, (_, i) => (i % 13 === 0 ? -3e38 : (i * 7) % 5));

  it.each(maxPool.samples.map((sample) => [titleOf(sample), sample] as const))(
    "gives what indices give: %s",
    async (_, { inputs: [shape], attributes }) => {
      const extents = shape as readonly number[];
      const g = new GraphBuilder();
      const x = g.input("x", "float32", extents);
      const y = g.op("MaxPool", [x], attributes);
      const dy = g.input("dy", "float32", y.shape);
      const target = g.mul(y, dy);
      const gradientWithoutIndices = gradients(g, target, [x], { webgpu: true })[0]!;
      expect(g.nodes.filter(({ op, outputs }) => op === "MaxPool" && outputs[1])).toEqual([]);
      expect(g.nodes.some(({ op }) => op === "MaxUnpool" || op.startsWith("Scatter"))).toBe(false);
      g.output(gradientWithoutIndices, "without");
      g.output(gradients(g, target, [x])[0]!, "with");
      const session = await ort.InferenceSession.create(encodeModel(g.build()));
      const [size, sizeOfY] = [extents, y.shape as number[]].map((each) => each.reduce((a, b) => a * b, 1)); // prettier-ignore
      const results = await session.run({
        x: new ort.Tensor("float32", values(size!), extents),
        dy: new ort.Tensor(
          "float32",
          Float32Array.from({ length: sizeOfY! }, (_, i) => i + 1),
          y.shape as number[],
        ),
      });
      await session.release();
      const dx = [...(results["without"]!.data as Float32Array)];
      expect(dx).toEqual([...(results["with"]!.data as Float32Array)]);
      expect(dx.some((each) => each !== 0)).toBe(true);
    },
  );
});
