// Attention whose heads share keys and values in groups (Ainslie et al. 2023, arXiv:2305.13245).
// keras.io/api/layers/attention_layers/group_query_attention
import { CajalError } from "@cajal/core";
import type { Value } from "@cajal/onnx";
import type { KerasShape } from "./definition/shape";
import * as f from "./definition/fields";
import { defineLayer, type WeightSpec } from "./definition/layer";
import { trainable, weightFields } from "./definition/weightFields";
import { attendByHeads, attentionArity, attentionMasks, checkRank } from "./shared/attention";
import { channelsOf } from "./shared/shapes";

export const groupQueryAttention = defineLayer({
  className: "GroupQueryAttention",
  classInKeras: "GroupedQueryAttention",
  fields: {
    /** Length of each head's queries, keys and values. */
    head_dim: f.positive(),
    /** Number of heads of queries. */
    num_query_heads: f.positive(),
    /** Number of heads of keys and values, a divisor of it. */
    num_key_value_heads: f.positive(),
    /** Share of the scores that is dropped in training. */
    dropout: f.rate(0),
    /** Whether the projections have biases. */
    use_bias: f.flag(true),
    ...weightFields("kernel", "glorot_uniform"),
    ...weightFields("bias", "zeros"),
    /** Only kept: training draws from its own seed. */
    seed: f.seed(null),
    /** Only kept: how to compute. */
    flash_attention: f.kept(null),
    /** False; gates are refused. */
    use_gate: f.never("gates of GroupQueryAttention are not done"),
  },
  arity: attentionArity,
  positional: true,
  callOptions: { use_causal_mask: false, return_attention_scores: false },
  shape: (config, inputs) => {
    checkRank(inputs);
    const { num_key_value_heads, num_query_heads } = config;
    const options: Readonly<Record<string, unknown>> = config;
    if (num_query_heads % num_key_value_heads !== 0)
      throw new CajalError("bad-argument", `num_query_heads ${num_query_heads} is no multiple of num_key_value_heads ${num_key_value_heads}`, {}); // prettier-ignore
    const [q, v] = inputs;
    inputs.forEach(channelsOf);
    return [
      q,
      ...(options.return_attention_scores === true ? [[q[0]!, num_query_heads, q[1]!, v[1]!]] : []),
    ];
  },
  weights: (config, [q, v, k = v]) => {
    const { head_dim, num_key_value_heads, num_query_heads } = config;
    const part = (name: string, x: KerasShape, heads: number): WeightSpec[] => [
      trainable(config, "kernel", [channelsOf(x), heads, head_dim], `${name}/kernel`),
      ...(config.use_bias ? [trainable(config, "bias", [heads, head_dim], `${name}/bias`)] : []),
    ];
    const features = channelsOf(q);
    return [
      ...part("query", q, num_query_heads),
      ...part("key", k, num_key_value_heads),
      ...part("value", v, num_key_value_heads),
      trainable(config, "kernel", [num_query_heads, head_dim, features], "attention_output/kernel"),
      ...(config.use_bias ? [trainable(config, "bias", [features], "attention_output/bias")] : []),
    ];
  },
  parts: () => ({
    query: { attribute: "_query_dense" },
    key: { attribute: "_key_dense" },
    value: { attribute: "_value_dense" },
    attention_output: { attribute: "_output_dense" },
  }),
  macs: ({ head_dim, num_key_value_heads, num_query_heads }, [q, v]) => {
    const [queries, keys] = [q[1] ?? NaN, v[1] ?? NaN];
    const projectionMacs = 2 * queries * channelsOf(q) * num_query_heads + 2 * keys * channelsOf(v) * num_key_value_heads; // prettier-ignore
    return head_dim * (projectionMacs + 2 * queries * keys * num_query_heads);
  },
  mask: { ...attentionMasks, names: ["query_mask", "value_mask", "key_mask"] },
  layout: "channelsLast",
  lower: (config, [query, value, key = value], g, context) => {
    const { head_dim, num_key_value_heads, num_query_heads, use_bias } = config;
    const [q, v, k = v] = context.inputs;
    /** [batch, steps, features] to [batch, heads, steps, size], each head so many times. */
    const project = (x: Value, shape: KerasShape, name: string, heads: number): Value => {
      const units = heads * head_dim;
      const product = g.matMul(x, context.weight(`${name}/kernel`, [{ reshape: [channelsOf(shape), units] }])); // prettier-ignore
      const y = use_bias ? g.add(product, context.weight(`${name}/bias`, [{ reshape: [units] }])) : product; // prettier-ignore
      const separateHeads = g.transpose(g.reshape(y, [0, 0, heads, head_dim]), [0, 2, 1, 3]);
      const times = num_query_heads / heads;
      if (times === 1) return separateHeads;
      const order = Array.from({ length: num_query_heads }, (_, i) => Math.floor(i / times));
      return g.gather(separateHeads, g.int64s(order), { axis: 1 });
    };
    const queries = g.mul(project(query, q, "query", num_query_heads), 1 / Math.sqrt(head_dim));
    const keys = project(key, k, "key", num_key_value_heads);
    const values = project(value, v, "value", num_key_value_heads);
    const scores = g.matMul(queries, g.transpose(keys, [0, 1, 3, 2]));
    const [output, ...scoresOutput] = attendByHeads(config, scores, values, g, context);
    const units = num_query_heads * head_dim;
    const joinedHeads = g.reshape(g.transpose(output!, [0, 2, 1, 3]), [0, 0, units]);
    const y = g.matMul(joinedHeads, context.weight("attention_output/kernel", [{ reshape: [units, channelsOf(q)] }])); // prettier-ignore
    return [use_bias ? g.add(y, context.weight("attention_output/bias")) : y, ...scoresOutput];
  },
  samples: [
    { config: { head_dim: 3, num_query_heads: 4, num_key_value_heads: 2 }, inputs: [[2, 3, 4], [2, 5, 4]] },
    { config: { head_dim: 2, num_query_heads: 2, num_key_value_heads: 2, use_bias: false }, inputs: [[1, 3, 4], [1, 5, 4], [1, 5, 4]] },
  ], // prettier-ignore
});
