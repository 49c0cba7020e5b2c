// Queries that look at keys and sum up values: softmax(scale · q kᵀ) v (Luong et al. 2015, arXiv:1508.04025).
// keras.io/api/layers/attention_layers/attention
import { defineLayer } from "./definition/layer";
import * as f from "./definition/fields";
import { attentionArity, attentionShape, attend, refusesMask } from "./shared/attention";

export const attention = defineLayer({
  className: "Attention",
  fields: {
    /** Whether scores are multiplied by a scalar that is learned. */
    use_scale: f.flag(false),
    /** How queries are compared with keys: `"dot"`, their product. */
    score_mode: f.oneOf(["dot"])("dot"),
    /** Share of the scores that is dropped in training. */
    dropout: f.rate(0),
    /** Only kept: training draws from its own seed. */
    seed: f.seed(null),
  },
  arity: attentionArity,
  callOptions: { use_causal_mask: false, return_attention_scores: false },
  shape: (config, inputs) => attentionShape(config, inputs),
  weights: ({ use_scale }) =>
    use_scale ? [{ name: "scale", shape: [], initializer: "ones", trainable: true }] : [],
  mask: refusesMask,
  layout: "channelsLast",
  lower: (config, [q, v, k = v], g, context) => {
    const product = g.matMul(q, g.transpose(k, [0, 2, 1]));
    const scores = config.use_scale ? g.mul(product, context.weight("scale")) : product;
    return attend(config, scores, v, g, context);
  },
  samples: [
    { inputs: [[2, 3, 4], [2, 5, 4]] }, // prettier-ignore
    { config: { use_scale: true }, inputs: [[2, 3, 4], [2, 5, 2], [2, 5, 4]] }, // prettier-ignore
  ],
});
