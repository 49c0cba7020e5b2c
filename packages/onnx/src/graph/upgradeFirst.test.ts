// What opsets 1 to 6 computed, by hand: ONNX Runtime itself does not run most of them.
import { tensor, type DType, type Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { encodeModel } from "../file/encode";
import type { Attribute, OnnxModel } from "../model/model";
import { upgradeModel } from "./builder";
import { checkModel } from "./check";
import { upgradedFirst } from "./upgradeFirst";

interface Case {
  opset: number;
  inputs: readonly Tensor[];
  attributes?: Record<string, Attribute>;
  expected: Tensor;
}

const float = (shape: number[], data: number[]) => tensor("float32", shape, data);
const bool = (shape: number[], data: number[]) => tensor("bool", shape, data);
const int = (value: number): Attribute => ({ type: "int", value });
const attributes = { broadcast: int(1), axis: int(0) };

const x = float([2, 3], [1, 2, 3, 4, 5, 6]);
/** One for each row of x, which NumPy's rule would refuse. */
const rows = float([2], [2, 4]);
const arithmetic = (data: number[], result: DType = "float32"): Case[] => [
  { opset: 6, inputs: [x, rows], attributes, expected: tensor(result, [2, 3], data) },
];
const t = bool([2, 3], [1, 1, 0, 0, 1, 0]);
const logic = (data: number[]): Case[] => [
  {
    opset: 1,
    inputs: [t, bool([2], [1, 0])],
    attributes,
    expected: bool([2, 3], data),
  },
];

const cases: Record<string, readonly Case[]> = {
  Add: [
    ...arithmetic([3, 4, 5, 8, 9, 10]),
    {
      opset: 1,
      inputs: [x, float([3], [1, 0, -1])],
      attributes: { broadcast: int(1), consumed_inputs: { type: "ints", value: [0, 0] } },
      expected: float([2, 3], [2, 2, 2, 5, 5, 5]),
    },
  ],
  Sub: arithmetic([-1, 0, 1, 0, 1, 2]),
  Mul: arithmetic([2, 4, 6, 16, 20, 24]),
  Div: arithmetic([0.5, 1, 1.5, 1, 1.25, 1.5]),
  Pow: arithmetic([1, 4, 9, 256, 625, 1296]),
  Greater: arithmetic([0, 0, 1, 0, 1, 1], "bool"),
  Less: arithmetic([1, 0, 0, 0, 0, 0], "bool"),
  Equal: [
    {
      opset: 1,
      inputs: [tensor("int32", [2, 2], [1, 2, 3, 4]), tensor("int32", [2], [1, 3])],
      attributes,
      expected: bool([2, 2], [1, 0, 1, 0]),
    },
  ],
  And: logic([1, 1, 0, 0, 0, 0]),
  Or: logic([1, 1, 1, 0, 1, 0]),
  Xor: logic([0, 0, 1, 0, 1, 0]),
  PRelu: [
    {
      opset: 6,
      inputs: [float([1, 2, 2], [-1, 2, -3, -4]), float([2], [0.5, 10])],
      expected: float([1, 2, 2], [-0.5, 2, -30, -40]),
    },
  ],
  Gemm: [
    {
      opset: 6,
      inputs: [float([1, 2], [1, 2]), float([2, 2], [1, 0, 0, 1]), float([2], [10, 20])],
      attributes: { broadcast: int(1) },
      expected: float([1, 2], [11, 22]),
    },
  ],
  BatchNormalization: [
    {
      opset: 6,
      inputs: [float([1, 2], [3, 5]), rows, float([2], [1, 1]), float([2], [1, 1]), rows],
      attributes: { is_test: int(1), epsilon: { type: "float", value: 0 } },
      // (3 − 1)/√2 · 2 + 1, (5 − 1)/√4 · 4 + 1
      expected: float([1, 2], [2 * Math.SQRT2 + 1, 9]),
    },
  ],
  Dropout: [{ opset: 6, inputs: [x], attributes: { is_test: int(1) }, expected: x }],
  RNN: [
    {
      opset: 1,
      inputs: [float([1, 1, 1], [2]), float([1, 1, 1], [0.5]), float([1, 1, 1], [0])],
      attributes: { hidden_size: int(1), output_sequence: int(1) },
      expected: float([1, 1, 1, 1], [Math.tanh(1)]),
    },
  ],
  GRU: [
    {
      opset: 3,
      inputs: [float([1, 1, 1], [2]), float([1, 3, 1], [0, 0, 0.5]), float([1, 3, 1], [0, 0, 0])],
      attributes: { hidden_size: int(1), output_sequence: int(1) },
      // z = σ(0) = ½, h = (1 − z) tanh(1)
      expected: float([1, 1, 1, 1], [Math.tanh(1) / 2]),
    },
  ],
  LSTM: [
    {
      opset: 1,
      inputs: [
        float([1, 1, 1], [2]),
        float([1, 4, 1], [0, 0, 0, 0.5]),
        float([1, 4, 1], [0, 0, 0, 0]),
      ],
      attributes: { hidden_size: int(1), output_sequence: int(1) },
      // i = o = ½, c = i tanh(1), h = o tanh(c)
      expected: float([1, 1, 1, 1], [Math.tanh(Math.tanh(1) / 2) / 2]),
    },
  ],
  Reshape: [
    {
      opset: 1,
      inputs: [x],
      attributes: { shape: { type: "ints", value: [3, -1] } },
      expected: { ...x, shape: [3, 2] },
    },
  ],
  Concat: [
    {
      opset: 1,
      inputs: [rows, rows].map((each) => ({ ...each, shape: [1, 2] })),
      expected: float([1, 4], [2, 4, 2, 4]),
    },
  ],
  Cast: [
    {
      opset: 1,
      inputs: [float([2], [1.5, -2.5])],
      attributes: { to: { type: "string", value: "INT32" } },
      expected: tensor("int32", [2], [1, -2]),
    },
  ],
  Pad: [
    {
      opset: 1,
      inputs: [rows],
      attributes: { paddings: { type: "ints", value: [1, 0] }, value: { type: "float", value: 7 } },
      expected: float([3], [7, 2, 4]),
    },
  ],
  Split: [{ opset: 1, inputs: [x, float([2], [1, 1])], expected: float([1, 3], [1, 2, 3]) }],
  Tile: [
    {
      opset: 1,
      inputs: [rows, float([], [2]), float([], [0])],
      expected: float([4], [2, 4, 2, 4]),
    },
  ],
  LpPool: [
    {
      opset: 1,
      inputs: [float([1, 1, 2], [3, 4])],
      attributes: { p: { type: "float", value: 2 }, kernel_shape: { type: "ints", value: [2] } },
      expected: float([1, 1, 1], [5]),
    },
  ],
  GlobalLpPool: [
    {
      opset: 1,
      inputs: [float([1, 1, 2], [3, 4])],
      attributes: { p: { type: "float", value: 2 } },
      expected: float([1, 1, 1], [5]),
    },
  ],
  Selu: [
    {
      opset: 1,
      inputs: [float([2], [2, -1])],
      expected: float([2], [2 * 1.0507, 1.0507 * 1.6732 * (Math.exp(-1) - 1)]),
    },
  ],
};

function model(op: string, { opset, inputs, attributes = {}, expected }: Case): OnnxModel {
  const names = inputs.map((_, i) => `x${i}`);
  const outputs = op === "Split" ? ["y", "rest"] : ["y"];
  return {
    irVersion: 3,
    opsets: { "": opset },
    producer: "",
    graph: {
      name: "g",
      nodes: [{ op, domain: "", name: "", inputs: names, outputs, attributes }],
      initializers: new Map(names.slice(1).map((name, i) => [name, inputs[i + 1]!])),
      inputs: [{ name: "x0", dtype: inputs[0]!.dtype, shape: inputs[0]!.shape }],
      outputs: [{ name: "y", dtype: expected.dtype, shape: expected.shape }],
      values: new Map(),
    },
    metadata: new Map(),
  };
}

it("has a case for every rule", () => {
  expect([...upgradedFirst].sort()).toEqual(Object.keys(cases).sort());
});

describe.each(Object.entries(cases))("%s", (op, each) => {
  it.each(each.map((testCase) => [testCase.opset, testCase] as const))(
    "of opset %i",
    async (_, testCase) => {
      const olderModel = model(op, testCase);
      checkModel(olderModel);
      const upgraded = upgradeModel(olderModel);
      expect(upgraded.opsets).toEqual({ "": 18 });
      checkModel(upgraded);
      const session = await ort.InferenceSession.create(encodeModel(upgraded), {
        logSeverityLevel: 3,
      });
      const { dtype, data, shape } = testCase.inputs[0]!;
      const { y } = await session.run({ x0: new ort.Tensor(dtype, data, shape) });
      await session.release();
      expect(y!.type).toBe(testCase.expected.dtype);
      expect(y!.dims).toEqual(testCase.expected.shape);
      const got = [...(y!.data as Iterable<number>)];
      // float32 against numbers of JavaScript
      [...(testCase.expected.data as Iterable<number>)].forEach((value, i) =>
        expect(got[i]).toBeCloseTo(value, 4),
      );
    },
  );
});

it("refuses what cannot be told: operands of unknown rank", () => {
  const testCase = cases.Add![0]!;
  const olderModel = model("Add", testCase);
  const inputs = [{ name: "x0", dtype: "float32" as const, shape: undefined }];
  expect(() => upgradeModel({ ...olderModel, graph: { ...olderModel.graph, inputs } })).toThrow(
    expect.objectContaining({ code: "unsupported" }),
  );
});
