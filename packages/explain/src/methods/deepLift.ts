// DeepLIFT, rescale rule (Shrikumar et al. 2017, arXiv:1704.02685): multiplier (x − b), the multipliers of
// rules/deepLift.ts; delta = Σ attributions − (f(x) − f(b)), 0 but for rounding. Captum 0.8 drops its own rule
// for max pooling where a pool directly follows an activation (its sums then miss); `maxima: "gradient"` is that. Where
// an activation directly follows a pool its sums miss, too; between convolutions both rules are one where windows do not
// overlap. Where they do, Captum's unpooling keeps one of the values that meet in a place and loses the rest (of a small
// network its sum was −0.054 for a difference of −0.028, ours −0.028). Through activations that it has no rule for
// (LogSigmoid, GELU, SiLU, Mish …) Captum takes the plain gradient, and its sums miss; here all are rescaled.
import type { GraphBuilder } from "@cajal/onnx";
import { deepLift as rules, referenceOf, type DeepLiftRules } from "../rules/deepLift";
import { rowOf, rowsOf } from "../network/rows";
import type { Call } from "./call";
import { defineMethod } from "./method";
import { baselineOf, type Baseline } from "./baseline";
import { baselineScores } from "./shared/baselineScores";
import { gradientsOf, total } from "./shared/evaluate";
import { emptyRows } from "../network/rows";
import type { Tensor } from "@cajal/core";

export interface DeepLiftOptions {
  /** Default 0. */
  readonly baseline?: Baseline;
  /** Through max pooling. Default "rescale". */
  readonly maxima?: DeepLiftRules["maxima"];
}

export const deepLift = defineMethod({
  name: "deep-lift",
  title: "DeepLIFT",
  gives: "image",
  plain: false,
  options: ["baseline", "maxima"],
  attribute: (call, { baseline = 0, maxima = "rescale" }: DeepLiftOptions) =>
    against(call, baselineOf(call, baseline), { maxima, baseline }),
  graph: {
    map({ g, x, fed, baseline, gradients }, { baseline: from = 0, maxima = "rescale" }) {
      const b = baseline(from);
      const reference = (h: GraphBuilder) => h.expand(b, h.int64s(x.shape as number[]));
      const [m] = gradients([fed], rules({ maxima, image: fed.name, reference }));
      return g.mul(m!, g.sub(x, b));
    },
  },
});

/**
 * The attributions against one baseline for each image.
 *
 * @param options.baseline what `from` was made of
 */
export async function against(
  call: Call,
  from: Tensor<"float32">,
  { maxima, baseline = from }: { maxima: DeepLiftRules["maxima"]; baseline?: Baseline },
) {
  const { images, network } = call;
  const { image } = network.graph;
  const reference = referenceOf(network.graph);
  const map = emptyRows(images.shape[0]!, images.shape.slice(1));
  const at: number[] = [];
  await gradientsOf(call, rowsOf(images), {
    rules: rules({ maxima, image, reference }),
    feeds: { [reference]: rowsOf(from) },
    use: (row, { gradients }, score) => {
      const [to, x, b] = [rowOf(map, row), rowOf(images, row), rowOf(from, row)];
      gradients[image]!.data.forEach((m, i) => (to[i] = m * (x[i]! - b[i]!)));
      at.push(score);
    },
  });
  const before = await baselineScores(call, baseline, from);
  const delta = at.map((score, i) => total(rowOf(map, i)) - (score - before[i]!));
  return { map, delta };
}
