// In training, elements are set to 0 with probability `rate` and the others divided by 1 - rate
// (Srivastava et al. 2014); otherwise nothing. keras.io/api/layers/regularization_layers/dropout
import { CajalError, showShape } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { dropoutMask } from "./shared/randomness";
import { passesMask } from "./shared/masks";

/** Extents, and null for those of the input. */
type NoiseShape = readonly (number | null)[];

const noiseShape = f.fieldOf<NoiseShape | null>(
  "null or a list of extents, 1 or null",
  (raw) =>
    raw === null || (Array.isArray(raw) && raw.every((extent) => extent === null || extent === 1))
      ? (raw as NoiseShape | null)
      : undefined,
  (value) => value ?? undefined,
);

export const dropout = defineLayer({
  className: "Dropout",
  fields: {
    rate: f.rate(),
    seed: f.seed(null),
    /** Along axes of 1 all is dropped or nothing: `[null, 1, 1, 1]` drops whole examples; null: each element by itself. */
    noise_shape: noiseShape(null),
  },
  shape: ({ noise_shape }, [x]) => {
    if (noise_shape && noise_shape.length !== x.length)
      throw new CajalError("bad-shape", `got ${showShape(x)}, expected as many axes as "noise_shape" ${showShape(noise_shape)}`, { noise_shape }); // prettier-ignore
    return [x];
  },
  integers: () => "moves",
  mask: passesMask,
  layout: { by: ({ noise_shape }) => (noise_shape ? "any" : "elementwise") },
  lower: ({ noise_shape, rate }, [x], g, { axis, training, seed }) => {
    if (!training || rate === 0) return [x];
    const whole = noise_shape?.flatMap((extent, i) => (extent === 1 ? [axis(i)] : [])) ?? [];
    const extentOf = (i: number) =>
      whole.includes(i) ? g.int64s([1]) : g.shape(x, { start: i, end: i + 1 });
    const shape =
      whole.length > 0 ? g.concat(x.shape!.map((_, i) => extentOf(i)), { axis: 0 }) : g.shape(x); // prettier-ignore
    return [g.mul(x, dropoutMask(g, shape, { rate, seed: seed() }))];
  },
  samples: [
    { config: { rate: 0.5 }, inputs: [[2, 3]] },
    { config: { rate: 0 }, inputs: [[2, 3, 2]] },
    { config: { rate: 0.5, noise_shape: [null, 1, 1, null] }, inputs: [[3, 2, 2, 4]] },
  ],
});
