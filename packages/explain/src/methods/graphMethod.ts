// A method as part of an ONNX graph, for files that need nothing of ours to be run.
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { ExplainedGraph, LayerInfo } from "../network/explainedGraph";
import type { NamedRules } from "../network/network";
import type { Baseline } from "./baseline";

/** What of the graph a method builds on; values lie channels first. */
export interface GraphCall {
  readonly g: GraphBuilder;
  /** The images, [n, …]. */
  readonly x: Value;
  /** What the network was fed: the images, or what {@link GraphMethod.points} made of them. */
  readonly fed: Value;
  /** [fed, classes] */
  readonly scores: Value;
  /** [fed, classes]: 1 at each row's target. */
  readonly oneHot: Value;
  readonly explained: ExplainedGraph;
  /** The layer for class activation maps, and its value, of what was fed. */
  layer(): { readonly info: LayerInfo; readonly value: Value };
  /** A baseline as a constant that fits the images. */
  baseline(value: Baseline): Value;
  /** Gradients of the target's score, of every row that was fed. */
  gradients(by: readonly Value[], rules?: NamedRules, dy?: (oneHot: Value) => Value): Value[];
}

export interface GraphMethod<Options extends object = object> {
  /** The images to feed in place of each: [n, …] → [k · n, …], those of one draw together. */
  points?(g: GraphBuilder, x: Value, baseline: GraphCall["baseline"], options: Options): Value;
  /** The map, [n, …] channels first; or of class activation maps [n, h, w] at the layer's size, signed. */
  map(call: GraphCall, options: Options): Value;
}

/** The mean of k draws of n rows each, weighted: [k · n, …] → [n, …]. */
export function weightedMean(
  g: GraphBuilder,
  values: Value,
  weights: readonly number[],
  like: Value,
): Value {
  const [n, ...rest] = like.shape as number[];
  const draws = g.reshape(values, [weights.length, n!, ...rest]);
  const shares = weights.map((weight) => g.scalar(values.dtype, weight));
  const parts = shares.map((share, i) =>
    g.mul(
      g.reshape(g.slice(draws, { starts: [i], ends: [i + 1], axes: [0] }), [n!, ...rest]),
      share,
    ),
  );
  return parts.reduce((sum, part) => g.add(sum, part));
}
