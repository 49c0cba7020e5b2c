import { random, tensor, type Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../file/encode";
import { GraphBuilder } from "../graph/builder";
import type { OnnxModel } from "../model/model";
import { reduceInSteps } from "./reduceInSteps";

type Op = "reduceSum" | "reduceMean" | "reduceMax" | "reduceMin";

function reduction(
  op: Op,
  shape: readonly number[],
  axes: readonly number[] | undefined,
  keepdims: boolean,
) {
  const g = new GraphBuilder();
  g.output(g[op](g.input("x", "float32", shape), { ...(axes && { axes }), keepdims }), "y");
  return g.build();
}

async function run(model: OnnxModel, { shape, data }: Tensor) {
  const session = await ort.InferenceSession.create(encodeModel(model));
  const { y } = await session.run({ x: new ort.Tensor("float32", data as Float32Array, shape) });
  await session.release();
  return { shape: y!.dims, data: [...(y!.data as Float32Array)] };
}

const opsOf = ({ graph }: OnnxModel) => graph.nodes.map(({ op }) => op);

describe("reduceInSteps", () => {
  it.each<[Op, readonly number[], readonly number[] | undefined, boolean, readonly string[]]>([
    ["reduceSum", [3, 5, 25, 24], [0, 2, 3], false, ["ReduceSum", "Reshape", "MatMul", "Reshape"]],
    [
      "reduceMean",
      [3, 5, 25, 24],
      [0, -1, 2],
      true,
      ["ReduceMean", "Reshape", "MatMul", "Reshape"],
    ],
    ["reduceMax", [3, 5, 25, 24], [0, 2, 3], true, ["ReduceMax", "ReduceMax"]],
    ["reduceMin", [3, 5, 25, 24], [0, 3], false, ["ReduceMin", "ReduceMin"]],
    ["reduceSum", [4, 3, 50, 20], [1, 3], false, ["ReduceSum", "ReduceSum"]],
    ["reduceSum", [90, 100], undefined, false, ["Reshape", "ReduceSum", "ReduceSum"]],
    ["reduceMean", [90, 100], [0, 1], true, ["Reshape", "ReduceMean", "ReduceMean", "Reshape"]],
  ])(
    "%s of %j over %j, keepdims %s, gives what it gave",
    async (op, shape, axes, keepdims, ops) => {
      const rng = random(3, op);
      const x = tensor("float32", shape);
      for (let i = 0; i < x.data.length; i++) x.data[i] = rng.float() - 0.25;
      const model = reduction(op, shape, axes, keepdims);
      const stepwise = reduceInSteps(model);
      expect(opsOf(stepwise)).toEqual(ops);
      const [result, expected] = [await run(stepwise, x), await run(model, x)];
      expect(result.shape).toEqual(expected.shape);
      result.data.forEach((value, i) =>
        expect(Math.abs(value - expected.data[i]!)).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(value)),
        ),
      );
    },
  );

  it.each<[string, readonly number[], readonly number[] | undefined]>([
    ["few elements", [8, 8], undefined],
    ["the last axes alone", [3, 5, 25, 24], [2, 3]],
    ["the first axis alone", [300, 50], [0]],
    ["a number of elements that no matrix has", [8209], undefined],
  ])("leaves %s as they are", (_, shape, axes) => {
    const model = reduction("reduceSum", shape, axes, false);
    expect(reduceInSteps(model).graph.nodes).toEqual(model.graph.nodes);
  });
});
