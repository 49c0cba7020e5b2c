// Attention of several heads side by side, each on its own projections of query, key and value (Vaswani et al.
// 2017, arXiv:1706.03762): output(softmax(q kᵀ / √key_dim) v).
// keras.io/api/layers/attention_layers/multi_head_attention
import { CajalError, showShape } from "@cajal/core";
import type { Value } from "@cajal/onnx";
import type { KerasShape } from "./definition/shape";
import * as f from "./definition/fields";
import { defineLayer, type WeightSpec } from "./definition/layer";
import { attendByHeads, attentionArity, attentionMasks, checkRank } from "./shared/attention";
import { channelsOf } from "./shared/shapes";
import { trainable, weightFields } from "./definition/weightFields";

export const multiHeadAttention = defineLayer({
  className: "MultiHeadAttention",
  fields: {
    /** Number of heads. */
    num_heads: f.positive(),
    /** Length of each head's queries and keys. */
    key_dim: f.positive(),
    /** Length of each head's values; null: `key_dim`. */
    value_dim: f.positiveOrNone(null),
    /** Share of the scores that is dropped in training. */
    dropout: f.rate(0),
    /** Whether the projections have biases. */
    use_bias: f.flag(true),
    /** Features of the output; null: those of the query. */
    output_shape: f.integersOrNone(null),
    /** The axes that are attended over; sequences have one, 1. */
    attention_axes: f.integersOrNone(null),
    ...weightFields("kernel", "glorot_uniform"),
    ...weightFields("bias", "zeros"),
    /** Only kept: training draws from its own seed. */
    seed: f.seed(null),
    /** Only kept: how to compute. */
    flash_attention: f.kept(null),
    /** False; gates are refused. */
    use_gate: f.never("gates of MultiHeadAttention are not done"),
  },
  arity: attentionArity,
  positional: true,
  callOptions: { use_causal_mask: false, return_attention_scores: false },
  complete: (config) => ({ ...config, value_dim: config.value_dim ?? config.key_dim }),
  shape: (config, inputs) => {
    checkRank(inputs);
    const { attention_axes, num_heads } = config;
    const options: Readonly<Record<string, unknown>> = config;
    if (attention_axes && (attention_axes.length !== 1 || ![1, -2].includes(attention_axes[0]!)))
      throw new CajalError(
        "unsupported",
        `attention over the axes ${showShape(attention_axes)}, expected that of steps, 1`,
        { attention_axes },
      );
    const [q, v] = inputs;
    inputs.forEach(channelsOf);
    return [
      [q[0]!, q[1]!, outputOf(config, q)],
      ...(options.return_attention_scores === true ? [[q[0]!, num_heads, q[1]!, v[1]!]] : []),
    ];
  },
  weights: (config, [q, v, k = v]) => {
    const { key_dim, num_heads } = config;
    const value_dim = Number(config.value_dim);
    const part = (
      name: string,
      kernel: readonly number[],
      bias: readonly number[],
    ): WeightSpec[] => [
      trainable(config, "kernel", kernel, `${name}/kernel`),
      ...(config.use_bias ? [trainable(config, "bias", bias, `${name}/bias`)] : []),
    ];
    return [
      ...part("query", [channelsOf(q), num_heads, key_dim], [num_heads, key_dim]),
      ...part("key", [channelsOf(k), num_heads, key_dim], [num_heads, key_dim]),
      ...part("value", [channelsOf(v), num_heads, value_dim], [num_heads, value_dim]),
      ...part(
        "attention_output",
        [num_heads, value_dim, outputOf(config, q)],
        [outputOf(config, q)],
      ),
    ];
  },
  parts: () => ({
    query: { attribute: "query_dense" },
    key: { attribute: "key_dense" },
    value: { attribute: "value_dense" },
    attention_output: { attribute: "output_dense" },
  }),
  macs: (config, [q, v]) => {
    const { key_dim, num_heads } = config;
    const value_dim = Number(config.value_dim);
    const [queries, keys] = [q[1] ?? NaN, v[1] ?? NaN];
    const projectionMacs =
      queries * channelsOf(q) * key_dim +
      keys * channelsOf(v) * (key_dim + value_dim) +
      queries * value_dim * outputOf(config, q);
    return num_heads * (projectionMacs + queries * keys * (key_dim + value_dim));
  },
  // Keras overwrites the call's query_mask by the one that the query carries.
  mask: { ...attentionMasks, names: ["", "value_mask", "key_mask"], takesOff: true },
  layout: "channelsLast",
  lower: (config, [query, value, key = value], g, context) => {
    const { key_dim, num_heads, use_bias } = config;
    const [q, v, k = v] = context.inputs;
    const value_dim = Number(config.value_dim);
    /** [batch, steps, features] to [batch, heads, steps, size]. */
    const project = (x: Value, shape: KerasShape, name: string, size: number): Value => {
      const units = num_heads * size;
      const product = g.matMul(
        x,
        context.weight(`${name}/kernel`, [{ reshape: [channelsOf(shape), units] }]),
      );
      const y = use_bias
        ? g.add(product, context.weight(`${name}/bias`, [{ reshape: [units] }]))
        : product;
      return g.transpose(g.reshape(y, [0, 0, num_heads, size]), [0, 2, 1, 3]);
    };
    const queries = g.mul(project(query, q, "query", key_dim), 1 / Math.sqrt(key_dim));
    const keys = project(key, k, "key", key_dim);
    const values = project(value, v, "value", value_dim);
    const scores = g.matMul(queries, g.transpose(keys, [0, 1, 3, 2]));
    const [output, ...scoresOutput] = attendByHeads(config, scores, values, g, context);
    const joinedHeads = g.reshape(g.transpose(output!, [0, 2, 1, 3]), [
      0,
      0,
      num_heads * value_dim,
    ]);
    const kernel = context.weight("attention_output/kernel", [
      { reshape: [num_heads * value_dim, outputOf(config, q)] },
    ]);
    const y = g.matMul(joinedHeads, kernel);
    return [use_bias ? g.add(y, context.weight("attention_output/bias")) : y, ...scoresOutput];
  },
  samples: [
    { config: { num_heads: 2, key_dim: 3 }, inputs: [[2, 3, 4], [2, 5, 4]] }, // prettier-ignore
    {
      config: { num_heads: 2, key_dim: 3, value_dim: 2, output_shape: 5, use_bias: false },
      inputs: [[1, 3, 4], [1, 5, 2], [1, 5, 3]], // prettier-ignore
    },
  ],
});

const outputOf = (
  { output_shape }: { readonly output_shape: readonly number[] | null },
  q: KerasShape,
) => {
  if (output_shape && output_shape.length !== 1)
    throw new CajalError(
      "unsupported",
      `output_shape ${showShape(output_shape)}, expected one extent`,
      { output_shape },
    );
  return output_shape?.[0] ?? channelsOf(q);
};
