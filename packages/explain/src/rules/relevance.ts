// Layer-wise relevance propagation (Bach et al. 2015, 10.1371/journal.pone.0130140; Montavon et al. 2019). From
// the relevance R of what a layer gives to that of its inputs: with z_j = Σ_i a_i w_ij + b_j,
//   R_i = a_i Σ_j w_ij R_j / (z_j + ε sign(z_j)),  sign(0) = 1,
// and the other rules by other weights in it. Activations pass R on, those that are written as products too; max
// pooling gives it to the winner.
import { CajalError } from "@cajal/core";
import type { BackwardContext, BackwardRule, GraphBuilder, Node, Value } from "@cajal/onnx";
import { activations } from "../network/activations";
import type { NamedRules } from "../network/network";
import { gatedOperand } from "./gates";
import { forEach, maxima, moving, movingInputs, refuses } from "./operators";

/**
 * How a layer with weights hands relevance on:
 *
 * - `epsilon`: as above, ε = `epsilon`.
 * - `zplus`: only products a w that are positive, and the positive part of the bias (Zennit's).
 * - `alpha-beta`: `alpha` times that, minus `beta` times the same of negative products (alpha − beta = 1).
 * - `gamma`: weights favoured by `gamma` times their positive part, for z > 0; mirrored for z < 0 (Zennit's
 *   generalization, which also takes negative inputs).
 * - `positive-weights`: max(w, 0) for w (Captum's Alpha1_Beta0_Rule), and `positive-gamma`: w + gamma max(w, 0)
 *   (Captum's GammaRule). Both take inputs as if none were negative: sums near 0 then make huge relevances.
 */
export type RelevanceRule =
  | "epsilon"
  | "zplus"
  | "alpha-beta"
  | "gamma"
  | "positive-weights"
  | "positive-gamma";

export const relevanceRules: readonly RelevanceRule[] = [
  "epsilon",
  "zplus",
  "alpha-beta",
  "gamma",
  "positive-weights",
  "positive-gamma",
];

export interface RelevanceOptions {
  readonly convolution: RelevanceRule;
  readonly dense: RelevanceRule;
  readonly epsilon: number;
  readonly gamma: number;
  readonly alpha: number;
  readonly beta: number;
  /** ε of all that `epsilon` does not stand for: pools, sums, normalizations, the other rules. */
  readonly stabilizer: number;
  /** Whether sums of several layers count as `epsilon` layers do, as Captum has it. */
  readonly sums: "epsilon" | "stabilizer";
  /** Whether `positive-weights` and `positive-gamma` leave the bias in z. */
  readonly bias: boolean;
  /** Whether a normalization behind a convolution is taken as part of it. */
  readonly foldNormalization: boolean;
}

export const relevance = (options: RelevanceOptions): NamedRules => ({
  key: `lrp ${JSON.stringify(options)}`,
  make: () => {
    const { stabilizer, epsilon, foldNormalization } = options;
    const summed = inShares(options.sums === "epsilon" ? epsilon : stabilizer);
    return {
      ...forEach(moving, (dys, { gradient }) => gradient(dys)),
      ...forEach(activations, ([r], { inputs }) => inputs.map((_, i) => (i === 0 ? r : undefined))),
      ...forEach(maxima, (dys, { gradient }) => gradient(dys)),
      ...forEach(
        ["AveragePool", "GlobalAveragePool", "Mean", "Neg", "ReduceMean", "ReduceSum"],
        inShares(stabilizer),
      ),
      ...forEach(["Sub", "Sum"], summed),
      Add: (dys, context, g) =>
        denseBefore(context.node, g)
          ? context.inputs.map((_, i) => (context.wants(i) ? dys[0] : undefined))
          : summed(dys, context, g),
      Div: scaled(stabilizer),
      Mul: (dys, context, g) => {
        const gated =
          movingInputs(context).length === 2 ? gatedOperand(context.node, g) : undefined;
        return gated === undefined
          ? scaled(stabilizer)(dys, context, g)
          : context.inputs.map((_, i) => (i === gated ? dys[0] : g.mul(dys[0]!, 0)));
      },
      BatchNormalization: (dys, context, g) =>
        foldNormalization && weightedBefore(context.node, g)
          ? [dys[0], ...context.inputs.slice(1).map(() => undefined)]
          : inShares(stabilizer)(dys, context, g),
      Conv: weighted(options.convolution, options),
      ConvTranspose: weighted(options.convolution, options),
      Gemm: weighted(options.dense, options),
      MatMul: weighted(options.dense, options),
      "*": refuses("lrp"),
    };
  },
});

