// Attributes and constants that ONNX Runtime refuses, or ends the process on, by their values: they are refused
// here. scripts/compareWithRuntime.ts tries every operator's samples with many more.
import { tensor, type Tensor } from "@cajal/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changedSample, verdicts, type Case, type Verdict } from "../../testing/runtimeVerdicts";
import { attributeOf, type Attributes } from "../model/attribute";
import { operator } from "../operators";
import { schemaIn } from "../operators/standard";
import { problemsOf } from "./check";

const int64 = (...values: number[]) => tensor("int64", [values.length], values);
const float = (...values: number[]) => tensor("float32", [values.length], values);
const scalar = (value: number) => tensor("int64", [], [value]);

/** Operator, its sample, attributes and constants (by number of the input) in place of the sample's own. */
const refusedCases: readonly (readonly [
  op: string,
  sample: number,
  attributes: Attributes,
  constants?: Readonly<Record<number, Tensor>>,
])[] = [
  ["LRN", 0, { size: 4 }],
  ["LRN", 0, { size: 0 }],
  ["LRN", 0, { alpha: 0 }],
  ["LRN", 0, { beta: -1 }],
  ["LpNormalization", 0, { p: 3 }],
  ["LpNormalization", 0, { p: 0 }],
  ["MaxPool", 0, { kernel_shape: [0, 2] }],
  ["MaxPool", 0, { strides: [0, 1] }],
  ["MaxPool", 0, { dilations: [1, 0] }],
  ["MaxPool", 0, { storage_order: 2 }],
  ["MaxPool", 0, { pads: [2, 0, 0, 0] }],
  ["MaxPool", 0, { pads: [0, 0, -1, 0] }],
  ["MaxPool", 0, { pads: [0, 0, 0] }],
  ["AveragePool", 0, { kernel_shape: [-2, 2] }],
  ["AveragePool", 0, { pads: [0, 0, 0, 3] }],
  ["LpPool", 0, { kernel_shape: [2, 2, 2] }],
  ["LpPool", 0, { pads: [0, 2, 0, 0] }],
  ["MaxUnpool", 0, { kernel_shape: [0, 2] }],
  ["MaxUnpool", 1, {}, { 2: int64(1, 2, 5, 5) }],
  ["Conv", 0, { pads: [-1, 0, 0, 0] }],
  ["Conv", 0, { pads: [1, 1, 1] }],
  ["Conv", 0, { kernel_shape: [] }],
  ["Conv", 0, { group: 2 }],
  ["Conv", 0, { group: 0 }],
  ["Conv", 0, { auto_pad: "SAME_UPPER", pads: [1, 1, 1, 1] }],
  ["Conv", 2, { dilations: [2, 2] }],
  ["ConvTranspose", 0, { group: 2 }],
  ["ConvTranspose", 0, { output_padding: [1, 1] }],
  ["ConvTranspose", 0, { output_padding: [0, -1] }],
  ["ConvTranspose", 2, { output_shape: [0, 10] }],
  ["Col2Im", 0, { strides: [0, 1] }],
  ["Col2Im", 0, { strides: [2, 2] }],
  ["Col2Im", 0, {}, { 2: int64(0, 4) }],
  ["Split", 2, {}, { 1: int64(1, 4) }],
  ["TopK", 0, {}, { 1: int64(6) }],
  ["TopK", 0, {}, { 1: int64(1, 1) }],
  ["Gather", 0, { axis: 2 }],
  ["Gather", 0, {}, { 1: tensor("int64", [2, 2], [0, 3, 1, 1]) }],
  ["GatherElements", 0, {}, { 1: tensor("int64", [1, 4], [0, 1, 3, 0]) }],
  ["GatherND", 0, { batch_dims: -1 }],
  ["GatherND", 1, { batch_dims: -100 }],
  ["GatherND", 0, {}, { 1: tensor("int64", [2, 2], [0, 4, 0, 0]) }],
  ["ScatterElements", 0, {}, { 1: tensor("int64", [1, 3], [0, 3, 1]) }],
  ["ScatterND", 0, {}, { 1: tensor("int64", [2, 1], [1, 4]) }],
  ["Slice", 0, {}, { 3: int64(0, 2) }],
  ["Slice", 0, {}, { 1: int64(1) }],
  ["Slice", 1, {}, { 4: int64(0) }],
  ["Transpose", 1, { perm: [0, 0, 1] }],
  ["Concat", 0, { axis: 2 }],
  ["Softmax", 0, { axis: 2 }],
  ["Resize", 0, {}, { 2: float(1, 1, 0, 2) }],
  ["Resize", 0, {}, { 2: float(1, 1, -1, 2) }],
  ["Resize", 0, { antialias: 1 }],
  ["Resize", 0, { exclude_outside: 1 }],
  ["Upsample", 0, {}, { 1: float(1, 1, 0.5, 1) }],
  ["DepthToSpace", 0, { blocksize: 0 }],
  ["SpaceToDepth", 0, { blocksize: 0 }],
  ["Cast", 0, { to: 0 }],
  ["Cast", 0, { to: 99 }],
  ["BatchNormalization", 0, { training_mode: 1 }],
  ["BatchNormalization", 2, { training_mode: 2 }],
  ["BatchNormalization", 2, { training_mode: 0 }],
  ["MeanVarianceNormalization", 0, { axes: [] }],
  ["CumSum", 0, { exclusive: 2 }],
  ["CumSum", 0, {}, { 1: scalar(2) }],
  ["Reshape", 2, { allowzero: 2 }],
  ["Pad", 2, {}, { 1: int64(4, 0, 0, 0) }],
  ["ReverseSequence", 0, { batch_axis: 0 }],
  ["ReverseSequence", 0, {}, { 1: int64(2, 4) }],
  ["OneHot", 0, {}, { 1: int64() }],
  ["OneHot", 0, {}, { 1: scalar(0) }],
  ["EyeLike", 0, { dtype: 0 }],
  ["RandomNormalLike", 0, { scale: 0 }],
  ["Mod", 0, {}, { 1: tensor("int32", [3], [1, 0, 2]) }],
  ["Mod", 3, { fmod: 0 }],
  ["GRU", 0, { clip: 0 }],
  ["LSTM", 0, { direction: "backward" }],
  ["SoftmaxCrossEntropyLoss", 0, {}, { 1: int64(0, 3) }],
  ["Multinomial", 0, { sample_size: 0 }],
  ["Attention", 3, { qk_matmul_output_mode: 4 }],
  ["RotaryEmbedding", 2, { rotary_embedding_dim: 10 }],
  ["RoiAlign", 0, { mode: "median" }],
  ["RoiAlign", 0, { sampling_ratio: -1 }],
  ["RoiAlign", 0, {}, { 2: int64(0, 2) }],
  ["NonMaxSuppression", 1, { center_point_box: 2 }],
  ["DFT", 2, {}, { 1: scalar(0) }],
  ["STFT", 0, {}, { 3: scalar(0) }],
  ["HannWindow", 0, {}, { 0: scalar(0) }],
];

