// Adversarial images: small changes that raise the loss of a class, L = softmax cross-entropy of the logits with
// the target, or lower it (`targeted`). Of one score alone, z, L = −log σ(z): its softmax is 1, and has no slope.
import { optionsOf, type Tensor } from "@cajal/core";
import type { Call } from "../methods/call";
import { checkBounds } from "../network/images";
import { emptyRows, rowOf, rows, rowsOf } from "../network/rows";

export interface AttackOptions {
  /**
   * - `fgsm`: x + epsilon sign(dL/dx) (Goodfellow et al. 2014, arXiv:1412.6572), the plain sign. Captum by itself
   *   leaves pixels unchanged whose gradient is at most 1e-6; `threshold` is for that.
   * - `pgd`: steps of `step` (Madry et al. 2017, arXiv:1706.06083), the change projected after each on the ball of
   *   `radius`, without a random start. Norm "Linf": sign steps. "L2": steps along the gradient, divided by its norm
   *   (as CleverHans; Captum takes sign steps there too).
   */
  readonly method?: "fgsm" | "pgd";
  /** Size of the one step of fgsm. Default 0.03. */
  readonly epsilon?: number;
  /** Norm of pgd. Default "Linf". */
  readonly norm?: "Linf" | "L2";
  /** Largest change of pgd, in its norm. Default 0.03 (Linf), 1 (L2). */
  readonly radius?: number;
  /** Length of a step of pgd. Default: a quarter of the radius. */
  readonly step?: number;
  /** Steps of pgd. Default 10. */
  readonly steps?: number;
  /** Whether the loss is lowered: towards the target, not away from it. Default false. */
  readonly targeted?: boolean;
  /** What pixels may be. Default: anything. */
  readonly low?: number;
  /** What pixels may be at most. Default: anything. */
  readonly high?: number;
  /** Sign steps leave pixels with gradients up to this as they are. Default 0. */
  readonly threshold?: number;
}

export const attackOptions = optionsOf<AttackOptions>({
  method: ["fgsm", "pgd"],
  epsilon: { least: 0 },
  norm: ["Linf", "L2"],
  radius: { least: 0 },
  step: { least: 0 },
  steps: { whole: true, least: 1, most: 100_000 },
  targeted: "boolean",
  low: true,
  high: true,
  threshold: { least: 0 },
});

/** Images inside, and their logits. */
export interface Attacked {
  readonly images: Tensor<"float32">;
  readonly logits: Tensor<"float32">;
}

type Step = (
  to: Float32Array,
  x: Float32Array,
  start: Float32Array,
  gradient: Float64Array,
) => void;

/** @throws CajalError `unknown-name`, `bad-argument` */
export async function attacked(call: Call, options: AttackOptions): Promise<Attacked> {
  const { method = "fgsm", norm = "Linf", targeted = false, threshold = 0 } = options;
  const { low = -Infinity, high = Infinity, epsilon = 0.03, steps = 10 } = options;
  const { radius = norm === "Linf" ? 0.03 : 1 } = options;
  const { step = radius / 4 } = options;
  checkBounds("attack", low, high);
  const towards = targeted ? -1 : 1;
  const clip = (value: number) => Math.min(Math.max(value, low), high);
  const signStep = (size: number, to: Float32Array, x: Float32Array, gradient: Float64Array) =>
    gradient.forEach((g, i) => {
      const sign = Math.abs(g) > threshold ? Math.sign(g) : 0;
      to[i] = x[i]! + Math.fround(towards * size * sign);
    });
  const kinds: Readonly<Record<string, { readonly count: number; readonly go: Step }>> = {
    fgsm: {
      count: 1,
      go: (to, x, _, gradient) => {
        signStep(epsilon, to, x, gradient);
        to.forEach((value, i) => (to[i] = clip(value)));
      },
    },
    Linf: {
      count: steps,
      go: (to, x, start, gradient) => {
        signStep(step, to, x, gradient);
        to.forEach((value, i) => {
          const clipped = clip(value) - start[i]!;
          to[i] = clip(start[i]! + Math.min(Math.max(clipped, -radius), radius));
        });
      },
    },
    L2: {
      count: steps,
      go: (to, x, start, gradient) => {
        const length = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)) || 1;
        const change = gradient.map((g, i) => x[i]! + (towards * step * g) / length - start[i]!);
        const norm2 = Math.sqrt(change.reduce((sum, each) => sum + each * each, 0));
        const share = Math.min(1, radius / (norm2 || 1));
        change.forEach((each, i) => (to[i] = clip(start[i]! + each * share)));
      },
    },
  };
  const { count, go } = kinds[method === "fgsm" ? "fgsm" : norm]!;
  let images = call.images;
  for (let k = 0; k < count; k++) {
    const gradients = await lossGradients({ ...call, images });
    const next = emptyRows(images.shape[0]!, images.shape.slice(1));
    for (let i = 0; i < images.shape[0]!; i++)
      go(rowOf(next, i), rowOf(images, i), rowOf(call.images, i), gradients[i]!);
    images = next;
    call.control.onProgress?.({ done: k + 1, total: count });
  }
  return { images, logits: await logitsOf({ ...call, images }) };
}

/** The logits of every image. */
export async function logitsOf({ network, images, control }: Call): Promise<Tensor<"float32">> {
  const logits = emptyRows(images.shape[0]!, [network.graph.classes]);
  await network.pass(
    {
      feeds: { [network.graph.image]: rowsOf(images) },
      of: network.graph.logits,
      use: (row, { value }) => rowOf(logits, row).set(value),
    },
    { signal: control.signal },
  );
  return logits;
}

/** dL/dx; dL/dlogits = softmax − one-hot, of one score σ(z) − 1. */
async function lossGradients(call: Call): Promise<Float64Array[]> {
  const { network, images, targets } = call;
  const { graph } = network;
  const logits = await logitsOf(call);
  const rowsOfGradients: Float64Array[] = [];
  await network.pass(
    {
      feeds: { [graph.image]: rowsOf(images) },
      of: graph.logits,
      dy: rows(images.shape[0]!, [graph.classes], (row, to) => {
        const z = rowOf(logits, row);
        const most = z.reduce((a, b) => Math.max(a, b), -Infinity);
        const powers = Float64Array.from(z, (value) => Math.exp(value - most));
        const sum = graph.classes === 1 ? 1 + Math.exp(-most) : powers.reduce((a, b) => a + b, 0);
        powers.forEach((power, i) => (to[i] = power / sum - (i === targets[row] ? 1 : 0)));
      }),
      by: [graph.image],
      use: (row, { gradients }) => {
        rowsOfGradients[row] = Float64Array.from(gradients[graph.image]!.data);
      },
    },
    { signal: call.control.signal },
  );
  return rowsOfGradients;
}
