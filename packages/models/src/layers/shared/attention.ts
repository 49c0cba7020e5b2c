// What Attention, AdditiveAttention, MultiHeadAttention and GroupQueryAttention share: inputs query
// [batch, queries, features], value [batch, keys, features] and key, the value where it is not given; masks of each,
// and of pairs of queries and keys.
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import type { LowerContext, MaskRule } from "../definition/layer";
import { dropoutMask } from "./randomness";
import { expectsStepMask } from "./masks";

export const attentionArity = [2, 3] as const;

/** Masks of query, value and key; outputs have that of the query. */
export const attentionMasks: MaskRule<object> = {
  takes: "each",
  passes: () => true,
  refuses: expectsStepMask,
};

/** What a call may say beside its inputs. */
export interface CallOptions {
  /** Whether a query looks at keys up to its own place alone. */
  readonly use_causal_mask?: unknown;
  /** Whether the scores are an output too. */
  readonly return_attention_scores?: unknown;
}

/** @throws CajalError `bad-shape` */
export function checkRank(inputs: readonly KerasShape[]): void {
  for (const shape of inputs)
    if (shape.length !== 3)
      throw new CajalError("bad-shape", "expected [batch, steps, features] of each input", {
        inputs,
      });
}

export function attentionShape(
  config: object & CallOptions,
  inputs: readonly KerasShape[],
): KerasShape[] {
  checkRank(inputs);
  const [q, v] = inputs as readonly [KerasShape, KerasShape];
  const scores = [q[0]!, q[1]!, v[1]!];
  return [[q[0]!, q[1]!, v[2]!], ...(config.return_attention_scores === true ? [scores] : [])];
}

type Context = Pick<LowerContext, "training" | "seed" | "masks">;

/**
 * softmax(scores) · values, and the scores where they are asked for. Scores of masked keys are 10⁹ less, and outputs
 * of masked queries 0, as in Keras' Attention.
 *
 * @param scores [batch, queries, keys]
 */
export function attend(
  config: CallOptions & { readonly dropout: number },
  scores: Value,
  values: Value,
  g: GraphBuilder,
  context: Context,
): Value[] {
  const [queryMask, valueMask] = context.masks;
  const allowed = both(g, valueMask && g.unsqueeze(valueMask, [1]), config.use_causal_mask === true ? causal(scores, g) : undefined); // prettier-ignore
  const maskedScores = allowed ? g.where(allowed, scores, g.sub(scores, 1e9)) : scores;
  const weights = dropped(g, g.softmax(maskedScores, { axis: -1 }), config.dropout, context);
  const y = g.matMul(weights, values);
  return [
    queryMask ? g.where(g.unsqueeze(queryMask, [2]), y, 0) : y,
    ...(config.return_attention_scores === true ? [weights] : []),
  ];
}

/**
 * The same of several heads, where a pair counts if query, value and key are all valid. Of a query without valid
 * keys Keras' weights are equal, and 0 where it computes them step by step, for dropout or to return them.
 *
 * @param scores [batch, heads, queries, keys]
 * @param stepByStep whether Keras does so for another reason
 */
export function attendByHeads(
  config: CallOptions & { readonly dropout: number; readonly stepByStep?: boolean },
  scores: Value,
  values: Value,
  g: GraphBuilder,
  context: Context & Pick<LowerContext, "attentionMask">,
): Value[] {
  const { attentionMask } = context;
  const [query, value, key] = context.masks.map((mask) => mask && g.unsqueeze(mask, [1])); // [batch, 1, steps]
  const masks = [
    query && g.unsqueeze(query, [3]),
    value && g.unsqueeze(value, [1]),
    key && g.unsqueeze(key, [1]),
    config.use_causal_mask === true ? causal(scores, g) : undefined,
    attentionMask && withHeads(g, attentionMask),
  ];
  const allowed = masks.reduce((a, b) => both(g, a, b), undefined);
  const returnsScores = config.return_attention_scores === true;
  const isStepByStep = config.dropout > 0 || returnsScores || config.stepByStep === true;
  const softmax = g.softmax(allowed ? g.where(allowed, scores, -1e9) : scores, { axis: -1 });
  const weights = allowed && isStepByStep ? g.where(allowed, softmax, 0) : softmax;
  const y = g.matMul(dropped(g, weights, config.dropout, context), values);
  return [y, ...(returnsScores ? [weights] : [])];
}

/** A mask [batch, queries, keys], or of each head too, as one that fits scores of several heads. */
function withHeads(g: GraphBuilder, mask: Value): Value {
  const rank = mask.shape?.length;
  if (rank === 4) return mask;
  if (rank === 3) return g.unsqueeze(mask, [1]);
  throw new CajalError(
    "unsupported",
    `its attention_mask has ${rank ?? "unknown"} axes, expected [batch, queries, keys]`,
  );
}

const both = (g: GraphBuilder, a: Value | undefined, b: Value | undefined): Value | undefined =>
  a && b ? g.and(a, b) : (a ?? b);

function dropped(g: GraphBuilder, weights: Value, rate: number, { training, seed }: Context) {
  if (!training || rate === 0) return weights;
  return g.mul(weights, dropoutMask(g, g.shape(weights), { rate, seed: seed() }));
}

/** Which keys [queries, keys] do not come after their query. */
function causal(scores: Value, g: GraphBuilder): Value {
  const count = (axis: number) =>
    g.squeeze(g.shape(scores, { start: axis, end: axis + 1 || undefined }), [0]);
  const queries = g.unsqueeze(g.range(0, count(-2)), [1]);
  const keys = g.unsqueeze(g.range(0, count(-1)), [0]);
  return g.greaterOrEqual(queries, keys);
}
