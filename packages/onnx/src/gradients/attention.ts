import { CajalError, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient, inFloat32, type GradientContext } from "./gradient";
import { staticShape } from "./shared/sumTo";
import { throughExpansion } from "./shared/throughExpansion";

/** Below every logit: −∞ would give NaN where a whole row is masked. */
const lowestOf = ({ dtype }: Value) => (dtype === "float16" ? -65504 : -3e38);

export const attention = defineGradient({
  op: "Attention",
  inputs: 3,
  outputs: 0,
  // y = softmax(cap(s · q kᵀ) + mask) v, cap(x) = c tanh(x / c) (Vaswani et al. 2017, arXiv:1706.03762). Heads of
  // k and v may serve several of q's (Ainslie et al. 2023, arXiv:2305.13245); what was past goes before
  // them. A row that is masked altogether gives zeros.
  gradient: throughExpansion((context, g) => {
    const [q, k, v, mask, pastKey, pastValue, keyLengths] = context.inputs;
    const flat = q.shape!.length === 3;
    const inHeads = (x: Value, count: number) => {
      const [batch, length, hidden] = staticShape(x, "of Attention", 3);
      if (!flat) return x;
      return g.transpose(g.reshape(x, [batch, length, count, hidden / count]), [0, 2, 1, 3]);
    };
    const query = inHeads(q, context.int("q_num_heads", 1));
    const newKey = inHeads(k, context.int("kv_num_heads", 1));
    const newValue = inHeads(v, context.int("kv_num_heads", 1));
    const presentKey = pastKey ? g.concat([pastKey, newKey], { axis: 2 }) : newKey;
    const presentValue = pastValue ? g.concat([pastValue, newValue], { axis: 2 }) : newValue;
    const [batch, heads, length, size] = staticShape(query, "of Attention", 4);
    const total = staticShape(presentKey, "of Attention", 3)[2];
    const key = repeatHeads(g, presentKey, heads);
    const value = repeatHeads(g, presentValue, heads);

    const scale = context.float("scale", 1 / Math.sqrt(size));
    const products = g.matMul(g.mul(query, scale), g.transpose(key, [0, 1, 3, 2]));
    const cap = context.float("softcap", 0);
    const capped = cap > 0 ? g.mul(g.tanh(g.mul(products, 1 / cap)), cap) : products;
    let logits = capped;
    const pastLength = pastKey ? staticShape(pastKey, "of Attention", 3)[2] : 0;
    for (const bias of biases(g, context, {
      mask,
      keyLengths,
      length: length,
      total,
      pastLength,
    }))
      logits = g.add(logits, bias.dtype === logits.dtype ? bias : g.cast(bias, logits.dtype));
    const biased = logits;
    const lowest = lowestOf(logits);
    const open = g.cast(g.greater(logits, lowest), logits.dtype);
    const probabilities = g.mul(g.softmax(g.max(logits, lowest), { axis: -1 }), open);
    const y = g.matMul(probabilities, value);
    const mode = context.int("qk_matmul_output_mode", 0);
    const qkOutput = context.node.outputs[3]
      ? [products, capped, biased, probabilities][mode]
      : undefined;
    return [
      flat ? g.reshape(g.transpose(y, [0, 2, 1, 3]), [batch, length, -1]) : y,
      presentKey,
      presentValue,
      qkOutput,
    ];
  }),
  samples: inFloat32([
    { inputs: [[2, 3, 4, 5], [2, 3, 6, 5], [2, 3, 6, 2]] }, // prettier-ignore
    {
      inputs: [[2, 4, 6], [2, 3, 6], [2, 3, 9]], // prettier-ignore
      attributes: { q_num_heads: 3, kv_num_heads: 3, is_causal: 1, scale: 0.8 },
    },
    {
      inputs: [
        [1, 4, 3, 2],
        [1, 2, 3, 2],
        [1, 2, 3, 2],
        [3, 3],
      ],
    },
    { inputs: [[2, 2, 2, 3], [2, 2, 2, 3], [2, 2, 2, 3]], attributes: { softcap: 0.7 } }, // prettier-ignore
    {
      inputs: [
        [1, 2, 2, 3],
        [1, 2, 2, 3],
        [1, 2, 2, 3],
        tensor("bool", [2, 4], [1, 0, 1, 0, 1, 1, 0, 1]),
        [1, 2, 2, 3],
        [1, 2, 2, 3],
      ],
      outputs: 3,
    },
    {
      inputs: [[1, 2, 2, 3], [1, 2, 2, 3], [1, 2, 2, 3], undefined, [1, 2, 3, 3], [1, 2, 3, 3]],
      attributes: { is_causal: 1, qk_matmul_output_mode: 3 },
      outputs: 4,
    },
    // What comes before the softmax: capped, and with the mask too.
    { inputs: [[1, 2, 2, 3], [1, 2, 3, 3], [1, 2, 3, 2], [2, 3]], attributes: { softcap: 0.7, qk_matmul_output_mode: 1 }, outputs: 4 }, // prettier-ignore
    { inputs: [[1, 2, 2, 3], [1, 2, 3, 3], [1, 2, 3, 2], [2, 3]], attributes: { softcap: 0.7, qk_matmul_output_mode: 2 }, outputs: 4 }, // prettier-ignore
    // Keys of which examples have 3 and 4.
    { inputs: [[2, 2, 2, 3], [2, 2, 4, 3], [2, 2, 4, 2], undefined, undefined, undefined, tensor("int64", [2], [3, 4])], attributes: { is_causal: 1 }, opset: 24 }, // prettier-ignore
  ]),
});

