// Rules that are propagated backwards in place of gradients: guided gradients, the multipliers of DeepLIFT,
// relevances. Each replaces the gradient of some operators, and may use the operator's own gradient.
import type { GraphBuilder, Value } from "../graph/builder";
import type { GradientContext } from "./gradient";

/** The node that a backward rule is applied to, and what the rule may ask of the graph. */
export interface BackwardContext extends GradientContext {
  /** The operator's own gradient: from `dys`, one for each output, to one for each input. */
  gradient(dys: readonly (Value | undefined)[]): readonly (Value | undefined)[];
  /** The first output of the operator, with the same attributes, on other inputs. */
  apply(inputs: readonly (Value | undefined)[]): Value;
}

/**
 * A rule `(dys, context, g) → dxs`: from what is propagated to the outputs of a node to what is propagated to
 * its inputs, each of the input's type and shape.
 */
export type BackwardRule = (
  dys: readonly (Value | undefined)[],
  context: BackwardContext,
  g: GraphBuilder,
) => readonly (Value | undefined)[];

/**
 * Rules by operator, "Relu" or "com.microsoft.Gelu"; other operators use the rule under {@link fallback} if
 * there is one, or else their gradients.
 */
export type BackwardRules = Readonly<Record<string, BackwardRule>>;

/** The key of the rule for every operator without one of its own. */
export const fallback = "*";
