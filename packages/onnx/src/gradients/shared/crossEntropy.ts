// What the two cross-entropy operators share: how a loss falls with the log probability of each class.
import type { GraphBuilder, Value } from "../../graph/builder";
import type { GradientContext } from "../gradient";

/**
 * Gradient of a cross-entropy with respect to its log probabilities [batch, classes, ...]:
 * −w · dy at the label and 0 elsewhere, divided by Σ w where the loss is a weighted mean.
 */
export function scoreGradient(
  g: GraphBuilder,
  dy: Value | undefined,
  { inputs, int, string, node }: GradientContext,
): Value | undefined {
  if (!dy) return undefined;
  const [scores, labels, classWeights] = inputs as readonly [Value, Value, Value | undefined];
  const one = (value: number) => g.scalar(dy.dtype, value);
  const classes = g.gather(g.shape(scores), g.int64s([1]), { axis: 0 });
  const ignored = node.attributes.ignore_index && g.scalar(labels.dtype, int("ignore_index", -1));
  // A label to ignore may lie outside the classes: class 0 stands in, with weight 0.
  const counts = ignored && g.not(g.equal(labels, ignored));
  const safe = counts ? g.where(counts, labels, 0) : labels;
  let weights = classWeights ? g.gather(classWeights, safe, { axis: 0 }) : undefined;
  if (counts) weights = g.mul(weights ?? one(1), g.cast(counts, dy.dtype));
  const weighted = weights ?? g.expand(one(1), g.shape(labels));
  const reduction = string("reduction", "mean");
  const share =
    reduction === "mean"
      ? g.div(g.mul(weighted, dy), g.op("ReduceSum", [weighted], { keepdims: 0 }))
      : g.mul(weighted, dy);
  const oneHot = g.op(
    "OneHot",
    [safe, classes, g.op("Concat", [g.reshape(one(0), [1]), g.reshape(one(1), [1])], { axis: 0 })],
    { axis: 1 },
  );
  return g.neg(g.mul(oneHot, g.unsqueeze(share, [1])));
}
