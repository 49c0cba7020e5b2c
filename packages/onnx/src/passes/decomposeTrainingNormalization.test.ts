import { random, tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../file/encode";
import { GraphBuilder } from "../graph/builder";
import type { OnnxModel } from "../model/model";
import { decomposeTrainingNormalization } from "./decomposeTrainingNormalization";

const outputs = ["y", "mean", "variance"];

function normalization(
  shape: readonly number[],
  attributes: object,
  read = outputs,
  dtype: "float32" | "float64" = "float32",
): OnnxModel {
  const channels = [shape[1]!];
  const g = new GraphBuilder();
  const inputs = [g.input("x", dtype, shape)];
  for (const name of ["scale", "bias", "old mean", "old variance"])
    inputs.push(g.input(name, dtype, channels));
  const [x, scale, bias, mean, variance] = inputs as [never, never, never, never, never];
  const results = g.batchNormalizationTraining(x, scale, bias, mean, variance, attributes);
  results.forEach((value, i) => read.includes(outputs[i]!) && g.output(value, outputs[i]!));
  return g.build();
}

async function run(
  model: OnnxModel,
  inputValues: Readonly<Record<string, readonly number[]>> = {},
) {
  const numbers = random(1, "normalization");
  const session = await ort.InferenceSession.create(encodeModel(model));
  const feeds: Record<string, ort.Tensor> = {};
  for (const { name, shape, dtype } of model.graph.inputs) {
    const size = (shape as number[]).reduce((a, b) => a * b, 1);
    const values = inputValues[name] ?? Array.from({ length: size }, () => numbers.float() + 0.5);
    feeds[name] =
      dtype === "float64"
        ? new ort.Tensor("float64", Float64Array.from(values), shape as number[])
        : new ort.Tensor("float32", Float32Array.from(values), shape as number[]);
  }
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, [...(data as Float32Array)]]),
  );
}

describe("decomposeTrainingNormalization", () => {
  it.each(["float32", "float64"] as const)(
    "normalizes by the batch and moves the averages, %s",
    async (dtype) => {
      // Of 1, 3, 5, 7: mean 4, variance 5. y = 2 (x − 4) / √(5 + 4) + 10.
      const model = normalization([4, 1], { epsilon: 4, momentum: 0.75 }, outputs, dtype);
      const results = await run(decomposeTrainingNormalization(model), {
        x: [1, 3, 5, 7],
        scale: [2],
        bias: [10],
        "old mean": [8],
        "old variance": [1],
      });
      const expected = { y: [8, 28 / 3, 32 / 3, 12], mean: [7], variance: [2] };
      for (const name of outputs)
        results[name]!.forEach((value, i) =>
          expect(value).toBeCloseTo(expected[name as keyof typeof expected][i]!, 5),
        );
    },
  );

  it("leaves values of another rank than asked for", () => {
    const model = normalization([4, 3, 2], {});
    expect(decomposeTrainingNormalization(model, { rank: 2 }).graph.nodes).toEqual(
      model.graph.nodes,
    );
    const ofLines = decomposeTrainingNormalization(normalization([4, 3], {}), { rank: 2 });
    expect(ofLines.graph.nodes.map(({ op }) => op)).toContain("ReduceMean");
  });

  it.each([
    [[4, 3], { momentum: 0.9 }, outputs],
    [[2, 3, 5], { epsilon: 0.01 }, outputs],
    [[3, 4, 5, 2], { epsilon: 0.001, momentum: 0 }, outputs],
    [[3, 2, 2, 3, 2], { momentum: 0.5 }, ["y", "variance"]],
    [[3, 2, 4, 4], {}, ["y"]],
  ])("gives what the operator gives: %j %j %j", async (shape, attributes, read) => {
    const model = normalization(shape, attributes, read);
    const parts = decomposeTrainingNormalization(model);
    expect(parts.graph.nodes.filter(({ attributes }) => attributes["training_mode"])).toEqual([]);
    const [got, expected] = [await run(parts), await run(model)];
    expect(Object.keys(got)).toEqual(read);
    for (const name of read)
      expected[name]!.forEach((value, i) => expect(got[name]![i]).toBeCloseTo(value, 5));
  });

  it("leaves other models as they are", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, 1]);
    const one = g.constant(tensor("float32", [1], [1]));
    g.output(g.batchNormalization(x, one, one, one, one), "y");
    const model = g.build();
    expect(decomposeTrainingNormalization(model)).toBe(model);
  });
});