/** z + ε sign(z), sign(0) = 1. */
const stabilized = (g: GraphBuilder, z: Value, epsilon: number): Value =>
  g.add(z, g.where(g.less(z, 0), -epsilon, g.scalar(z.dtype, epsilon)));

/** The epsilon rule for whatever is linear in its inputs. */
const inShares =
  (epsilon: number): BackwardRule =>
  ([r], context, g) => {
    const shares = context.gradient([g.div(r!, stabilized(g, context.outputs[0]!, epsilon))]);
    return shares.map((share, i) => share && context.wants(i) && g.mul(context.inputs[i]!, share)).map((x) => x || undefined); // prettier-ignore
  };

const scaled =
  (epsilon: number): BackwardRule =>
  (dys, context, g) =>
    movingInputs(context).join() === "0" ||
    (context.node.op === "Mul" && movingInputs(context).length === 1)
      ? inShares(epsilon)(dys, context, g)
      : refuses("lrp")(dys, context, g);

/** The layer with weights whose normalization this node is: nothing else reads it. */
function weightedBefore({ inputs: [x] }: Node, g: GraphBuilder): Node | undefined {
  const z = beforeReordering(x!, g);
  const maker = makerOf(z, g);
  return maker && ["Conv", "Gemm"].includes(maker.op) && readersOf(z, g).length === 1
    ? maker
    : undefined;
}

/** A dense layer of sequences, whose bias this node adds: exporters write it as a product and a sum. */
function denseBefore(
  { op, inputs }: Node,
  g: GraphBuilder,
): { readonly product: Node; readonly bias: Value } | undefined {
  if (op !== "Add") return undefined;
  const found = inputs.flatMap((name, i) => {
    const [product, bias] = [makerOf(name, g), g.value(inputs[1 - i]!)];
    const isBias =
      product?.op === "MatMul" &&
      !makerOf(bias.name, g) &&
      !g.inputs.some((input) => input.name === bias.name) &&
      bias.shape?.slice(0, -1).every((extent) => extent === 1) === true &&
      (bias.shape.at(-1) === 1 || bias.shape.at(-1) === g.value(name).shape?.at(-1)) &&
      bias.shape.length <= (g.value(name).shape?.length ?? 0) &&
      readersOf(name, g).length === 1;
    return isBias ? [{ product, bias }] : [];
  });
  return found[0];
}

/** Nodes that read a value on the way forwards. */
const readersOf = (name: string, g: GraphBuilder): readonly Node[] =>
  g.nodes.filter((node) => node.inputs.includes(name) && !node.name.startsWith("gradient/"));

const makerOf = (name: string, g: GraphBuilder) => g.nodes.find((node) => node.outputs[0] === name);

/** The value that one is transposed twice of, and so the same. */
function beforeReordering(name: string, g: GraphBuilder): string {
  const second = makerOf(name, g);
  const first = second?.op === "Transpose" ? makerOf(second.inputs[0]!, g) : undefined;
  if (first?.op !== "Transpose") return name;
  const [inner, outer] = [first, second!].map(({ attributes: { perm } }) =>
    perm?.type === "ints" ? perm.value : [],
  );
  return outer!.every((axis, i) => inner![axis] === i) ? first.inputs[0]! : name;
}

/** Weights, bias and what they give; a normalization behind them taken in. */
interface Weighted {
  readonly w: Value;
  readonly b: Value | undefined;
  readonly z: Value;
}

function weightsOf(context: BackwardContext, g: GraphBuilder, fold: boolean): Weighted {
  const [, w, b] = context.inputs;
  const z = context.outputs[0]!;
  const [reader] = context.node.op === "MatMul" ? readersOf(z.name, g) : [];
  const dense = reader && denseBefore(reader, g);
  if (dense?.product === context.node)
    return { w: w!, b: dense.bias, z: g.value(reader!.outputs[0]!) };
  const after = g.nodes.find(
    (node) => node.op === "BatchNormalization" && beforeReordering(node.inputs[0]!, g) === z.name,
  );
  if (!fold || !after || weightedBefore(after, g) !== context.node) return { w: w!, b, z };
  // y = (conv(x, w) + b − mean) s + beta, s = scale / √(variance + ε)
  const [scale, beta, mean, variance] = after.inputs.slice(1).map((name) => g.value(name));
  const { epsilon } = after.attributes;
  const root = g.sqrt(g.add(variance!, epsilon?.type === "float" ? epsilon.value : 1e-5));
  const s = g.div(scale!, root);
  const along = context.node.op === "Gemm" ? gemmAxis(context) : [-1, 1, 1, 1];
  const rank = w!.shape!.length;
  const shape = along.length === rank ? along : [-1, ...Array<number>(rank - 1).fill(1)];
  const shift = b ? g.sub(b, mean!) : g.neg(mean!);
  return {
    w: g.mul(w!, g.reshape(s, shape)),
    b: g.add(g.mul(shift, s), beta!),
    z: g.value(after.outputs[0]!),
  };
}

