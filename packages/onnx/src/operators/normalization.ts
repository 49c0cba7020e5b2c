// Normalizations, and the softmaxes, which norm along an axis too.
import { axesOf, axisOf, show, unify } from "../model/dims";
import { dtypeOf } from "../model/elementType";
import type { Dim } from "../model/model";
import { namedMethod, type NodeWriter, type Value } from "./method";
import {
  badShape,
  defineOperator,
  flag,
  type AttributeTypes,
  type ExamplesContext,
  type ExamplesRule,
  type Inferred,
  type InferenceContext,
  type Operator,
} from "./operator";
import { alongFirst, attributeAxis, exceptAlong, isSameAlong } from "./shared/examples";
import { firstThree, type AttributesOf, type Axis } from "./shared/arguments";

type Epsilon = { readonly epsilon?: number };

/** Keeps type and shape of its first input, and checks an axis. */
const along = <Op extends string, A extends AttributeTypes>(
  op: Op,
  attributes: A,
  defaultAxis: (opset: number) => number = () => -1,
  bounds: NonNullable<Operator["bounds"]> = {},
) =>
  defineOperator({
    op,
    methods: namedMethod(op, (g: NodeWriter, x: Value, values: AttributesOf<A> = {}) =>
      g.op(op, [x], values),
    ),
    bounds,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["float"],
    attributes,
    examples: exceptAlong((node) => {
      if (node.opset >= 13) return [attributeAxis(node, -1)];
      // The axis could be the rank.
      const axis = node.int("axis", defaultAxis(node.opset));
      return fromAxis(node, axis < 0 ? axis + node.inputs[0].shape!.length : axis);
    }),
    infer: (node) => {
      const { dtype, shape } = node.inputs[0];
      if (shape) {
        const axis = node.int("axis", defaultAxis(node.opset));
        // Before opset 13 softmaxes flattened from the axis on, and the axis could be the rank.
        if (axis !== shape.length || node.opset >= 13) axisOf(axis, shape.length, shape);
      }
      return [{ dtype, shape }];
    },
    samples: [{ inputs: [[2, 3]] }, { inputs: [[2, 3, 4]], attributes: { axis: 1 } }],
  });

/** An axis and all behind it. */
const fromAxis = ({ inputs: [x] }: ExamplesContext, from: number): number[] =>
  x.shape!.flatMap((_, axis) => (axis >= from ? [axis] : []));

/** A normalization from an axis on, whose scale and bias are the same for all examples. */
const ofEach: ExamplesRule = (node) => {
  const [axis] = node.axes;
  const { length } = node.inputs[0].shape!;
  const isSame = node.inputs.slice(1).every((input) => !input || isSameAlong(input, axis! - length)); // prettier-ignore
  return isSame ? exceptAlong((each) => fromAxis(each, attributeAxis(each, -1)))(node) : undefined;
};

/** [channels] beside x's axis 1. */
function perChannel(
  x: Inferred,
  parameters: readonly (Inferred | undefined)[],
  names: readonly string[],
): Dim {
  let channels = x.shape?.[1];
  if (x.shape && x.shape.length < 2)
    throw badShape(`X ${show(x.shape)}: expected [batch, channels, ...].`);
  parameters.forEach((parameter, i) => {
    if (!parameter?.shape) return;
    if (parameter.shape.length !== 1)
      throw badShape(`${names[i]} ${show(parameter.shape)}: expected [${channels ?? "channels"}].`);
    channels = unify(
      channels,
      parameter.shape[0],
      () => `channels of X ${show(x.shape)} and ${names[i]} ${show(parameter.shape)}`,
    );
  });
  return channels;
}

function inferBatchNormalization(node: InferenceContext<5>): readonly Inferred[] {
  const expected = node.int("training_mode", 0) === 1 ? 3 : 1;
  if (node.opset >= 14 && node.outputs !== expected)
    throw badShape(`got ${node.outputs} outputs, expected ${expected} with training_mode ${expected === 3 ? 1 : 0}.`); // prettier-ignore
  const [x, ...rest] = node.inputs as readonly Inferred[];
  const channels = perChannel(x!, rest, ["scale", "B", "mean", "var"]);
  const xType = { dtype: x!.dtype, shape: x!.shape };
  const statistics = { dtype: rest[2]?.dtype ?? x!.dtype, shape: [channels] };
  return [xType, ...Array.from({ length: 4 }, () => statistics)];
}

