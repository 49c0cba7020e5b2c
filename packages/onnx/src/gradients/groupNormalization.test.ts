// Opset 21 gives γ and β a number a channel; where those of a group are equal, it is opset 18.
import { random, tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder";
import { gradients } from "../differentiate";
import { encodeModel } from "../file/encode";

const shape = [2, 4, 3];
const numbers = random(1, "x");
const normals = () => Float32Array.from({ length: 24 }, () => numbers.normal());
const [x, weights] = [normals(), normals()];

async function gradientsOf(opset: number, scale: number[]): Promise<number[][]> {
  const g = new GraphBuilder({ opset });
  const inputs = [
    g.input("x", "float32", shape),
    g.input("scale", "float32", [scale.length]),
    g.input("bias", "float32", [scale.length]),
  ];
  const y = g.op("GroupNormalization", inputs, { num_groups: 2 });
  const target = g.mul(y, g.constant(tensor("float32", shape, weights)));
  gradients(g, target, inputs).forEach((dx, i) => g.output(dx, `d${i}`));
  const session = await ort.InferenceSession.create(encodeModel(g.build()));
  const results = await session.run({
    x: new ort.Tensor("float32", x, shape),
    scale: new ort.Tensor("float32", Float32Array.from(scale), [scale.length]),
    bias: new ort.Tensor("float32", new Float32Array(scale.length), [scale.length]),
  });
  await session.release();
  return [0, 1, 2].map((i) => Array.from(results[`d${i}`]!.data as Float32Array));
}

it("has γ and β by channel from opset 21 on", async () => {
  const byGroup = await gradientsOf(18, [2, -3]);
  const byChannel = await gradientsOf(21, [2, 2, -3, -3]);
  byChannel[0]!.forEach((dx, i) => expect(dx).toBeCloseTo(byGroup[0]![i]!, 4));
  for (const k of [1, 2]) {
    const [a, b, c, d] = byChannel[k]!;
    expect(a! + b!).toBeCloseTo(byGroup[k]![0]!, 4);
    expect(c! + d!).toBeCloseTo(byGroup[k]![1]!, 4);
  }
  // By hand: dβ of a channel is the sum of what arrives at it.
  const channel = (c: number) => [0, 1].flatMap((n) => [0, 1, 2].map((p) => weights[(n * 4 + c) * 3 + p]!)); // prettier-ignore
  byChannel[2]!.forEach((db, c) => expect(db).toBeCloseTo(channel(c).reduce((a, b) => a + b), 4)); // prettier-ignore
});
