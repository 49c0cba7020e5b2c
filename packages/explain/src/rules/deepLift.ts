// DeepLIFT's multipliers by the rescale rule (Shrikumar et al. 2017, arXiv:1704.02685). The graph is computed a
// second time from a reference image; from x against x₀ the multiplier of an activation is (y − y₀)/(x − x₀).
import { recomputed, type BackwardRule, type GraphBuilder, type Value } from "@cajal/onnx";
import type { NamedRules } from "../network/network";
import { activations, forEach, linear, maxima, moving, movingInputs, refuses } from "./operators";

/** The input that takes the reference image. */
export const reference = "reference";

/** A reference that is not told from x: there the slope is the multiplier. */
const least = 1e-10;

export interface DeepLiftRules {
  /** Through max pooling: by the rule of the paper's authors, or by the plain gradient. */
  readonly maxima: "rescale" | "gradient";
  /** The graph's value of the image. */
  readonly image: string;
  /** What the reference image is in a graph; default: a further input. */
  readonly at?: (g: GraphBuilder) => Value;
}

export const deepLift = ({
  maxima: through,
  image,
  at: referenceOf,
}: DeepLiftRules): NamedRules => ({
  key: `deep-lift ${through}`,
  make: (g) => {
    const { dtype, shape } = g.value(image);
    const from = referenceOf?.(g) ?? g.input(reference, dtype, shape);
    const at = recomputed(g, new Map([[image, from]]));
    return {
      ...forEach([...moving, ...linear], (dys, { gradient }) => gradient(dys)),
      ...forEach(activations, rescale(at)),
      ...forEach(maxima, through === "rescale" ? rescaledMaximum(at) : (dys, { gradient }) => gradient(dys)), // prettier-ignore
      Mul: product(at),
      Div: quotient,
      "*": refuses("deep-lift"),
    };
  },
});

type At = (value: Value) => Value;

/** m / (x − x₀), or else where these are as good as equal. */
function divided(g: GraphBuilder, m: Value, x: Value, x0: Value, otherwise: Value): Value {
  const difference = g.sub(x, x0);
  const equal = g.less(g.abs(difference), least);
  return g.where(equal, otherwise, g.div(m, g.where(equal, 1, difference)));
}

const rescale =
  (at: At): BackwardRule =>
  ([m], context, g) => {
    const [x, y] = [context.inputs[0]!, context.outputs[0]!];
    const share = g.mul(m!, g.sub(y, at(y)));
    return [divided(g, share, x, at(x), context.gradient([m])[0]!)];
  };

/**
 * Of outputs y and y₀ with top = max(y, y₀): the image's winner receives m (top − y₀), the reference's
 * m (y − top), which add up to m (y − y₀).
 */
const rescaledMaximum =
  (at: At): BackwardRule =>
  ([m], context, g) => {
    const [x, y] = [context.inputs[0]!, context.outputs[0]!];
    const [x0, y0] = [at(x), at(y)];
    const top = g.max(y, y0);
    const [toWinner] = context.gradient([g.mul(m!, g.sub(top, y0))]);
    const again = context.apply([x0, ...context.inputs.slice(1)]);
    const [toReferences] = context.pullback([again], [g.mul(m!, g.sub(y, top))], [x0]);
    const [slope] = context.gradient([m]);
    return [divided(g, g.add(toWinner!, toReferences!), x, x0, slope!)];
  };

/** Of two factors that both move each has the other's mean of image and reference: a b − a₀ b₀ exactly. */
const product =
  (at: At): BackwardRule =>
  ([m], context, g) => {
    const [a, b] = context.inputs as [Value, Value];
    const mean = (value: Value) => g.mul(g.add(value, at(value)), 0.5);
    const by = (i: number, factors: [Value, Value], x: Value) =>
      context.wants(i) ? context.pullback([context.apply(factors)], [m!], [x])[0] : undefined;
    return [by(0, [a, mean(b)], a), by(1, [mean(a), b], b)];
  };

const quotient: BackwardRule = (dys, context, g) =>
  movingInputs(context).join() === "0"
    ? context.gradient(dys)
    : refuses("deep-lift")(dys, context, g);
