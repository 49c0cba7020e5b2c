// What Attention, AdditiveAttention and MultiHeadAttention share: inputs query [batch, queries, features],
// value [batch, keys, features] and key, the value where it is not given.
import { CajalError } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "../definition/shape";
import type { LowerContext, MaskRule } from "../definition/layer";
import { dropoutMask } from "./randomness";

export const attentionArity = [2, 3] as const;

/** Keras would leave out the steps that are masked. */
export const refusesMask: MaskRule<object> = {
  refuses: () => "Cajal computes attention over all steps, and here some are masked",
};

/** What a call may say beside its inputs. */
interface CallOptions {
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

/**
 * softmax(scores) · values, and the scores where they are asked for.
 *
 * @param scores [batch, …, queries, keys]
 */
export function attend(
  config: CallOptions & { readonly dropout: number },
  scores: Value,
  values: Value,
  g: GraphBuilder,
  { training, seed }: Pick<LowerContext, "training" | "seed">,
): Value[] {
  const allowed = config.use_causal_mask === true ? causal(scores, g) : scores;
  const probabilities = g.softmax(allowed, { axis: -1 });
  const droppedWeights =
    training && config.dropout > 0
      ? g.mul(
          probabilities,
          dropoutMask(g, g.shape(probabilities), { rate: config.dropout, seed: seed() }),
        )
      : probabilities;
  const y = g.matMul(droppedWeights, values);
  return config.return_attention_scores === true ? [y, droppedWeights] : [y];
}

/** Scores of keys that come after their query far below all others. */
function causal(scores: Value, g: GraphBuilder): Value {
  const count = (axis: number) =>
    g.squeeze(g.shape(scores, { start: axis, end: axis + 1 || undefined }), [0]);
  const queries = g.unsqueeze(g.range(0, count(-2)), [1]);
  const keys = g.unsqueeze(g.range(0, count(-1)), [0]);
  return g.where(g.greaterOrEqual(queries, keys), scores, -1e9);
}
