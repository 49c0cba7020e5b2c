// Operators that draw random numbers.
import { tensor } from "@cajal/core";
import { dtypeOf, type ElementType } from "../model/elementType";
import { show } from "../model/dims";
import { namedMethod, type NodeWriter, type Value } from "./method";
import { badShape, defineOperator, type AttributeTypes, type InferenceContext } from "./operator";
import { drawnForEach } from "./shared/examples";
import { typeNumber, type AttributesOf } from "./shared/arguments";

type RandomAttributes<A extends AttributeTypes> = AttributesOf<A> & {
  readonly dtype?: ElementType;
  readonly seed?: number;
};

const normal = { mean: "float", scale: "float" } as const;
const uniform = { high: "float", low: "float" } as const;

/** Bounds of what is drawn: C++'s distributions, with which ONNX Runtime draws, abort beyond them. */
function checkDistribution(node: InferenceContext): void {
  const scale = node.float("scale", 1);
  if (!(scale > 0 && scale < Infinity))
    throw badShape(`scale is ${scale}, expected a number above 0.`);
  const [low, high] = [node.float("low", 0), node.float("high", 1)];
  if (!(low <= high && high - low < Infinity))
    throw badShape(`low is ${low} and high ${high}, expected numbers, low not above high.`);
  const mean = node.float("mean", 0);
  if (!Number.isFinite(mean)) throw badShape(`mean is ${mean}, expected a number.`);
}

/** Drawn in a stated shape. */
const ofShape = <Op extends string, A extends AttributeTypes>(op: Op, attributes: A) =>
  defineOperator({
    op,
    methods: namedMethod(
      op,
      (g: NodeWriter, shape: readonly number[], { dtype, ...rest }: RandomAttributes<A> = {}) =>
        g.op(op, [], { shape, dtype: typeNumber(dtype), ...rest }),
    ),
    inputs: [0, 0],
    outputs: [1, 1],
    types: [],
    attributes: { ...attributes, dtype: "int", seed: "float", shape: "ints" },
    required: ["shape"],
    infer: (node) => {
      checkDistribution(node);
      return [{ dtype: dtypeOf(node.int("dtype", 1)), shape: node.ints("shape") }];
    },
    samples: [{ inputs: [], attributes: { shape: [2, 3], seed: 1 } }],
  });

/** Drawn in the shape of an input, and in its type unless `dtype` says another. */
const randomLike = <Op extends string, A extends AttributeTypes>(
  op: Op,
  attributes: A,
  since?: number,
) =>
  defineOperator({
    op,
    methods: namedMethod(
      op,
      (g: NodeWriter, x: Value, { dtype, ...rest }: RandomAttributes<A> = {}) =>
        g.op(op, [x], { dtype: typeNumber(dtype), ...rest }),
    ),
    ...(since === undefined ? {} : { since }),
    steps: true,
    examples: drawnForEach,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["any"],
    attributes: { ...attributes, dtype: "int", seed: "float" },
    infer: (node) => {
      checkDistribution(node);
      const x = node.inputs[0];
      const type = node.attribute("dtype");
      return [{ dtype: type ? dtypeOf(node.int("dtype", 0)) : x.dtype, shape: x.shape }];
    },
    samples: [{ inputs: [[2, 3]] }, { inputs: [[4]], attributes: { dtype: 11, seed: 2 } }],
  });

export const randoms = [
  ofShape("RandomNormal", normal),
  ofShape("RandomUniform", uniform),
  randomLike("RandomNormalLike", normal),
  randomLike("RandomUniformLike", uniform),
  randomLike("Bernoulli", {}, 15),
  defineOperator({
    op: "Multinomial",
    methods: {
      multinomial: (
        g: NodeWriter,
        x: Value,
        { dtype, ...rest }: RandomAttributes<{ sample_size: "int" }> = {},
      ) => g.op("Multinomial", [x], { dtype: typeNumber(dtype), ...rest }),
    },
    since: 7,
    inputs: [1, 1],
    outputs: [1, 1],
    types: ["float"],
    attributes: { dtype: "int", sample_size: "int", seed: "float" },
    bounds: { sample_size: { least: 1 } },
    infer: (node) => {
      const { shape } = node.inputs[0];
      if (shape && shape.length !== 2)
        throw badShape(`input ${show(shape)}: expected [batch, classes].`);
      return [
        { dtype: dtypeOf(node.int("dtype", 6)), shape: [shape?.[0], node.int("sample_size", 1)] },
      ] as const;
    },
    samples: [
      { inputs: [tensor("float32", [1, 3], [0.1, 0.2, 0.7])], attributes: { sample_size: 4 } },
    ],
  }),
];
