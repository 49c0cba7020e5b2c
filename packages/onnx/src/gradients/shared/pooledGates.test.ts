import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { GraphBuilder, type Value } from "../../graph/builder";
import { gradients } from "../../differentiate";
import { encodeModel } from "../../file/encode";

// prettier-ignore
const x = [
  -1, 2, 0, 1,
  3, -2, 5, -4,
  0, 1, -3, 2,
  -5, 4, 1, 3,
];

/** Windows of 3 × 3 at every second pixel of rectified images that are padded before; dy is 1, 2, 3 … */
async function backward(by: (x: Value, rectified: Value, padded: Value) => Value[]) {
  const g = new GraphBuilder();
  const image = g.input("x", "float32", [1, 2, 4, 4]);
  const rectified = g.relu(image);
  const padded = g.pad(rectified, { pads: [0, 0, 1, 1, 0, 0, 0, 0] });
  const y = g.maxPool(padded, { kernel_shape: [3, 3], strides: [2, 2] });
  const dy = g.input("dy", "float32", [1, 2, 2, 2]);
  const dxs = gradients(g, y, by(image, rectified, padded), { dy });
  dxs.forEach((dx, i) => g.output(dx, `dx${i}`));
  const model = g.build();
  const session = await ort.InferenceSession.create(encodeModel(model));
  const result = await session.run({
    x: new ort.Tensor("float32", Float32Array.from([...x, ...x.map((v) => -Math.abs(v))]), [1, 2, 4, 4]), // prettier-ignore
    dy: new ort.Tensor("float32", Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]), [1, 2, 2, 2]),
  });
  await session.release();
  const slopes = model.graph.nodes.filter(({ op }) => op === "HardSigmoid");
  return {
    dxs: dxs.map((_, i) => [...(result[`dx${i}`]!.data as Float32Array)].map((v) => v + 0)),
    slopes: slopes.map(({ inputs }) => g.value(inputs[0]!).shape),
  };
}

// The greatest are 3 and 5 above, 4 and once more 5 below; no number of the second image is positive.
// prettier-ignore
const dx = [
  0, 0, 0, 0,
  1, 0, 2 + 4, 0,
  0, 0, 0, 0,
  0, 3, 0, 0,
  ...Array<number>(16).fill(0),
];

it("takes the slope of a Relu behind the pool that alone reads it", async () => {
  const { dxs, slopes } = await backward((image) => [image]);
  expect(dxs).toEqual([dx]);
  expect(slopes).toEqual([[1, 2, 2, 2]]);
});

it("leaves the gradient between them as it is where it is asked for", async () => {
  // Of equal zeros the first counts: in three of four windows it is one of the padding.
  const rectified = dx.with(16 + 5, 8);
  const { dxs, slopes } = await backward((image, value) => [image, value]);
  expect(dxs).toEqual([dx, rectified]);
  expect(slopes).toEqual([[1, 2, 4, 4]]);
  const { dxs: padded } = await backward((image, _, value) => [image, value]);
  expect(padded[0]).toEqual(dx);
  expect(padded[1]!.reduce((a, b) => a + b)).toBe(1 + 2 + 3 + 4 + 5 + 6 + 7 + 8);
});
