// Loss operators. Scores are [batch, classes, ...]; labels [batch, ...] hold class numbers.
import { tensor } from "@cajal/core";
import { checkIndices, show, unify } from "../model/dims";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator, type Inferred, type InferenceContext } from "./operator";
import { firstTwo } from "./shared/arguments";

type LossAttributes = {
  readonly reduction?: "mean" | "sum" | "none";
  readonly ignore_index?: number;
};

const attributes = { ignore_index: "int", reduction: "string" } as const;

function inferLoss(node: InferenceContext<2>): readonly Inferred[] {
  const [scores, labels, weights] = node.inputs;
  const reduction = node.string("reduction", "mean");
  if (!["mean", "sum", "none"].includes(reduction))
    throw badShape(`reduction ${JSON.stringify(reduction)}: expected mean, sum or none.`);
  if (scores.shape && labels.shape) {
    if (scores.shape.length < 2 || labels.shape.length !== scores.shape.length - 1)
      throw badShape(
        `scores ${show(scores.shape)} and labels ${show(labels.shape)}: expected [batch, classes, ...] and [batch, ...].`,
      );
    labels.shape.forEach((extent, i) =>
      unify(
        extent,
        scores.shape?.[i === 0 ? 0 : i + 1],
        () => `axis ${i} of labels ${show(labels.shape)} and scores ${show(scores.shape)}`,
      ),
    );
  }
  const ignored = node.attribute("ignore_index")?.value;
  checkIndices(
    labels.elements?.filter((label) => label !== ignored),
    scores.shape?.[1],
    `the classes of scores ${show(scores.shape)}`,
  );
  for (const label of labels.elements ?? [])
    if (typeof label === "number" && label < 0 && label !== ignored)
      throw badShape(`label ${label} is below 0.`);
  if (weights?.shape)
    unify(
      weights.shape[0],
      scores.shape?.[1],
      () => `weights ${show(weights.shape)} and classes of scores ${show(scores.shape)}`,
    );
  return [
    { dtype: scores.dtype, shape: reduction === "none" ? labels.shape : [] },
    { dtype: scores.dtype, shape: scores.shape },
  ];
}

const labels = tensor("int64", [2], [0, 2]);

export const losses = [
  defineOperator({
    op: "SoftmaxCrossEntropyLoss",
    methods: {
      softmaxCrossEntropyLoss: (
        g: NodeWriter,
        scores: Value,
        labels: Value,
        weights?: Value,
        attributes: LossAttributes = {},
      ) => g.op("SoftmaxCrossEntropyLoss", [scores, labels, weights], attributes),
      /** [loss, log of the probabilities] */
      softmaxCrossEntropyLossWithLogProb: (
        g: NodeWriter,
        scores: Value,
        labels: Value,
        weights?: Value,
        attributes: LossAttributes = {},
      ) =>
        firstTwo(
          g.ops("SoftmaxCrossEntropyLoss", [scores, labels, weights], attributes, { outputs: 2 }),
        ),
    },
    since: 12,
    inputs: [2, 3],
    outputs: [1, 2],
    types: ["float", "index", "float"],
    attributes,
    infer: inferLoss,
    samples: [
      { inputs: [[2, 3], labels], outputs: 2 },
      { inputs: [[2, 3], labels, [3]], attributes: { reduction: "none" } },
      { inputs: [[2, 3, 2], tensor("int64", [2, 2], [0, 2, 1, 1])] },
    ],
  }),
  defineOperator({
    op: "NegativeLogLikelihoodLoss",
    methods: {
      negativeLogLikelihoodLoss: (
        g: NodeWriter,
        x: Value,
        target: Value,
        weight?: Value,
        attributes: LossAttributes = {},
      ) => g.op("NegativeLogLikelihoodLoss", [x, target, weight], attributes),
    },
    since: 12,
    inputs: [2, 3],
    outputs: [1, 1],
    types: ["float", "index", "float"],
    attributes,
    infer: (node) => inferLoss(node).slice(0, 1),
    samples: [
      { inputs: [[2, 3], labels] },
      { inputs: [[2, 3], labels, [3]], attributes: { reduction: "none" } },
    ],
  }),
] as const;
