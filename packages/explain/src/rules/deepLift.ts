// DeepLIFT's multipliers by the rescale rule (Shrikumar et al. 2017, arXiv:1704.02685). The graph is computed a
// second time from a reference image; from x against x₀ the multiplier of an activation is (y − y₀)/(x − x₀).
import { recomputed, type BackwardRule, type GraphBuilder, type Value } from "@cajal/onnx";
import { activations } from "../network/activations";
import type { ExplainedGraph } from "../network/explainedGraph";
import type { NamedRules } from "../network/network";
import { bilinear, forEach, linear, maxima, moving, movingInputs, refuses } from "./operators";

/** The input that takes the reference image, by a name that the network has not. */
export function referenceOf({ values }: Pick<ExplainedGraph, "values">): string {
  let name = "reference";
  while (values.has(name)) name = `${name}'`;
  return name;
}

/** A reference that is not told from x: there the slope is the multiplier. */
const least = 1e-10;

export interface DeepLiftRules {
  /** Through max pooling: by the rule of the paper's authors, or by the plain gradient. */
  readonly maxima: "rescale" | "gradient";
  /** The graph's value of the image. */
  readonly image: string;
  /** The further input that takes the reference image, or what it is in a graph. */
  readonly reference: string | ((g: GraphBuilder) => Value);
}

export const deepLift = ({ maxima: through, image, reference }: DeepLiftRules): NamedRules => ({
  key: `deep-lift ${through}`,
  make: (g) => {
    const { dtype, shape } = g.value(image);
    const from = typeof reference === "string" ? g.input(reference, dtype, shape) : reference(g);
    const at = recomputed(g, new Map([[image, from]]));
    return {
      ...forEach([...moving, ...linear], (dys, { gradient }) => gradient(dys)),
      ...forEach(bilinear, (dys, context, g) =>
        isConstant(at, context.inputs[1]!) ? context.gradient(dys) : product(at)(dys, context, g),
      ),
      BatchNormalization: onFirst(at, (dys, { gradient }) => gradient(dys)),
      ...forEach(activations, onFirst(at, rescale(at))),
      ...forEach(maxima, through === "rescale" ? rescaledMaximum(at) : (dys, { gradient }) => gradient(dys)), // prettier-ignore
      Mul: product(at),
      Div: quotient,
      "*": refuses("deep-lift"),
    };
  },
});

type At = (value: Value) => Value;

/** Whether a value is the same for the image and the reference. */
const isConstant = (at: At, value: Value): boolean => at(value).name === value.name;

/** A rule for what is a function of its first input: where others move too, there is none. */
const onFirst =
  (at: At, rule: BackwardRule): BackwardRule =>
  (dys, context, g) =>
    context.inputs.slice(1).every((value) => !value || isConstant(at, value))
      ? rule(dys, context, g)
      : refuses("deep-lift")(dys, context, g);

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

/**
 * Of two factors that both move each has the other's mean of image and reference: a b − a₀ b₀ exactly, of sums of products
 * too. What is added to them, such as a bias, is handed its gradient.
 */
const product =
  (at: At): BackwardRule =>
  ([m], context, g) => {
    const [a, b, ...added] = context.inputs as [Value, Value, ...(Value | undefined)[]];
    const mean = (value: Value) =>
      isConstant(at, value) ? value : g.mul(g.add(value, at(value)), 0.5);
    // By a copy, since both factors may be one value: its mean is no part of what is differentiated.
    const by = (i: number, x: Value, factors: (copy: Value) => readonly Value[]) => {
      if (!context.wants(i)) return undefined;
      const copy = g.identity(x);
      return context.pullback([context.apply([...factors(copy), ...added])], [m!], [copy])[0];
    };
    const toAdded = added.map((_, i) => (context.wants(i + 2) ? context.gradient([m])[i + 2] : undefined)); // prettier-ignore
    return [by(0, a, (copy) => [copy, mean(b)]), by(1, b, (copy) => [mean(a), copy]), ...toAdded];
  };

const quotient: BackwardRule = (dys, context, g) =>
  movingInputs(context).join() === "0"
    ? context.gradient(dys)
    : refuses("deep-lift")(dys, context, g);
