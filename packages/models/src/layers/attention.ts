// Queries that look at keys and sum up values: softmax(scale · q kᵀ) v (Luong et al. 2015, arXiv:1508.04025).
// keras.io/api/layers/attention_layers/attention
import type { Value } from "@cajal/onnx";
import { defineLayer } from "./definition/layer";
import * as f from "./definition/fields";
import { attentionArity, attentionShape, attend, attentionMasks } from "./shared/attention";

export const attention = defineLayer({
  className: "Attention",
  fields: {
    /** Whether scores are multiplied by a scalar that is learned. */
    use_scale: f.flag(false),
    /** How queries are compared with keys: `"dot"`, their product; `"concat"`, a sum of tanh(query + key). */
    score_mode: f.oneOf(["dot", "concat"])("dot"),
    /** Share of the scores that is dropped in training. */
    dropout: f.rate(0),
    /** Only kept: training draws from its own seed. */
    seed: f.seed(null),
  },
  arity: attentionArity,
  callOptions: { use_causal_mask: false, return_attention_scores: false },
  shape: (config, inputs) => attentionShape(config, inputs),
  weights: ({ score_mode, use_scale }) => {
    const scalar = (name: string) => ({ name, shape: [], initializer: "ones", trainable: true });
    return [
      ...(use_scale ? [scalar("scale")] : []),
      ...(score_mode === "concat" ? [scalar("concat_score_weight")] : []),
    ];
  },
  mask: { ...attentionMasks, copies: true },
  layout: "channelsLast",
  lower: (config, [q, v, k = v], g, context) => {
    const scaled = (x: Value) => (config.use_scale ? g.mul(x, context.weight("scale")) : x);
    if (config.score_mode === "concat") {
      // [batch, queries, 1, features] and [batch, 1, keys, features]
      const sums = g.tanh(scaled(g.add(g.unsqueeze(q, [2]), g.unsqueeze(k, [1]))));
      const scores = g.mul(g.reduceSum(sums, { axes: [3], keepdims: false }), context.weight("concat_score_weight")); // prettier-ignore
      return attend(config, scores, v, g, context);
    }
    const scores = scaled(g.matMul(q, g.transpose(k, [0, 2, 1])));
    return attend(config, scores, v, g, context);
  },
  samples: [
    { config: { use_scale: true, score_mode: "concat" }, inputs: [[2, 3, 4], [2, 5, 4]] }, // prettier-ignore
    { inputs: [[2, 3, 4], [2, 5, 4]] }, // prettier-ignore
    { config: { use_scale: true }, inputs: [[2, 3, 4], [2, 5, 2], [2, 5, 4]] }, // prettier-ignore
  ],
});