/** Each head as often as several heads of the query share it: [h0, h0, h1, h1]. */
function repeatHeads(g: GraphBuilder, x: Value, heads: number): Value {
  const [batch, ownHeads, length, size] = staticShape(x, "of Attention", 4);
  if (ownHeads === heads) return x;
  const times = heads / ownHeads;
  const each = g.expand(g.unsqueeze(x, [2]), [batch, ownHeads, times, length, size]);
  return g.reshape(each, [batch, heads, length, size]);
}

/** What is added to the logits, −∞ where nothing is to be looked at. */
function biases(
  g: GraphBuilder,
  context: GradientContext,
  {
    mask,
    keyLengths,
    length,
    total,
    pastLength,
  }: {
    mask: Value | undefined;
    keyLengths: Value | undefined;
    length: number;
    total: number;
    pastLength: number;
  },
): Value[] {
  const { int, node, inputs } = context;
  const { dtype } = inputs[0]!;
  const masks: Value[] = [];
  const maskToBias = (open: Value) => g.where(open, g.scalar("float32", 0), -Infinity);
  if (mask) {
    const bias = mask.dtype === "bool" ? maskToBias(mask) : mask;
    const missing = total - staticShape(bias, "of Attention").at(-1)!;
    masks.push(
      missing > 0
        ? g.pad(bias, { pads: [0, missing], axes: [-1], value: g.scalar(bias.dtype, -Infinity) })
        : bias,
    );
  }
  const causal = int("is_causal", 0) === 1;
  const [left, right] = [int("left_window_size", -1), int("right_window_size", -1)];
  if (causal || left >= 0 || right >= 0) {
    // There ONNX Runtime (1.30) has no kernel, and writes it out as if all examples had as many keys.
    if (keyLengths && dtype === "float64")
      throw new CajalError("unsupported", `the gradient of Attention with nonpad_kv_seqlen and a causal mask or a window is not known in float64.`, { node: node.name, op: node.op }); // prettier-ignore
    // How far back of the query's own position the key lies: [queries, keys], or [batch, 1, queries, keys] where
    // the queries are the last of the keys that an example has.
    const distances = Array.from({ length: length * total }, (_, i) => Math.floor(i / total) - (i % total) + (keyLengths ? -length : pastLength)); // prettier-ignore
    const rows = g.constant(tensor("int64", [length, total], distances));
    const distancesByBatch = keyLengths ? g.add(rows, g.reshape(keyLengths, [-1, 1, 1, 1])) : rows;
    if (causal) masks.push(maskToBias(g.greaterOrEqual(distancesByBatch, 0)));
    if (left >= 0) masks.push(maskToBias(g.lessOrEqual(distancesByBatch, left)));
    if (right >= 0) masks.push(maskToBias(g.greaterOrEqual(distancesByBatch, -right)));
  }
  if (keyLengths) {
    const positions = g.int64s(Array.from({ length: total }, (_, i) => i));
    masks.push(maskToBias(g.less(positions, g.reshape(keyLengths, [-1, 1, 1, 1]))));
  }
  return masks;
}
