// Attention of several heads side by side, each on its own projections of query, key and value (Vaswani et al.
// 2017, arXiv:1706.03762): output(softmax(q kᵀ / √key_dim) v).
// keras.io/api/layers/attention_layers/multi_head_attention
import { CajalError, showShape, sizeOf } from "@cajal/core";
import type { Value } from "@cajal/onnx";
import type { KerasShape } from "./definition/shape";
import * as f from "./definition/fields";
import { defineLayer, type WeightSpec } from "./definition/layer";
import {
  attendByHeads,
  attentionArity,
  attentionMasks,
  type CallOptions,
} from "./shared/attention";
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
    const [q, v] = inputs;
    const { others, attended } = axesOf(config, q);
    for (const shape of inputs)
      if (shape.length !== q.length || others.some((axis) => shape[axis] !== q[axis]))
        throw new CajalError("bad-shape", "expected [batch, …, features] of each input, alike but for the axes that are attended over", { inputs }); // prettier-ignore
    inputs.forEach(channelsOf);
    const options: Readonly<Record<string, unknown>> = config;
    const extents = (shape: KerasShape, axes: readonly number[]) =>
      axes.map((axis) => shape[axis]!);
    const scores = [q[0]!, ...extents(q, others), config.num_heads, ...extents(q, attended), ...extents(v, attended)]; // prettier-ignore
    return [
      [...q.slice(0, -1), ...outputsOf(config, q)],
      ...(options.return_attention_scores === true ? [scores] : []),
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
      ...part("attention_output", [num_heads, value_dim, ...outputsOf(config, q)], outputsOf(config, q)), // prettier-ignore
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
    const { others, attended } = axesOf(config, q);
    const count = (shape: KerasShape, axes: readonly number[]) => axes.reduce((n, axis) => n * (shape[axis] ?? NaN), 1); // prettier-ignore
    const [queries, keys] = [count(q, attended), count(v, attended)];
    const projectionMacs =
      queries * channelsOf(q) * key_dim +
      keys * channelsOf(v) * (key_dim + value_dim) +
      queries * value_dim * sizeOf(outputsOf(config, q));
    return num_heads * count(q, others) * (projectionMacs + queries * keys * (key_dim + value_dim));
  },
  // Keras overwrites the call's query_mask by the one that the query carries.
  mask: { ...attentionMasks, names: ["", "value_mask", "key_mask"], takesOff: true },
  layout: "channelsLast",
  lower: (config, [query, value, key = value], g, context) => {
    const { key_dim, num_heads, use_bias } = config;
    const [q, v, k = v] = context.inputs;
    const value_dim = Number(config.value_dim);
    const { others, attended } = axesOf(config, q);
    const isOfSteps = q.length === 3;
    if (!isOfSteps && (context.masks.some(Boolean) || context.attentionMask || usesCausalMask(config)))
      throw new CajalError("unsupported", "masks of attention over several axes, or over one of several, are not done"); // prettier-ignore
    const perm = [0, ...others, q.length - 1, ...attended, q.length];
    /** [batch, …, features] to [batch · others, heads, steps, size]. */
    const project = (x: Value, shape: KerasShape, name: string, size: number): Value => {
      const units = num_heads * size;
      const product = g.matMul(
        x,
        context.weight(`${name}/kernel`, [{ reshape: [channelsOf(shape), units] }]),
      );
      const y = use_bias
        ? g.add(product, context.weight(`${name}/bias`, [{ reshape: [units] }]))
        : product;
      if (isOfSteps) return g.transpose(g.reshape(y, [0, 0, num_heads, size]), [0, 2, 1, 3]);
      const inner = extentsWithin(shape);
      const steps = attended.reduce((n, axis) => n * inner[axis - 1]!, 1);
      const heads = g.transpose(g.reshape(y, [-1, ...inner, num_heads, size]), perm);
      return g.reshape(heads, [-1, num_heads, steps, size]);
    };
    const queries = g.mul(project(query, q, "query", key_dim), 1 / Math.sqrt(key_dim));
    const keys = project(key, k, "key", key_dim);
    const values = project(value, v, "value", value_dim);
    const scores = g.matMul(queries, g.transpose(keys, [0, 1, 3, 2]));
    const stepByStep = { ...config, stepByStep: !isOfSteps };
    const [output, ...scoresOutput] = attendByHeads(stepByStep, scores, values, g, context);
    const outputs = outputsOf(config, q);
    const kernel = context.weight("attention_output/kernel", [
      { reshape: [num_heads * value_dim, sizeOf(outputs)] },
    ]);
    const finish = (joinedHeads: Value) => {
      const y = g.matMul(joinedHeads, kernel);
      if (!use_bias) return y;
      return g.add(y, context.weight("attention_output/bias", [{ reshape: [sizeOf(outputs)] }]));
    };
    if (isOfSteps) {
      const joinedHeads = g.reshape(g.transpose(output!, [0, 2, 1, 3]), [0, 0, num_heads * value_dim]); // prettier-ignore
      const y = finish(joinedHeads);
      return [outputs.length === 1 ? y : g.reshape(y, [0, 0, ...outputs]), ...scoresOutput];
    }
    const inner = extentsWithin(q);
    const extents = (axes: readonly number[], shape: readonly number[]) => axes.map((axis) => shape[axis - 1]!); // prettier-ignore
    const heads = g.reshape(output!, [-1, ...extents(others, inner), num_heads, ...extents(attended, inner), value_dim]); // prettier-ignore
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    const joinedHeads = g.reshape(g.transpose(heads, inverse), [-1, ...inner, num_heads * value_dim]); // prettier-ignore
    const scoreExtents = [-1, ...extents(others, inner), num_heads, ...extents(attended, inner), ...extents(attended, extentsWithin(v))]; // prettier-ignore
    return [
      g.reshape(finish(joinedHeads), [-1, ...inner, ...outputs]),
      ...scoresOutput.map((each) => g.reshape(each, scoreExtents)),
    ];
  },
  samples: [
    { config: { num_heads: 2, key_dim: 3 }, inputs: [[2, 3, 4], [2, 5, 4]] }, // prettier-ignore
    {
      config: { num_heads: 2, key_dim: 3, value_dim: 2, output_shape: 5, use_bias: false },
      inputs: [[1, 3, 4], [1, 5, 2], [1, 5, 3]], // prettier-ignore
    },
  ],
});

