// What the two cross-entropy operators share: how a loss falls with the log probability of each class,
// and with the classes' weights.
import { tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../../graph/builder";
import type { GradientContext } from "../gradient";
import { nonZero } from "./nonZero";

/** The labels of a cross-entropy and what each counts. */
interface Labels {
  /** Indices of classes; class 0 in the place of labels that are ignored. */
  readonly classes: Value;
  /** 1, or 0 for a label that is ignored; undefined where none is. */
  readonly counts: Value | undefined;
  /** w: the weight of each label's class, 0 where it is ignored. */
  readonly weights: Value;
}

function labelsOf(g: GraphBuilder, { inputs, int, node }: GradientContext): Labels {
  const [scores, given, classWeights] = inputs as readonly [Value, Value, Value | undefined];
  const { dtype } = scores;
  // ONNX Runtime's OneHot has kernels for these and float32 alone.
  const labels = g.cast(given, "int64");
  const ignored = node.attributes.ignore_index && g.scalar(labels.dtype, int("ignore_index", -1));
  // A label to ignore may lie outside the classes: class 0 stands in, with weight 0.
  const isCounted = ignored && g.not(g.equal(labels, ignored));
  const classes = isCounted ? g.where(isCounted, labels, 0) : labels;
  const counts = isCounted && g.cast(isCounted, dtype);
  const weights = classWeights && g.gather(classWeights, classes, { axis: 0 });
  if (weights) return { classes, counts, weights: counts ? g.mul(weights, counts) : weights };
  return { classes, counts, weights: counts ?? g.expand(g.scalar(dtype, 1), g.shape(labels)) };
}

const total = (g: GraphBuilder, x: Value) => g.reduceSum(x, { keepdims: false });

/**
 * Gradient of a cross-entropy with respect to its log probabilities [batch, classes, ...]:
 * −w · dy at the label and 0 elsewhere, divided by Σ w where the loss is a weighted mean.
 */
export function scoreGradient(
  g: GraphBuilder,
  dy: Value | undefined,
  context: GradientContext,
): Value | undefined {
  if (!dy) return undefined;
  const { classes, weights } = labelsOf(g, context);
  const count = g.gather(g.shape(context.inputs[0]!), g.int64s([1]), { axis: 0 });
  const weighted = g.mul(weights, dy);
  const mean = context.string("reduction", "mean") === "mean";
  // Where all labels are ignored the mean is 0 / 0, and the gradient 0, as in PyTorch.
  const weightedDy = mean ? g.div(weighted, nonZero(g, total(g, weights))) : weighted;
  const bits = g.constant(tensor("float32", [2], [0, 1]));
  const oneHot = g.cast(g.op("OneHot", [classes, count, bits], { axis: 1 }), dy.dtype);
  return g.neg(g.mul(oneHot, g.unsqueeze(weightedDy, [1])));
}

/**
 * Gradient of a cross-entropy with respect to the weights of the classes. With s the log probability at a
 * label, the loss is −w s for each, their sum, or L = −Σ w s / Σ w: each label adds −s · dy to its class,
 * or −(s + L) · dy / Σ w.
 */
export function weightGradient(
  g: GraphBuilder,
  dy: Value | undefined,
  logProbability: Value,
  context: GradientContext,
): Value {
  const classWeights = context.inputs[2]!;
  const zeros = g.expand(g.scalar(classWeights.dtype, 0), g.shape(classWeights));
  if (!dy) return zeros;
  const { classes, counts, weights } = labelsOf(g, context);
  const at = g.unsqueeze(classes, [1]);
  const s = g.squeeze(g.gatherElements(logProbability, at, { axis: 1 }), [1]);
  let each = s;
  if (context.string("reduction", "mean") === "mean") {
    const sum = total(g, weights);
    const loss = g.neg(g.div(total(g, g.mul(weights, s)), sum));
    each = g.div(g.add(s, loss), sum);
  }
  const parts = g.neg(g.mul(counts ? g.where(g.greater(counts, 0), each, 0) : each, dy));
  const flat = (x: Value) => g.reshape(x, [-1]);
  return g.scatterElements(zeros, flat(classes), flat(parts), { axis: 0, reduction: "add" });
}
