import { sizeOf } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient, inFloat32 } from "./gradient";
import { staticShape } from "./shared/sumTo";
import { throughExpansion } from "./shared/throughExpansion";

export const gridSample = defineGradient({
  op: "GridSample",
  inputs: 2,
  // y at a place is the sum of the pixels around it, each times a weight that depends on the place (Jaderberg
  // et al. 2015, arXiv:1506.02025): so gradients go to the pixels and to the places.
  gradient: throughExpansion(({ inputs: [x, grid], string, int }, g) => {
    const [batch, channels, ...image] = staticShape(x, "of GridSample", 2);
    const outputExtents = staticShape(grid, "of GridSample").slice(1, -1);
    const count = sizeOf(outputExtents);
    const flat = g.reshape(grid, [batch, count, image.length]);
    const mode = string("mode", "linear");
    const padding = string("padding_mode", "zeros");
    const alignsCorners = int("align_corners", 0) === 1;
    const taps = image.map((extent, axis) => {
      // The grid names the last axis of the image first.
      const last = image.length - 1 - axis;
      const normal = g.slice(flat, { starts: [last], ends: [last + 1], axes: [2] });
      const at = g.squeeze(normal, [2]); // [batch, count], −1 … 1
      const position = alignsCorners
        ? g.mul(g.add(at, 1), (extent - 1) / 2)
        : g.sub(g.mul(g.add(at, 1), extent / 2), 0.5);
      return tapsOf(g, position, mode).map((tap) =>
        padTaps(g, tap, { extent, padding, alignsCorners }),
      );
    });
    const pixels = g.reshape(x, [batch, channels, sizeOf(image)]);
    const y = combinations(taps)
      .map((tapPerAxis) => {
        const flatIndex = tapPerAxis
          .map(({ index }, axis) => g.mul(index, sizeOf(image.slice(axis + 1))))
          .reduce((a, b) => g.add(a, b));
        const index = g.expand(g.unsqueeze(flatIndex, [1]), [batch, channels, count]);
        const gathered = g.gatherElements(pixels, index, { axis: 2 });
        const weight = tapPerAxis.flatMap((tap) => tap.weight ?? []);
        if (weight.length === 0) return gathered;
        const product = g.unsqueeze(
          weight.reduce((a, b) => g.mul(a, b)),
          [1],
        );
        return g.mul(gathered, product.dtype === x.dtype ? product : g.cast(product, x.dtype));
      })
      .reduce((a, b) => g.add(a, b));
    return [g.reshape(y, [batch, channels, ...outputExtents])];
  }),
  samples: inFloat32([
    {
      inputs: [
        [2, 2, 4, 5],
        [2, 3, 2, 2],
      ],
      range: [-1.1, 1.1],
    },
    { inputs: [[1, 2, 4, 5], [1, 3, 2, 2]], attributes: { align_corners: 1, padding_mode: "border" }, range: [-1.3, 1.3] }, // prettier-ignore
    { inputs: [[1, 2, 4, 3], [1, 3, 2, 2]], attributes: { padding_mode: "reflection" }, range: [-1.6, 1.6] }, // prettier-ignore
    { inputs: [[1, 2, 4, 3], [1, 3, 2, 2]], attributes: { padding_mode: "reflection", align_corners: 1 }, range: [-1.6, 1.6] }, // prettier-ignore
    {
      inputs: [
        [1, 2, 5, 6],
        [1, 2, 2, 2],
      ],
      attributes: { mode: "bicubic" },
    },
    { inputs: [[1, 1, 5, 6], [1, 2, 2, 2]], attributes: { mode: "bicubic", padding_mode: "border" }, range: [-1.2, 1.2] }, // prettier-ignore
    {
      inputs: [
        [1, 2, 4, 5],
        [1, 3, 2, 2],
      ],
      attributes: { mode: "nearest" },
      by: [0],
    },
  ]),
});

/** One of the pixels that a place is made of, along one axis: where, and with what weight (1 where absent). */
interface Tap {
  readonly index: Value;
  readonly weight?: Value | undefined;
}

/** Along one axis, indices as floats. */
function tapsOf(g: GraphBuilder, position: Value, mode: string): Tap[] {
  if (mode === "nearest") return [{ index: g.round(position) }];
  const floor = g.floor(position);
  const t = g.sub(position, floor);
  if (mode === "linear" || mode === "bilinear")
    return [
      { index: floor, weight: g.sub(1, t) },
      { index: g.add(floor, 1), weight: t },
    ];
  // Keys' cubic convolution (1981), a = −0.75: near (d ≤ 1) and far (d ≤ 2) pixels.
  const a = -0.75;
  const nearWeight = (d: Value) => g.add(g.mul(g.mul(g.sub(g.mul(d, a + 2), a + 3), d), d), 1);
  const farWeight = (d: Value) =>
    g.sub(g.mul(g.add(g.mul(g.sub(g.mul(d, a), 5 * a), d), 8 * a), d), 4 * a);
  return [
    { index: g.sub(floor, 1), weight: farWeight(g.add(t, 1)) },
    { index: floor, weight: nearWeight(t) },
    { index: g.add(floor, 1), weight: nearWeight(g.sub(1, t)) },
    { index: g.add(floor, 2), weight: farWeight(g.sub(2, t)) },
  ];
}

/** A tap inside the image: outside there are zeros, the border again, or the image reflected. */
function padTaps(
  g: GraphBuilder,
  { index, weight }: Tap,
  { extent, padding, alignsCorners }: { extent: number; padding: string; alignsCorners: boolean },
): Tap {
  const clampToExtent = (value: Value) =>
    g.cast(g.clip(value, { min: 0, max: extent - 1 }), "int64");
  if (padding === "border") return { index: clampToExtent(index), weight };
  if (padding === "reflection") {
    // Between the centres of the outermost pixels, or between their outer edges.
    const [low, range] = alignsCorners ? [0, extent - 1] : [-0.5, extent];
    if (range === 0) return { index: clampToExtent(g.mul(index, 0)), weight };
    const from = g.sub(index, low);
    const round = g.sub(from, g.mul(g.floor(g.mul(from, 1 / (2 * range))), 2 * range));
    const reflected = g.sub(range + low, g.abs(g.sub(round, range)));
    return { index: clampToExtent(g.round(reflected)), weight };
  }
  const isInside = g.and(g.greaterOrEqual(index, 0), g.lessOrEqual(index, extent - 1));
  const insideFactor = g.cast(isInside, index.dtype);
  return {
    index: clampToExtent(index),
    weight: weight ? g.mul(weight, insideFactor) : insideFactor,
  };
}

/** One of each list, in all ways. */
const combinations = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>(
    (partial, list) => partial.flatMap((combination) => list.map((item) => [...combination, item])),
    [[]],
  );
