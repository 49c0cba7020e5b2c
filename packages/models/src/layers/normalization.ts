// (x - mean) / sqrt(variance), both numbers of the data: kept as weights where `adapt` found them, or in the
// config. keras.io/api/layers/preprocessing_layers/numerical/normalization
import { CajalError, showShape, sizeOf, tensor } from "@cajal/core";
import type { Value } from "@cajal/onnx";
import type { KerasShape } from "./definition/shape";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { axisOf } from "./shared/shapes";
import { passesMask } from "./shared/masks";

type Numbers = number | readonly unknown[] | null;

/** As nested as they are given: Keras takes no list for a single number. */
const numbers = f.fieldOf<Numbers>("null, a number, or (nested) lists of them", (raw) =>
  raw === null || flat(raw).every((each) => typeof each === "number")
    ? (raw as Numbers)
    : undefined,
);

const flat = (raw: unknown) => [raw].flat(Infinity) as readonly number[];

export const normalization = defineLayer({
  className: "Normalization",
  fields: {
    /** Axes that have a mean and a variance for each index; null: one for all. */
    axis: f.integersOrNone([-1]),
    /** The means; null: they are a weight. */
    mean: numbers(null),
    /** The variances; null: they are a weight. */
    variance: numbers(null),
    /** Whether numbers of that mean and variance are made of standard ones, the other way round. */
    invert: f.flag(false),
  },
  shape: (config, [x]) => {
    const { extents } = normalized(config.axis, x);
    for (const name of ["mean", "variance"] as const) {
      const given = config[name];
      const count = flat(given).length;
      if (given !== null && count !== sizeOf(extents) && count !== 1)
        throw new CajalError(
          "bad-shape",
          `"${name}" has ${count} numbers, expected ${showShape(extents)}`,
          { name, count },
        );
    }
    return [x];
  },
  weights: ({ axis, mean }, [x]) => {
    if (mean !== null) return [];
    const { extents: shape } = normalized(axis, x);
    const notTrainable = { trainable: false } as const;
    return [
      { name: "mean", shape, initializer: "zeros", ...notTrainable },
      { name: "variance", shape, initializer: "ones", ...notTrainable },
      // How many numbers `adapt` has taken in; nothing is computed by it.
      { name: "count", shape: [], initializer: "zeros", ...notTrainable },
    ];
  },
  mask: passesMask,
  layout: "channelsLast",
  lower: ({ axis, mean, variance, invert }, [x], g, { inputs, weight }) => {
    const { axes, extents } = normalized(axis, inputs[0]);
    const reshape = inputs[0].map((_, i) => extents[axes.indexOf(i)] ?? 1);
    const operand = (name: string, given: Numbers): Value => {
      if (given === null) return weight(name, [{ reshape }]);
      const perAxis = flat(given);
      const perChannel = perAxis.length === 1 ? extents.map(() => perAxis[0]!) : perAxis;
      return g.constant(
        perAxis.length === 1
          ? tensor("float32", [], [perAxis[0]!])
          : tensor("float32", reshape, perChannel),
      );
    };
    const [m, v] = [operand("mean", mean), operand("variance", variance)];
    // As in Keras: at least epsilon, 1e-7.
    const deviation = g.max(g.sqrt(v), 1e-7);
    return [invert ? g.add(m, g.mul(x, deviation)) : g.div(g.sub(x, m), deviation)];
  },
  samples: [
    { config: { mean: [1, 2, 3], variance: [1, 4, 9] }, inputs: [[2, 4, 3]] },
    { config: { axis: null, mean: 2, variance: 4, invert: true }, inputs: [[2, 4, 3]] },
  ],
});

function normalized(
  axis: readonly number[] | null,
  x: KerasShape,
): { axes: number[]; extents: number[] } {
  const axes = (axis ?? []).map((each) => axisOf(each, x)).toSorted((a, b) => a - b);
  const extents = axes.map((each) => {
    const extent = x[each]!;
    if (each > 0 && extent !== null) return extent;
    throw new CajalError("bad-shape", `axis ${each} of ${showShape(x)} must be known`, { axis });
  });
  return { axes, extents };
}
