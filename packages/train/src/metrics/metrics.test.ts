import { tensor } from "@cajal/core";
import type { MeanMetric } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { engines } from "../../testing/engines";
import { lossesOf, metricsOf } from "../named";
import {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  topKAccuracy,
} from "../index";

const predictions = tensor("float32", [4, 3], [0.1, 0.7, 0.2, 0.5, 0.5, 0, 0.2, 0.3, 0.5, 0.3, 0.3, 0.4]); // prettier-ignore
const numbers = tensor("int32", [4], [1, 1, 0, 2]);
const column = tensor("int32", [4, 1], [1, 1, 0, 2]);
const oneHot = tensor("float32", [4, 3], [0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1]);
const yesNo = tensor("float32", [3, 1], [0.4, 0.6, 0.5]);

describe.each(engines)("metrics on $name", (engine) => {
  const value = async (
    metric: MeanMetric,
    yTrue: typeof numbers | typeof oneHot,
    yPred = predictions,
  ) => {
    const { y } = await engine.compute({ yTrue, yPred }, (ops, { yTrue, yPred }) => ({
      y: metric.compute(ops, yTrue!, yPred!),
    }));
    return Array.from(y!.data, Number);
  };

  // The second example ties classes 0 and 1: the first of equals counts as the largest.
  it.each([
    ["accuracy of class numbers", accuracy(), numbers, [1, 0, 0, 1]],
    ["accuracy of a column of class numbers", accuracy(), column, [1, 0, 0, 1]],
    ["accuracy of one-hot labels", accuracy(), oneHot, [1, 0, 0, 1]],
    ["categoricalAccuracy", categoricalAccuracy(), oneHot, [1, 0, 0, 1]],
    ["sparseCategoricalAccuracy", sparseCategoricalAccuracy(), numbers, [1, 0, 0, 1]],
    // No output is larger than that of class 1 in the second example: it is among the first one.
    ["top 1", topKAccuracy(1), numbers, [1, 1, 0, 1]],
    ["top 2", topKAccuracy(2), numbers, [1, 1, 0, 1]],
    ["top 3", topKAccuracy(3), oneHot, [1, 1, 1, 1]],
  ] as const)("%s", async (_, metric, labels, expected) =>
    expect(await value(metric, labels)).toEqual(expected),
  );

  it("binaryAccuracy, and accuracy of one output", async () => {
    const labels = tensor("int32", [3], [0, 1, 1]);
    expect(await value(binaryAccuracy(), labels, yesNo)).toEqual([1, 1, 0]);
    expect(await value(accuracy(), labels, yesNo)).toEqual([1, 1, 0]);
    expect(await value(binaryAccuracy({ threshold: 0.45 }), labels, yesNo)).toEqual([1, 1, 1]);
    // Several outputs an example: the share that is right.
    const three = tensor("float32", [1, 3], [0.9, 0.2, 0.8]);
    const [share] = await value(binaryAccuracy(), tensor("int32", [1, 3], [1, 0, 0]), three);
    expect(share).toBeCloseTo(2 / 3, 6);
  });

  it("cosine_similarity is that of the metric, and of the loss the other sign", async () => {
    const [labels, outputs] = [tensor("float32", [2, 2], [1, 0, 3, 4]), tensor("float32", [2, 2], [2, 0, 4, -3])]; // prettier-ignore
    const [metric] = metricsOf(["cosine_similarity"]) as readonly MeanMetric[];
    expect(metric!.name).toBe("cosine_similarity");
    expect(await value(metric!, labels, outputs)).toEqual([1, 0]);
    const loss = lossesOf("cosine_similarity") as MeanMetric;
    expect((await value(loss, labels, outputs))[0]).toBe(-1);
  });
});
