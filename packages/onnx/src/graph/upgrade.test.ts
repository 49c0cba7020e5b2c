import { readFileSync, readdirSync } from "node:fs";
import { random, sizeOf, tensor, type Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import type { Attributes } from "../model/attribute";
import { GraphBuilder, upgradeModel } from "./builder";
import { checkModel, problemsOf } from "./check";
import { decodeModel } from "../file/decode";
import { encodeModel } from "../file/encode";
import type { OnnxModel } from "../model/model";
import { upgraded } from "./upgrade";

/** What ONNX Runtime computes of a model, for the same numbers each time. */
async function results(model: OnnxModel): Promise<unknown> {
  const session = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 });
  try {
    const feeds: Record<string, ort.Tensor> = {};
    for (const { name, shape } of model.graph.inputs) {
      if (model.graph.initializers.has(name)) continue;
      const extents = shape!.map((dim) => (typeof dim === "number" ? dim : 2));
      const numbers = random(3, name);
      const data = Float32Array.from({ length: sizeOf(extents) }, () => 2 * numbers.float() - 1);
      feeds[name] = new ort.Tensor("float32", data, extents);
    }
    const got = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(got).map(([name, { dims, data }]) => [
        name,
        { dims, data: [...(data as Float32Array)] },
      ]),
    );
  } finally {
    await session.release();
  }
}

interface Case {
  opset: number;
  inputs: (number[] | Tensor | undefined)[];
  attributes?: Attributes;
  outputs?: number;
}

const reduction: Case[] = [
  { opset: 17, inputs: [[2, 3, 4]], attributes: { axes: [0, -1], keepdims: 0 } },
  { opset: 7, inputs: [[2, 3]] },
];
const softmax: Case[] = [
  { opset: 9, inputs: [[2, 3, 4]] },
  { opset: 11, inputs: [[2, 3, 4]], attributes: { axis: -1 } },
  { opset: 12, inputs: [[2, 3, 4, 2]], attributes: { axis: 2 } },
  { opset: 12, inputs: [[3, 4]] },
];
const scales = (...values: number[]) => tensor("float32", [values.length], values);

const cases: Record<string, Case[]> = {
  ReduceSum: [{ opset: 12, inputs: [[2, 3, 4]], attributes: { axes: [1] } }, reduction[1]!],
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  ReduceL1: reduction,
  ReduceL2: reduction,
  ReduceLogSum: [{ opset: 13, inputs: [[2, 3]], attributes: { axes: [1] } }],
  ReduceLogSumExp: reduction,
  ReduceSumSquare: reduction,
  Squeeze: [
    { opset: 9, inputs: [[1, 3, 1]], attributes: { axes: [0] } },
    { opset: 11, inputs: [[1, 3, 1]] },
  ],
  Unsqueeze: [{ opset: 9, inputs: [[2, 3]], attributes: { axes: [0, 3] } }],
  Slice: [
    {
      opset: 9,
      inputs: [[4, 5]],
      attributes: { starts: [1, -2], ends: [3, 2 ** 63], axes: [0, 1] },
    },
    { opset: 7, inputs: [[4, 5]], attributes: { starts: [1], ends: [-1] } },
  ],
  Split: [
    { opset: 12, inputs: [[5, 2]], attributes: { split: [1, 4], axis: 0 }, outputs: 2 },
    { opset: 9, inputs: [[4, 6]], attributes: { axis: 1 }, outputs: 3 },
    { opset: 13, inputs: [[4, 6]], attributes: { axis: 1 }, outputs: 3 },
    {
      opset: 13,
      inputs: [[4, 6], tensor("int64", [2], [1, 5])],
      attributes: { axis: 1 },
      outputs: 2,
    },
  ],
  Clip: [
    { opset: 9, inputs: [[2, 3]], attributes: { min: -0.2, max: 0.3 } },
    { opset: 7, inputs: [[2, 3]], attributes: { max: 0.3 } },
    { opset: 7, inputs: [[2, 3]], attributes: { min: 0 } },
    { opset: 7, inputs: [[2, 3]] },
  ],
  Pad: [
    { opset: 9, inputs: [[2, 3]], attributes: { pads: [0, 1, 2, 0], value: 7 } },
    { opset: 7, inputs: [[3, 3]], attributes: { pads: [0, 1, 2, 0], mode: "reflect" } },
  ],
  TopK: [{ opset: 9, inputs: [[2, 5]], attributes: { k: 2 }, outputs: 2 }],
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  Dropout: [
    { opset: 7, inputs: [[2, 3]], attributes: { ratio: 0.9 } },
    // Its mask is not compared: before opset 12 it is false in ONNX Runtime, true from then on.
    { opset: 10, inputs: [[2, 3]] },
  ],
  BatchNormalization: [
    {
      opset: 9,
      inputs: [[2, 3, 4], scales(1, 2, 3), scales(0, 1, 2), scales(0, 0.5, 1), scales(1, 2, 3)],
    },
    {
      opset: 7,
      inputs: [[2, 3, 4], scales(1, 2, 3), scales(0, 1, 2), scales(0, 0.5, 1), scales(1, 2, 3)],
      attributes: { epsilon: 0.1, momentum: 0.5, spatial: 1 },
    },
  ],
  Resize: [
    { opset: 10, inputs: [[1, 1, 3, 4], scales(1, 1, 2, 1.5)] },
    { opset: 10, inputs: [[1, 1, 3, 4], scales(1, 1, 2, 2)], attributes: { mode: "linear" } },
    { opset: 10, inputs: [[1, 1, 6, 8], scales(1, 1, 0.5, 0.7)] },
  ],
  Upsample: [
    { opset: 9, inputs: [[1, 1, 3, 4], scales(1, 1, 2, 3)] },
    { opset: 7, inputs: [[1, 1, 3, 4]], attributes: { scales: [1, 1, 2, 2], mode: "linear" } },
  ],
  Scatter: [{ opset: 9, inputs: [[3, 3], tensor("int64", [1, 3], [0, 2, 1]), scales(7, 8, 9)] }],
};