/** Extents of the outputs' features. */
const outputsOf = (
  { output_shape }: { readonly output_shape: readonly number[] | null },
  q: KerasShape,
): readonly number[] => (output_shape && output_shape.length > 0 ? output_shape : [channelsOf(q)]);

const usesCausalMask = (config: object & CallOptions) => config.use_causal_mask === true;

/** The axes that are attended over, and those between the batch and the features that are not. */
function axesOf(
  { attention_axes }: { readonly attention_axes: readonly number[] | null },
  shape: KerasShape,
): { readonly attended: readonly number[]; readonly others: readonly number[] } {
  const axes = Array.from({ length: shape.length - 2 }, (_, i) => i + 1);
  const attended = attention_axes?.map((axis) => (axis < 0 ? axis + shape.length : axis)) ?? axes;
  if (axes.length === 0 || attended.length === 0 || !attended.every((axis) => axes.includes(axis)))
    throw new CajalError("bad-shape", `attention over the axes ${showShape(attended)}, expected some of those between the batch and the features of ${showShape(shape)}`, { attention_axes }); // prettier-ignore
  return { attended, others: axes.filter((axis) => !attended.includes(axis)) };
}

/** The extents between the batch and the features, which must be known. */
function extentsWithin(shape: KerasShape): readonly number[] {
  const extents = shape.slice(1, -1);
  if (extents.includes(null))
    throw new CajalError("unsupported", "attention over several axes, or over one of several, of extents that are not known", { shape }); // prettier-ignore
  return extents.map(Number);
}
