// Attention and what transformers put around it, of operator sets 23 and later. A graph with these keeps
// its own operator set: written out in operators of set 18 it would run anywhere, but ONNX Runtime has
// kernels for them (or the bodies that ONNX itself gives), and fused they are faster. Gradients are made
// of operators that set 18 has, which all later ones have too.
import { tensor } from "@cajal/core";
import { multiply, divide, show, unify } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator, type Inferred, type InferenceContext } from "./operator";
import { firstThree, type Flag, type Optional } from "./shared/arguments";

export interface AttentionAttributes {
  readonly is_causal?: Flag;
  readonly scale?: number;
  readonly softcap?: number;
  /** Where q, k and v have their heads in the last axis. */
  readonly q_num_heads?: number;
  readonly kv_num_heads?: number;
}

/** Extents of Q, K or V as [batch, heads, length, size]; 3-D ones have heads and size in one axis. */
function heads(
  node: InferenceContext,
  name: "Q" | "K" | "V",
  { shape }: Inferred,
): readonly [Dim, Dim, Dim, Dim] {
  const attribute = name === "Q" ? "q_num_heads" : "kv_num_heads";
  const attributeValue = node.attribute(attribute);
  const count = attributeValue?.type === "int" ? attributeValue.value : undefined;
  if (!shape) return [undefined, count, undefined, undefined];
  if (shape.length === 4) {
    const [batch, channels, length, size] = shape;
    if (count && typeof channels === "number" && count !== channels)
      throw badShape(`${name} ${show(shape)} has ${channels} heads, ${attribute} says ${count}.`);
    return [batch, channels, length, size];
  }
  if (shape.length !== 3)
    throw badShape(
      `${name} ${show(shape)}: expected [batch, heads, length, size], or [batch, length, heads · size].`,
    );
  if (!count)
    throw badShape(`${name} ${show(shape)} has its heads in the last axis: expected ${attribute}.`);
  const [batch, length, hidden] = shape;
  if (typeof hidden === "number" && hidden % count !== 0)
    throw badShape(`${name} ${show(shape)}: ${hidden} does not divide into ${count} heads.`);
  return [batch, count, length, divide([hidden], [count])];
}

const sum = (a: Dim, b: Dim): Dim =>
  a === 0 ? b : b === 0 ? a : typeof a === "number" && typeof b === "number" ? a + b : undefined;

const attention = defineOperator({
  op: "Attention",
  methods: {
    /** Opset 23. Past keys and values want attentionWithPresent. */
    attention: (
      g: NodeWriter,
      q: Value,
      k: Value,
      v: Value,
      mask?: Value,
      attributes: AttentionAttributes = {},
    ) => g.op("Attention", [q, k, v, mask], { ...attributes }),
    /** [y, present key, present value]; opset 23. */
    attentionWithPresent: (
      g: NodeWriter,
      q: Value,
      k: Value,
      v: Value,
      mask: Optional,
      past_key: Optional,
      past_value: Optional,
      attributes: AttentionAttributes = {},
    ) =>
      firstThree(
        g.ops(
          "Attention",
          [q, k, v, mask, past_key, past_value],
          { ...attributes },
          { outputs: 3 },
        ),
      ),
  },
  since: 23,
  inputs: [3, 7],
  outputs: [1, 4],
  // Divides by the number of heads.
  failsOnEmpty: (inputs) => inputs.slice(0, 3).some((shape) => shape?.slice(1).includes(0)),
  types: ["float", "float", "float:value", "any:mask", "float", "float:value", "int64"],
  attributes: {
    is_causal: "int",
    kv_num_heads: "int",
    left_window_size: "int",
    q_num_heads: "int",
    qk_matmul_output_mode: "int",
    right_window_size: "int",
    scale: "float",
    softcap: "float",
    softmax_precision: "int",
  },
  // A mode below 0 ends the process. Of the scale the root is taken.
  bounds: { scale: { least: 0 }, qk_matmul_output_mode: { among: [0, 1, 2, 3] } },
  infer: (node) => {
    const [q, k, v, , pastKey, pastValue] = node.inputs as readonly [
      Inferred,
      Inferred,
      Inferred,
      ...(Inferred | undefined)[],
    ];
    const [batch, queryHeads, length, size] = heads(node, "Q", q);
    const [keyBatch, keyHeads, keyLength, keySize] = heads(node, "K", k);
    const [valueBatch, valueHeads, valueLength, valueSize] = heads(node, "V", v);
    const shapes = () => `Q ${show(q.shape)}, K ${show(k.shape)} and V ${show(v.shape)}`;
    const n = unify(unify(batch, keyBatch, shapes), valueBatch, shapes);
    unify(size, keySize, () => `size of a head of ${shapes()}`);
    unify(keyLength, valueLength, () => `lengths of ${shapes()}`);
    unify(keyHeads, valueHeads, () => `heads of ${shapes()}`);
    if (
      typeof queryHeads === "number" &&
      typeof keyHeads === "number" &&
      queryHeads % keyHeads !== 0
    )
      throw badShape(`${queryHeads} heads of Q are no multiple of the ${keyHeads} of K.`);
    if (!pastKey !== !pastValue) throw badShape("past_key and past_value come together.");
    const pastLength = pastKey ? (pastKey.shape ? pastKey.shape[2] : undefined) : 0;
    const total = sum(pastLength, keyLength);
    return [
      {
        dtype: q.dtype,
        shape:
          q.shape?.length === 3
            ? [n, length, multiply([queryHeads, valueSize])]
            : q.shape && [n, queryHeads, length, valueSize],
      },
      { dtype: k.dtype, shape: [n, keyHeads, total, keySize] },
      { dtype: v.dtype, shape: [n, valueHeads, total, valueSize] },
      { dtype: q.dtype, shape: [n, queryHeads, length, total] },
    ];
  },
  samples: [
    {
      inputs: [
        [2, 3, 4, 8],
        [2, 3, 6, 8],
        [2, 3, 6, 5],
      ],
    },
    {
      inputs: [
        [2, 4, 24],
        [2, 6, 24],
        [2, 6, 15],
      ],
      attributes: { q_num_heads: 3, kv_num_heads: 3, is_causal: 1 },
      outputs: 1,
    },
    {
      inputs: [
        [2, 6, 4, 8],
        [2, 2, 5, 8],
        [2, 2, 5, 8],
        [4, 5],
      ],
      attributes: { scale: 0.3 },
    },
    {
      inputs: [
        [1, 2, 3, 4],
        [1, 2, 3, 4],
        [1, 2, 3, 4],
        tensor("bool", [3, 5], [1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1]),
        [1, 2, 2, 4],
        [1, 2, 2, 4],
      ],
      attributes: { softcap: 2 },
      outputs: 4,
    },
  ],
});

