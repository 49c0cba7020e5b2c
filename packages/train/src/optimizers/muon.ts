import { CajalError, checkOptions, optionsOf, showValue } from "@cajal/core";
import type { Ops, Optimizer } from "@cajal/runtime";
import { adamOf } from "./adam";
import {
  checkShare,
  commonOptions,
  defineOptimizer,
  sharedFields,
  type OptimizerOptions,
} from "./defineOptimizer";

export interface MuonOptions extends OptimizerOptions {
  /** Share of the momentum that is kept, below 1; default 0.95. */
  momentum?: number;
  /** Steps by the gradient and the momentum after it; default true. */
  nesterov?: boolean;
  /** Newton–Schulz iterations; default 5. */
  nsSteps?: number;
  /** Root mean square that a step's elements have, beside the learning rate; null: singular values of 1; default 0.2. */
  rmsRate?: number | null;
  /** Whether Adam updates weights that have "embedding" in their names, in whatever case; default true. */
  excludeEmbeddings?: boolean;
  /** Parts of names, as regular expressions, of the weights that Adam updates, too; default none. */
  excludeLayers?: readonly string[];
  /** Adam's share of the old mean of gradients kept, below 1; default 0.9. */
  adamBeta1?: number;
  /** Adam's share of the old mean of squares kept, below 1; default 0.999. */
  adamBeta2?: number;
  /** Adam's; default 1e-7. */
  epsilon?: number;
  /** Factor of the learning rate where Adam updates; default 1. */
  adamLrRatio?: number;
}

const optionKinds = optionsOf<MuonOptions>({
  ...commonOptions,
  momentum: true,
  nesterov: "boolean",
  nsSteps: { least: 1, whole: true },
  rmsRate: true,
  excludeEmbeddings: "boolean",
  excludeLayers: "array",
  adamBeta1: true,
  adamBeta2: true,
  epsilon: { least: 0 },
  adamLrRatio: { least: 0 },
});

/** Coefficients of the quintic iteration, steepest at 0: it ends near 1, not at it (Jordan et al. 2024, below). */
const [a, b, c] = [3.4445, -4.775, 2.0315];

/**
 * Momentum made orthogonal, for matrices: m ← momentum·m + g, p ← p − lr · rmsRate·√max(rows, columns) · O, where O is
 * near U·Vᵀ of g + momentum·m = U·S·Vᵀ, by Newton–Schulz iterations (Jordan et al. 2024, Muon; its scale as in Liu et al.
 * 2025, arXiv:2502.16982, so that learning rates of Adam suit). All weights that are no matrices (biases, kernels of convolutions),
 * and embeddings, are {@link adam}'s: those named by `excludeLayers`, too; the last layer is a candidate.
 *
 * @param options.learningRate default 0.001
 * @param options.weightDecay default 0.004
 */
export const muon = defineOptimizer(
  ["muon"],
  (options: MuonOptions = {}): Optimizer<{ momentum: number; velocity: number }> => {
    checkOptions("muon", options, optionKinds);
    const { momentum = 0.95, nesterov = true, nsSteps = 5, weightDecay = 0.004 } = options;
    const { excludeEmbeddings = true, excludeLayers = [], rmsRate = 0.2 } = options;
    const { adamBeta1 = 0.9, adamBeta2 = 0.999, epsilon = 1e-7, adamLrRatio = 1 } = options;
    checkShare("muon", "momentum", momentum);
    if (rmsRate !== null && !(Number.isFinite(rmsRate) && rmsRate > 0))
      throw new CajalError(
        "bad-argument",
        `muon: got rmsRate ${showValue(rmsRate)}, expected a number above 0, or null.`,
        { rmsRate },
      );
    const patterns = [...excludeLayers.map(expressionOf), ...(excludeEmbeddings ? [/embedding/i] : [])]; // prettier-ignore
    const excluded = (key: string) => patterns.some((pattern) => pattern.test(key));
    checkShare("muon", "adamBeta1", adamBeta1);
    checkShare("muon", "adamBeta2", adamBeta2);
    const adam = adamOf("muon", { beta1: adamBeta1, beta2: adamBeta2, epsilon });
    return {
      ...sharedFields(
        "muon",
        { ...options, weightDecay },
        {
          defaultRate: 0.001,
          hyperparameters: { momentum, nesterov, nsSteps, rmsRate, excludeEmbeddings, excludeLayers, adamBeta1, adamBeta2, epsilon, adamLrRatio }, // prettier-ignore
        },
      ),
      slots: { momentum: 0, velocity: 0 },
      readsShapes: true,
      update(ops, context) {
        const { key, parameter: p, gradient: g, slots, rate, iteration } = context;
        if (ops.rank(p) !== 2 || excluded(key)) {
          const ofAdam = adam.rate!(ops, ops.mul(rate, adamLrRatio), iteration);
          return adam.update(ops, { ...context, rate: ofAdam });
        }
        const m = ops.add(ops.mul(slots.momentum, momentum), g);
        const step = orthogonalized(ops, nesterov ? ops.add(g, ops.mul(m, momentum)) : m, nsSteps);
        const longest = Math.max(ops.extent(p, 0)!, ops.extent(p, 1)!);
        const length = rmsRate === null ? 1 : rmsRate * Math.sqrt(longest);
        return {
          parameter: ops.sub(p, ops.mul(step, ops.mul(rate, length))),
          slots: { momentum: m, velocity: slots.velocity },
        };
      },
    };
  },
);

/** @throws CajalError `bad-argument` for what is no regular expression */
function expressionOf(pattern: unknown): RegExp {
  try {
    if (typeof pattern === "string") return new RegExp(pattern);
  } catch {
    // Said below.
  }
  throw new CajalError(
    "bad-argument",
    `muon: got ${showValue(pattern)} among excludeLayers, expected parts of names, as regular expressions.`,
    { pattern },
  );
}

/** U·S′·Vᵀ of a matrix U·S·Vᵀ, where S′ is near 1. */
function orthogonalized<V>(ops: Ops<V>, matrix: V, steps: number): V {
  const isTall = ops.extent(matrix, 0)! > ops.extent(matrix, 1)!;
  const wide = isTall ? ops.transpose(matrix) : matrix;
  const norm = ops.sqrt(ops.reduceSum(ops.mul(wide, wide)));
  let x = ops.div(wide, ops.add(norm, 1e-7));
  for (let step = 0; step < steps; step++) {
    const square = ops.matMul(x, ops.transpose(x));
    const both = ops.add(ops.mul(square, b), ops.matMul(ops.mul(square, c), square));
    x = ops.add(ops.mul(x, a), ops.matMul(both, x));
  }
  return isTall ? ops.transpose(x) : x;
}