const gemmAxis = ({ int }: BackwardContext) => (int("transB", 0) ? [-1, 1] : [1, -1]);

type Part = "positive" | "negative";

function weighted(rule: RelevanceRule, options: RelevanceOptions): BackwardRule {
  const { epsilon, stabilizer, gamma, alpha, beta, bias, foldNormalization } = options;
  return ([r], context, g) => {
    const [x] = context.inputs as [Value];
    if (!context.wants(0) || context.wants(1))
      throw new CajalError(
        "unsupported",
        `lrp has no rule for a ${context.node.op} of two values that both come from the image.`,
        { node: context.node.name },
      );
    const { w, b, z } = weightsOf(context, g, foldNormalization);
    const part = (value: Value, which: Part) =>
      which === "positive" ? g.relu(value) : g.neg(g.relu(g.neg(value)));
    const biased = (value: Value | undefined, which: Part) => value && part(value, which);
    const apply = (inputs: Value, weights: Value, added?: Value) =>
      added && context.node.op === "MatMul"
        ? g.add(context.apply([inputs, weights]), added)
        : context.apply([inputs, weights, added]);
    /** Σ over pairs (a, w, b) of a times what goes back of R / (Σ z + ε). */
    const share = (
      pairs: readonly (readonly [Value, Value, Value?])[],
      of: Value,
      e: number,
    ): Value => {
      const results = pairs.map(([a, weights, added]) => apply(a, weights, added));
      const s = g.div(
        of,
        stabilized(
          g,
          results.reduce((sum, each) => g.add(sum, each)),
          e,
        ),
      );
      return pairs
        .map(([a], i) => g.mul(a, context.pullback([results[i]!], [s], [a])[0]!))
        .reduce((sum, each) => g.add(sum, each));
    };
    const up = () => part(x, "positive");
    const down = () => part(x, "negative");
    const relevances: Readonly<Record<RelevanceRule, () => Value>> = {
      epsilon: () => {
        const s = g.div(r!, stabilized(g, z, epsilon));
        return g.mul(x, context.pullback([apply(x, w, b)], [s], [x])[0]!);
      },
      "positive-weights": () =>
        share([[x, part(w, "positive"), bias ? b : undefined]], r!, stabilizer),
      "positive-gamma": () =>
        share(
          [[x, g.add(w, g.mul(part(w, "positive"), gamma)), bias ? b : undefined]],
          r!,
          stabilizer,
        ),
      zplus: () =>
        share(
          [
            [up(), part(w, "positive"), biased(b, "positive")],
            [down(), part(w, "negative")],
          ],
          r!,
          stabilizer,
        ),
      "alpha-beta": () => {
        const negative = share(
          [
            [up(), part(w, "negative"), biased(b, "negative")],
            [down(), part(w, "positive")],
          ],
          r!,
          stabilizer,
        );
        return g.sub(g.mul(relevances.zplus(), alpha), g.mul(negative, beta));
      },
      gamma: () => {
        const favoured = (value: Value, which: Part) =>
          g.add(value, g.mul(part(value, which), gamma));
        const side = (first: Part, second: Part, of: Value) =>
          share(
            [
              [up(), favoured(w, first), b && favoured(b, first)],
              [down(), favoured(w, second)],
            ],
            of,
            stabilizer,
          );
        const where = (condition: Value) => g.mul(r!, g.cast(condition, r!.dtype));
        return g.add(
          side("positive", "negative", where(g.greater(z, 0))),
          side("negative", "positive", where(g.less(z, 0))),
        );
      },
    };
    return [relevances[rule](), ...context.inputs.slice(1).map(() => undefined)];
  };
}
