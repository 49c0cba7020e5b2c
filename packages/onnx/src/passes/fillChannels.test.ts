import { random, tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../file/encode";
import { GraphBuilder } from "../graph/builder";
import type { OnnxModel } from "../model/model";
import { fillChannels } from "./fillChannels";

interface Case {
  readonly inputs: number;
  readonly outputs: number;
  readonly groups?: number;
  /** Kernel and bias are fed, not constants. */
  readonly isFed?: boolean;
}

function noise(shape: readonly number[], name: string) {
  const numbers = random(1, name);
  const x = tensor("float32", shape);
  for (let i = 0; i < x.data.length; i++) x.data[i] = 2 * numbers.float() - 1;
  return x;
}

function convolution({ inputs, outputs, groups = 1, isFed: fed = false }: Case) {
  const feeds = { x: noise([2, inputs, 5, 6], "x"), w: noise([outputs, inputs / groups, 3, 3], "w"), b: noise([outputs], "b") }; // prettier-ignore
  const g = new GraphBuilder();
  const x = g.input("x", "float32", feeds.x.shape);
  const [w, b] = fed
    ? [g.input("w", "float32", feeds.w.shape), g.input("b", "float32", feeds.b.shape)]
    : [g.constant(feeds.w), g.constant(feeds.b)];
  g.output(g.relu(g.conv(x, w, b, { group: groups, pads: [1, 1, 0, 0], strides: [1, 2] })), "y");
  return { model: g.build(), feeds };
}

async function run(model: OnnxModel, feeds: ReturnType<typeof convolution>["feeds"]) {
  const session = await ort.InferenceSession.create(encodeModel(model));
  const fed = Object.entries(feeds).filter(([name]) => session.inputNames.includes(name));
  const { y } = await session.run(
    Object.fromEntries(
      fed.map(([name, { data, shape }]) => [name, new ort.Tensor("float32", data, shape)]),
    ),
  );
  await session.release();
  return { shape: y!.dims, data: [...(y!.data as Float32Array)] };
}

const kernels = ({ graph }: OnnxModel) =>
  graph.nodes.flatMap(({ op, inputs }) => (op === "Conv" ? inputs.slice(1) : []));

describe("fillChannels", () => {
  it.each<Case>([
    { inputs: 6, outputs: 16 },
    { inputs: 6, outputs: 16, isFed: true },
    { inputs: 15, outputs: 4 },
    { inputs: 6, outputs: 30, groups: 6 },
    { inputs: 6, outputs: 30, groups: 6, isFed: true },
    { inputs: 4, outputs: 18, groups: 2 },
  ])("changes the graph of %o, and not what it computes", async (each) => {
    const { model, feeds } = convolution(each);
    const filled = fillChannels(model);
    expect(kernels(filled)).not.toEqual(kernels(model));
    const [outputsBefore, outputsAfter] = [await run(model, feeds), await run(filled, feeds)];
    expect(outputsAfter.shape).toEqual(outputsBefore.shape);
    outputsBefore.data.forEach((value, i) => expect(outputsAfter.data[i]).toBeCloseTo(value, 5));
  });

  it.each<Case>([
    { inputs: 3, outputs: 16 },
    { inputs: 12, outputs: 16 },
    { inputs: 6, outputs: 6 },
    { inputs: 5, outputs: 8 },
    { inputs: 6, outputs: 6, groups: 6 },
    { inputs: 6, outputs: 24, groups: 6 },
    { inputs: 4, outputs: 16, groups: 2 },
  ])("leaves %o as it is", (each) => {
    const { model } = convolution(each);
    expect(fillChannels(model).graph.nodes).toEqual(model.graph.nodes);
  });
});
