// Statistics over noisy copies of an image.
import { CajalError, checkOptions, unknownName } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import { emptyRows, rowOf } from "../network/rows";
import { kindsOf } from "../optionKinds";
import type { Call } from "./call";
import type { AnyMethod } from "./method";
import { inputXGradient } from "./inputXGradient";
import { integratedGradients, type IntegratedGradientsOptions } from "./integratedGradients";
import { saliency, type SaliencyOptions } from "./saliency";
import { sums } from "./shared/evaluate";
import type { GraphMethod } from "./graphMethod";
import { noiseOf, noisyIn, type NoiseOptions } from "./shared/noise";

export interface SmoothOptions extends NoiseOptions {
  /** What is attributed for each noisy image. Default "saliency". */
  readonly of?: "saliency" | "input-x-gradient" | "integrated-gradients";
  /** Its options. */
  readonly ofOptions?: SaliencyOptions & IntegratedGradientsOptions;
}

export const smoothOptions = ["samples", "stdev", "seed", "noise", "of", "ofOptions"] as const;

const methods: Readonly<Record<string, AnyMethod>> = {
  saliency,
  "input-x-gradient": inputXGradient,
  "integrated-gradients": integratedGradients,
};

/** @throws CajalError `unknown-name`, `unknown-option`, `bad-argument` */
function methodToSmooth(of: string, ofOptions: object): AnyMethod {
  const method = Object.hasOwn(methods, of) ? methods[of]! : undefined;
  if (!method) throw unknownName("method to smooth", of, Object.keys(methods));
  checkOptions(`ofOptions of ${of}`, ofOptions, kindsOf(method.options));
  return method;
}

/** Means of attributions and of their squares over noisy images, by example and element. */
export async function smoothed(
  call: Call,
  { of = "saliency", ofOptions = {}, ...noise }: SmoothOptions,
  statistic: (mean: number, square: number) => number,
) {
  const method = methodToSmooth(of, ofOptions);
  const { samples, write } = noiseOf(call, noise);
  const [count, ...shape] = call.images.shape as [number, ...number[]];
  const [mean, square] = [sums(count, shape), sums(count, shape)];
  for (let k = 0; k < samples; k++) {
    const images = emptyRows(count, shape);
    for (let i = 0; i < count; i++) write(i, k, rowOf(images, i));
    const control = { signal: call.control.signal };
    const { map } = await method.attribute({ ...call, images, control }, ofOptions);
    for (let i = 0; i < count; i++) {
      const row = rowOf(map, i);
      mean.add(i, row, 1 / samples);
      square.add(
        i,
        Float64Array.from(row, (value) => value * value),
        1 / samples,
      );
    }
    call.control.onProgress?.({ done: k + 1, total: samples });
  }
  mean.data.forEach((value, i) => (mean.data[i] = statistic(value, square.data[i]!)));
  return { map: mean.tensor() };
}

/** The same as part of a graph, of what is one gradient of each noisy image. */
export const smoothedIn = (
  statistic: (g: GraphBuilder, mean: Value, square: () => Value) => Value,
): GraphMethod<SmoothOptions> => ({
  points: (g, x, _, options) => noisyIn(g, x, options),
  map(call, { of = "saliency", ofOptions = {} }) {
    const method = methodToSmooth(of, ofOptions);
    if (of === "integrated-gradients")
      throw new CajalError(
        "unsupported",
        'attributionGraph: a path from every noisy image is no single graph; smooth "saliency" or "input-x-gradient".',
      );
    const { g, x, fed } = call;
    const map = method.graph!.map({ ...call, x: fed }, ofOptions);
    const [n, ...shape] = x.shape as [number, ...number[]];
    const draws = g.reshape(map, [(map.shape![0]! as number) / n, n, ...shape]);
    const mean = (value: Value) => g.reduceMean(value, { axes: [0], keepdims: false });
    return statistic(g, mean(draws), () => mean(g.mul(draws, draws)));
  },
});