export const normalization = [
  {
    ...along("Softmax", { axis: "int" }, (opset) => (opset < 13 ? 1 : -1)),
    ending: { activation: "softmax" },
  },
  {
    ...along("LogSoftmax", { axis: "int" }, (opset) => (opset < 13 ? 1 : -1)),
    ending: { activation: "log_softmax" },
  },
  { ...along("Hardmax", { axis: "int" }, (opset) => (opset < 13 ? 1 : -1)), steps: true },
  along("LpNormalization", { axis: "int", p: "int" }, () => -1, { p: { among: [1, 2] } }),
  defineOperator({
    op: "BatchNormalization",
    methods: {
      batchNormalization: (
        g: NodeWriter,
        x: Value,
        scale: Value,
        bias: Value,
        mean: Value,
        variance: Value,
        attributes: Epsilon = {},
      ) => g.op("BatchNormalization", [x, scale, bias, mean, variance], attributes),
      /**
       * By the batch's own statistics: [y, running mean, running variance]. `momentum` is the share of
       * the old average kept. ONNX Runtime overwrites `mean` and `variance` in place: give it values of
       * their own.
       */
      batchNormalizationTraining: (
        g: NodeWriter,
        x: Value,
        scale: Value,
        bias: Value,
        mean: Value,
        variance: Value,
        attributes: Epsilon & { momentum?: number } = {},
      ) =>
        firstThree(
          g.ops(
            "BatchNormalization",
            [x, scale, bias, mean, variance],
            { ...attributes, training_mode: 1 },
            { outputs: 3 },
          ),
        ),
    },
    settings: [3, 4],
    // Of more outputs, or told so, by the batch's own statistics.
    examples: (node) => {
      const isTraining = node.int("training_mode", 0) !== 0 || node.outputs > 1;
      return isTraining || node.opset < 7 ? undefined : alongFirst(node);
    },
    inputs: [5, 5],
    outputs: [1, 5],
    types: ["float", "float:scale", "float:scale", "float:statistics", "float:statistics"],
    attributes: {
      epsilon: "float",
      momentum: "float",
      training_mode: "int",
      spatial: "int",
      is_test: "int",
      consumed_inputs: "ints",
    },
    // Others end the process.
    bounds: { training_mode: flag },
    infer: inferBatchNormalization,
    samples: [
      { inputs: [[2, 3, 4, 5], [3], [3], [3], [3]] },
      { inputs: [[4, 3], [3], [3], [3], [3]], attributes: { epsilon: 0.01 } },
      {
        inputs: [[2, 3, 4, 5], [3], [3], [3], [3]],
        attributes: { training_mode: 1, momentum: 0.5 },
        outputs: 3,
      },
    ],
  }),
  defineOperator({
    op: "InstanceNormalization",
    methods: {
      instanceNormalization: (
        g: NodeWriter,
        x: Value,
        scale: Value,
        bias: Value,
        attributes: Epsilon = {},
      ) => g.op("InstanceNormalization", [x, scale, bias], attributes),
    },
    inputs: [3, 3],
    outputs: [1, 1],
    types: ["float"],
    examples: alongFirst,
    attributes: { epsilon: "float", consumed_inputs: "ints" },
    infer: ({ inputs }) => {
      const [x, ...rest] = inputs as readonly Inferred[];
      perChannel(x!, rest, ["scale", "B"]);
      return [{ dtype: x!.dtype, shape: x!.shape }];
    },
    samples: [{ inputs: [[2, 3, 4, 5], [3], [3]] }],
  }),
  defineOperator({
    op: "GroupNormalization",
    methods: {
      groupNormalization: (
        g: NodeWriter,
        x: Value,
        scale: Value,
        bias: Value,
        attributes: Epsilon & { num_groups: number },
      ) => g.op("GroupNormalization", [x, scale, bias], attributes),
    },
    since: 18,
    inputs: [3, 3],
    outputs: [1, 1],
    types: ["float"],
    examples: alongFirst,
    attributes: { epsilon: "float", num_groups: "int", stash_type: "int" },
    required: ["num_groups"],
    bounds: { num_groups: { least: 1 } },
    infer: (node) => {
      const x = node.inputs[0];
      const groups = node.int("num_groups", 1);
      const channels = x.shape?.[1];
      if (typeof channels === "number" && channels % groups !== 0)
        throw badShape(
          `X ${show(x.shape)}: ${channels} channels do not divide into ${groups} groups.`,
        );
      // Scale and bias are [groups] in opset 18, [channels] from 21 on.
      const extent = node.opset < 21 ? groups : channels;
      for (const parameter of node.inputs.slice(1))
        unify(parameter?.shape?.[0], extent, () => `scale or bias ${show(parameter?.shape)}`);
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    samples: [{ inputs: [[2, 4, 3, 3], [2], [2]], attributes: { num_groups: 2 } }],
  }),
  defineOperator({
    op: "LayerNormalization",
    methods: {
      layerNormalization: (
        g: NodeWriter,
        x: Value,
        scale: Value,
        bias?: Value,
        attributes: Axis & Epsilon = {},
      ) => g.op("LayerNormalization", [x, scale, bias], attributes),
      /** [y, mean, 1 / standard deviation] */
      layerNormalizationWithStatistics: (
        g: NodeWriter,
        x: Value,
        scale: Value,
        bias?: Value,
        attributes: Axis & Epsilon = {},
      ) => firstThree(g.ops("LayerNormalization", [x, scale, bias], attributes, { outputs: 3 })),
    },
    since: 17,
    inputs: [2, 3],
    outputs: [1, 3],
    types: ["float"],
    examples: ofEach,
    attributes: { axis: "int", epsilon: "float", stash_type: "int" },
    // float32 and bfloat16
    bounds: { stash_type: { among: [1, 16] } },
    infer: (node) => {
      const x = node.inputs[0];
      const axis = x.shape && axisOf(node.int("axis", -1), x.shape.length, x.shape);
      const shape = x.shape?.map((extent, i) => (i < axis! ? extent : 1));
      const statistics = { dtype: dtypeOf(node.int("stash_type", 1)), shape };
      return [{ dtype: x.dtype, shape: x.shape }, statistics, statistics];
    },
    samples: [
      { inputs: [[2, 3, 4], [4], [4]] },
      {
        inputs: [
          [2, 3, 4],
          [3, 4],
        ],
        attributes: { axis: 1, epsilon: 0.001 },
        outputs: 3,
      },
    ],
  }),
  defineOperator({
    op: "RMSNormalization",
    methods: {
      /** Opset 23. */
      rmsNormalization: (g: NodeWriter, x: Value, scale: Value, attributes: Axis & Epsilon = {}) =>
        g.op("RMSNormalization", [x, scale], attributes),
    },
    since: 23,
    inputs: [2, 2],
    outputs: [1, 1],
    types: ["float", "float:scale"],
    examples: ofEach,
    attributes: { axis: "int", epsilon: "float", stash_type: "int" },
    infer: (node) => {
      const [x, scale] = node.inputs;
      if (x.shape) axisOf(node.int("axis", -1), x.shape.length, x.shape);
      return [{ dtype: scale.dtype, shape: x.shape }];
    },
    samples: [
      { inputs: [[2, 3, 4], [4]] },
      {
        inputs: [
          [2, 3, 4],
          [3, 4],
        ],
        attributes: { axis: 1, epsilon: 0.001 },
      },
    ],
  }),
  defineOperator({
    op: "MeanVarianceNormalization",
    methods: {
      meanVarianceNormalization: (
        g: NodeWriter,
        x: Value,
        attributes: { axes?: readonly number[] } = {},
      ) => g.op("MeanVarianceNormalization", [x], attributes),
    },
    since: 9,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["float"],
    examples: exceptAlong((node) =>
      axesOf(node.ints("axes") ?? [0, 2, 3], node.inputs[0].shape!.length),
    ),
    attributes: { axes: "ints" },
    infer: (node) => {
      const x = node.inputs[0];
      const axes = node.ints("axes") ?? [0, 2, 3];
      if (axes.length === 0) throw badShape("axes is empty, expected at least one.");
      if (x.shape) axesOf(axes, x.shape.length, x.shape);
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    samples: [{ inputs: [[2, 3, 4, 5]] }],
  }),
  defineOperator({
    op: "LRN",
    methods: {
      lrn: (
        g: NodeWriter,
        x: Value,
        attributes: { size: number; alpha?: number; beta?: number; bias?: number },
      ) => g.op("LRN", [x], attributes),
    },
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["float"],
    examples: alongFirst,
    attributes: { alpha: "float", beta: "float", bias: "float", size: "int" },
    required: ["size"],
    bounds: { size: { least: 1, odd: true }, alpha: { above: 0 }, beta: { above: 0 } },
    infer: ({ inputs: [x] }) => {
      if (x.shape && x.shape.length < 3)
        throw badShape(`X ${show(x.shape)}: expected [batch, channels, ...spatial].`);
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    samples: [{ inputs: [[2, 5, 3, 4]], attributes: { size: 3 } }],
  }),
] as const;
