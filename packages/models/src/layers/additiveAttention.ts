// Queries that look at keys and sum up values: softmax(Σ scale · tanh(q + k)) v (Bahdanau et al. 2014,
// arXiv:1409.0473). keras.io/api/layers/attention_layers/additive_attention
import { defineLayer } from "./definition/layer";
import * as f from "./definition/fields";
import { attentionArity, attentionShape, attend, attentionMasks } from "./shared/attention";
import { channelsOf } from "./shared/shapes";

export const additiveAttention = defineLayer({
  className: "AdditiveAttention",
  fields: {
    /** Whether the sum is weighted by a vector that is learned. */
    use_scale: f.flag(true),
    /** Share of the scores that is dropped in training. */
    dropout: f.rate(0),
    /** Only kept: training draws from its own seed. */
    seed: f.seed(null),
  },
  arity: attentionArity,
  callOptions: { use_causal_mask: false, return_attention_scores: false },
  shape: (config, inputs) => attentionShape(config, inputs),
  weights: ({ use_scale }, [q]) =>
    use_scale
      ? [{ name: "scale", shape: [channelsOf(q)], initializer: "glorot_uniform", trainable: true }]
      : [],
  mask: { ...attentionMasks, copies: true },
  layout: "channelsLast",
  lower: (config, [q, v, k = v], g, context) => {
    const sums = g.tanh(g.add(g.unsqueeze(q, [2]), g.unsqueeze(k, [1]))); // [batch, queries, keys, features]
    const weighted = config.use_scale ? g.mul(sums, context.weight("scale")) : sums;
    const scores = g.reduceSum(weighted, { axes: [3], keepdims: false });
    return attend(config, scores, v, g, context);
  },
  samples: [
    { inputs: [[2, 3, 4], [2, 5, 4]] }, // prettier-ignore
    { config: { use_scale: false }, inputs: [[2, 3, 4], [2, 5, 2], [2, 5, 4]] }, // prettier-ignore
  ],
});