/** Why a rule has no case. */
const exceptions: Record<string, string> = {
  RoiAlign: "no shape rule of ours; see below",
  Scan: "refused",
};

/** One node of an old opset. */
function olderModel(op: string, { opset, inputs, attributes, outputs = 1 }: Case): OnnxModel {
  const g = new GraphBuilder({ opset });
  const values = inputs.map((input, i) => {
    if (input === undefined) return undefined;
    if (!("dtype" in input)) return g.input(`x${i}`, "float32", input);
    const shape = op === "Scatter" && input.dtype === "float32" ? [1, 3] : input.shape;
    return g.initializer(`x${i}`, { ...input, shape });
  });
  for (const y of g.ops(op, values, attributes, { outputs })) g.output(y);
  return g.build();
}

it("has cases for every rule", () => {
  expect([...upgraded].sort()).toEqual([...Object.keys(cases), ...Object.keys(exceptions)].sort());
});

describe.each(Object.entries(cases))("%s computes the same", (op, each) => {
  it.each(
    each.map(
      (testCase) =>
        [
          `in opset ${testCase.opset}, ${JSON.stringify(testCase.attributes ?? {})}`,
          testCase,
        ] as const,
    ),
  )("%s", async (_, testCase) => {
    const older = olderModel(op, testCase);
    const upgradedModel = upgradeModel(older);
    expect(upgradedModel.opsets).toEqual({ "": 18 });
    checkModel(upgradedModel);
    expect(upgradedModel.graph.outputs.map(({ name }) => name)).toEqual(
      older.graph.outputs.map(({ name }) => name),
    );
    expect(await results(upgradedModel)).toEqual(await results(older));
  });
});

it("says what to do about normalizations that train by the rules of before opset 14", () => {
  const ones = scales(1, 1, 1);
  const model = olderModel("BatchNormalization", {
    opset: 13,
    inputs: [[2, 3], ones, ones, ones, ones],
    outputs: 3,
  });
  expect(() => upgradeModel(model)).toThrow("export with opset 14 or later");
});

it("leaves a model of opset 18 and later as it is", () => {
  for (const opset of [18, 21]) {
    const g = new GraphBuilder({ opset });
    g.output(g.softmax(g.reduceMean(g.input("x", "float32", [2, 3]), { axes: [1] })));
    expect(upgradeModel(g.build())).toEqual(g.build());
  }
});

it("goes into the graphs of control flow", async () => {
  const g = new GraphBuilder({ opset: 11 });
  const x = g.input("x", "float32", [2, 3, 4]);
  const positive = g.op("Greater", [
    g.op("ReduceSum", [x], { keepdims: 0 }),
    g.scalar("float32", 0),
  ]);
  const [y] = g.if(
    positive,
    (then) => [then.op("Softmax", [x], { axis: 1 })],
    (other) => [other.op("Clip", [x, other.scalar("float32", 0)])],
  );
  g.output(y!, "y");
  const olderModel = g.build();
  const upgradedModel = upgradeModel(olderModel);
  checkModel(upgradedModel);
  expect(await results(upgradedModel)).toEqual(await results(olderModel));
});

it("does not take names that come later", () => {
  const g = new GraphBuilder({ opset: 9 });
  const x = g.input("x", "float32", [2, 3, 4]);
  g.output(
    g.within("Softmax", () => g.relu(g.op("Softmax", [x], { axis: 1 }))),
    "Softmax/Flatten",
  );
  checkModel(upgradeModel(g.build()));
});

it.each<[string, Case]>([
  [
    "BatchNormalization",
    {
      opset: 8,
      inputs: [[2, 3], scales(1, 2, 3), scales(0, 0, 0), scales(0, 0, 0), scales(1, 1, 1)],
      attributes: { spatial: 0 },
    },
  ],
])("refuses what opset 18 has not: %s", (op, testCase) => {
  expect(() => upgradeModel(olderModel(op, testCase))).toThrow(
    expect.objectContaining({ code: "unsupported" }),
  );
});

describeWithShared("real files", "data/real-models/onnx", (folder) => {
  it.each(readdirSync(folder))("%s computes the same in opset 18", async (file) => {
    const olderModel = decodeModel(readFileSync(`${folder}/${file}`));
    const upgradedModel = upgradeModel(olderModel);
    expect(problemsOf(upgradedModel)).toEqual([]);
    expect(await results(upgradedModel)).toEqual(await results(olderModel));
  });
});