const cases: readonly Case[] = refusedCases.map(([op, sample, attributes, constants = {}]) => {
  const definition = operator(op)!;
  return changedSample(definition, definition.samples[sample]!, (base) => {
    const node = base.graph.nodes[0]!;
    const types = schemaIn(op, base.opsets[""]!)!.attributes;
    const typedAttributes = Object.entries(attributes).map(([name, value]) => [
      name,
      attributeOf(types.get(name)!.type, value!, name),
    ]);
    const replacedConstants = Object.entries(constants).map(
      ([i, value]) => [node.inputs[Number(i)]!, value] as const,
    );
    return {
      title: `${op} ${JSON.stringify(attributes)} ${Object.entries(constants).map(([i, { data }]) => `input ${i}: [${data.join()}]`).join()}`, // prettier-ignore
      node: { attributes: { ...node.attributes, ...Object.fromEntries(typedAttributes) } },
      initializers: new Map([...base.graph.initializers, ...replacedConstants]),
    };
  });
});

describe("values that no kernel takes", () => {
  let results: readonly Verdict[] = [];
  beforeAll(async () => void (results = await verdicts(cases)), 60_000);
  afterAll(() => expect(results.length).toBe(cases.length));

  it.each(cases.map((testCase, i) => [testCase.title, i] as const))("%s", (_, i) => {
    expect(problemsOf(cases[i]!.model).length, "problems").toBeGreaterThan(0);
    expect(results[i]!.stage, "ONNX Runtime").not.toBe("ok");
  });
});
