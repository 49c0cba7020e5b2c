// The activations that recurrent operators name, with their parameters.
import type { GraphBuilder, Value } from "../../graph/builder";
import { positive } from "../relu";

export interface Activation {
  of(x: Value): Value;
  /**
   * p ⊙ a'(x) from y = a(x), where the slope shows in y.
   *
   * @param py p ⊙ y, where that is at hand
   */
  backward?(p: Value, y: Value, py?: Value): Value;
}

interface Definition {
  /** Parameters' values where they are not stated. */
  readonly alpha?: number;
  readonly beta?: number;
  build(g: GraphBuilder, x: Value, alpha: number, beta: number): Value;
  backward?(g: GraphBuilder, p: Value, y: Value, py: Value | undefined, alpha: number): Value;
}

/** ONNX's list; the formulas are those of its documentation of RNN. */
const definitions: Readonly<Record<string, Definition>> = {
  Affine: {
    alpha: 1,
    beta: 0,
    build: (g, x, alpha, beta) => g.add(g.mul(x, alpha), beta),
    backward: (g, p, _y, _py, alpha) => g.mul(p, alpha),
  },
  Elu: { alpha: 1, build: (g, x, alpha) => g.elu(x, { alpha }) },
  HardSigmoid: {
    alpha: 0.2,
    beta: 0.5,
    build: (g, x, alpha, beta) => g.hardSigmoid(x, { alpha, beta }),
    backward: (g, p, y, _py, alpha) =>
      g.mul(g.mul(p, alpha), g.cast(g.and(g.greater(y, 0), g.less(y, 1)), y.dtype)),
  },
  LeakyRelu: { alpha: 0.01, build: (g, x, alpha) => g.leakyRelu(x, { alpha }) },
  Relu: { build: (g, x) => g.relu(x), backward: (g, p, y) => g.mul(p, positive(g, y)) },
  ScaledTanh: { alpha: 1, beta: 1, build: (g, x, alpha, beta) => g.mul(g.tanh(g.mul(x, beta)), alpha) }, // prettier-ignore
  Sigmoid: {
    build: (g, x) => g.sigmoid(x),
    backward: (g, p, y, py = g.mul(p, y)) => g.mul(py, g.sub(1, y)),
  },
  Softplus: { build: (g, x) => g.softplus(x) },
  Softsign: { build: (g, x) => g.softsign(x) },
  Tanh: {
    build: (g, x) => g.tanh(x),
    backward: (g, p, y, py = g.mul(p, y)) => g.sub(p, g.mul(py, y)),
  },
  ThresholdedRelu: { alpha: 1, build: (g, x, alpha) => g.thresholdedRelu(x, { alpha }) },
};

/** The names, for messages. */
export const recurrentActivations: readonly string[] = Object.keys(definitions);

/**
 * The activations of a node in the order of their names; undefined where one is unknown. Each takes the
 * next of the parameters if it has any, as ONNX Runtime reads them.
 */
export function activationsOf(
  g: GraphBuilder,
  names: readonly string[],
  alphas: readonly number[] = [],
  betas: readonly number[] = [],
): (Activation | undefined)[] {
  const [alpha, beta] = [[...alphas], [...betas]];
  return names.map((name) => {
    const key = recurrentActivations.find((each) => each.toLowerCase() === name.toLowerCase());
    const definition = key === undefined ? undefined : definitions[key]!;
    if (!definition) return undefined;
    const a = definition.alpha === undefined ? 0 : (alpha.shift() ?? definition.alpha);
    const b = definition.beta === undefined ? 0 : (beta.shift() ?? definition.beta);
    const { build, backward } = definition;
    return {
      of: (x) => build(g, x, a, b),
      ...(backward && { backward: (p, y, py) => backward(g, p, y, py, a) }),
    };
  });
}
