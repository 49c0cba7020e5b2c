// Infidelity (Yeh et al. 2019, arXiv:1901.09392): over noise pᵢ = σ zᵢ the mean of (β pᵢ · attributions −
// (f(x) − f(x − pᵢ)))², β = 1, or with `normalize` the β that makes it least. Low is good.
import { CajalError, checkTensor, type Tensor } from "@cajal/core";
import { noiseOf, type NoiseOptions } from "../methods/shared/noise";
import { rowsOfEach, scoresOf, total } from "../methods/shared/evaluate";
import { checkFinite, inside } from "../network/images";
import { rowOf, rowsOf } from "../network/rows";
import { randomLike } from "./randomLike";
import { defineMetric, type MetricCall } from "./metric";

export interface InfidelityOptions extends NoiseOptions {
  /** Of the images' shape, each for the image's score: what `attribute` gives as map. */
  readonly attributions: Tensor;
  /** Whether attributions may be scaled first. Default false. */
  readonly normalize?: boolean;
}

export const infidelity = defineMetric({
  name: "infidelity",
  title: "Infidelity",
  judges: { figure: "score", better: "lower" },
  options: ["attributions", "normalize", "samples", "stdev", "seed", "noise"],
  async measure(call, { attributions, normalize = false, ...noise }: InfidelityOptions) {
    const map = attributionsOf(call, attributions);
    return {
      figures: { score: await scores(call, map, normalize, noise) },
      random: { score: await scores(call, randomLike(map, noise.seed), normalize, noise) },
    };
  },
});

function attributionsOf({ images, format }: MetricCall, attributions: Tensor): Tensor<"float32"> {
  if (attributions !== undefined) {
    checkTensor(attributions, "measure (infidelity): attributions");
    checkFinite("measure (infidelity): attributions", attributions.data);
  }
  const one = attributions?.shape?.length === images.shape.length - 1;
  const map =
    attributions &&
    inside(one ? { ...attributions, shape: [1, ...attributions.shape] } : attributions, format);
  if (map?.shape.join() !== images.shape.join())
    throw new CajalError(
      "bad-shape",
      `measure (infidelity): got attributions [${attributions?.shape?.join() ?? "none"}], expected the images' shape.`,
      { got: attributions?.shape },
    );
  return map;
}

async function scores(
  call: MetricCall,
  map: Tensor<"float32">,
  normalize: boolean,
  options: NoiseOptions,
): Promise<number[]> {
  const { images } = call;
  const { samples, write } = noiseOf(call, options);
  const size = images.data.length / images.shape[0]!;
  const noisy = new Float32Array(size);
  const perturbation = (image: number, k: number, to: Float32Array) => {
    const x = rowOf(images, image);
    write(image, k, noisy);
    for (let i = 0; i < size; i++) to[i] = noisy[i]! - x[i]!;
  };
  const p = new Float32Array(size);
  const full = await scoresOf(call, rowsOf(images));
  const moved = await scoresOf(
    call,
    rowsOfEach(call, samples, (image, k, to) => {
      perturbation(image, k, p);
      rowOf(images, image).forEach((value, i) => (to[i] = value - p[i]!));
    }),
  );
  return Array.from(full, (score, image) => {
    const a = rowOf(map, image);
    const predicted = Array.from({ length: samples }, (_, k) => {
      perturbation(image, k, p);
      return total(Float64Array.from(p, (each, i) => each * a[i]!));
    });
    const lost = predicted.map((_, k) => score - moved[image * samples + k]!);
    const squares = total(predicted.map((each) => each * each));
    const beta = !normalize
      ? 1
      : squares === 0
        ? 0
        : total(predicted.map((each, k) => each * lost[k]!)) / squares;
    return total(predicted.map((each, k) => (beta * each - lost[k]!) ** 2)) / samples;
  });
}