const rotaryEmbedding = defineOperator({
  op: "RotaryEmbedding",
  methods: {
    /** Caches are [positions, size / 2] with `position_ids` [batch, length], else [batch, length, size / 2]; opset 23. */
    rotaryEmbedding: (
      g: NodeWriter,
      x: Value,
      cos_cache: Value,
      sin_cache: Value,
      position_ids?: Value,
      attributes: { interleaved?: Flag; num_heads?: number; rotary_embedding_dim?: number } = {},
    ) => g.op("RotaryEmbedding", [x, cos_cache, sin_cache, position_ids], attributes),
  },
  since: 23,
  inputs: [3, 4],
  outputs: [1, 1],
  types: ["float", "float", "float", "int64"],
  attributes: { interleaved: "int", num_heads: "int", rotary_embedding_dim: "int" },
  bounds: { num_heads: { least: 0 }, rotary_embedding_dim: { least: 0 } },
  infer: (node) => {
    const x = node.inputs[0];
    if (x.shape && x.shape.length !== 4 && x.shape.length !== 3)
      throw badShape(
        `X ${show(x.shape)}: expected [batch, heads, length, size], or [batch, length, heads · size].`,
      );
    if (x.shape?.length === 3 && !node.int("num_heads", 0))
      throw badShape(`X ${show(x.shape)} has its heads in the last axis: expected num_heads.`);
    const count = node.int("num_heads", 0);
    const last = x.shape?.at(-1);
    const size = x.shape?.length === 4 ? last : divide([last], [count]);
    if (x.shape?.length === 3 && typeof last === "number" && size === undefined)
      throw badShape(`X ${show(x.shape)}: ${last} does not divide into ${count} heads.`);
    const rotatedSize = node.int("rotary_embedding_dim", 0) || size;
    if (typeof rotatedSize === "number" && typeof size === "number" && rotatedSize > size)
      throw badShape(`rotary_embedding_dim is ${rotatedSize}; a head has ${size}.`);
    if (typeof rotatedSize === "number" && rotatedSize % 2 !== 0)
      throw badShape(`${rotatedSize} of a head are rotated, in pairs: expected an even number.`);
    for (const cache of node.inputs.slice(1, 3))
      unify(
        cache?.shape?.at(-1),
        divide([rotatedSize], [2]),
        () => `caches ${show(cache?.shape)}, half of the ${rotatedSize} that are rotated`,
      );
    const [, cache, , cachePositions] = node.inputs;
    const positions = cachePositions && cache?.shape?.[0];
    for (const position of cachePositions?.elements ?? [])
      if (
        typeof position === "number" &&
        (position < 0 || (typeof positions === "number" && position >= positions))
      )
        throw badShape(`position ${position} is outside of the caches ${show(cache?.shape)}.`);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  samples: [
    {
      inputs: [[2, 3, 4, 8], [10, 4], [10, 4], tensor("int64", [2, 4], [0, 1, 2, 3, 5, 6, 7, 8])],
    },
    {
      inputs: [
        [2, 4, 24],
        [2, 4, 4],
        [2, 4, 4],
      ],
      attributes: { num_heads: 3, interleaved: 1 },
    },
    {
      inputs: [
        [1, 2, 3, 8],
        [1, 3, 2],
        [1, 3, 2],
      ],
      attributes: { rotary_embedding_dim: 4 },
    },
  ],
});

export const attentions = [attention, rotaryEmbedding] as const;
