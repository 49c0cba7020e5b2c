// Products of two inputs, summed over an axis of each. keras.io/api/layers/merging_layers/dot
import { CajalError, showShape } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import type { KerasShape } from "./definition/shape";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { axisOf } from "./shared/shapes";

const axes = f.fieldOf<readonly [number, number], number | readonly number[]>(
  "an axis, or one of each input",
  (raw) => {
    const [a, b, ...otherAxes]: unknown[] = Array.isArray(raw) ? raw : [raw, raw];
    if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b) || otherAxes.length > 0)
      return undefined;
    return [Number(a), Number(b)];
  },
  ([a, b]) => (a === b ? a : [a, b]),
);

export const dot = defineLayer({
  className: "Dot",
  fields: {
    /** The axis of each input that is summed over; no batch. */
    axes: axes(),
    /** Whether the inputs are divided by their length along it: the cosine of their angle. */
    normalize: f.flag(false),
  },
  arity: [2, 2],
  shape: (config, inputs) => {
    const [x, y] = inputs;
    const [a, b] = axesIn(config.axes, inputs);
    const [n, m] = [x[a], y[b]];
    if (a === 0 || b === 0 || (n !== null && m !== null && n !== m))
      throw new CajalError("bad-shape", `axes ${showShape([a, b])} of ${showShape(x)} and ${showShape(y)} do not fit`, { inputs }); // prettier-ignore
    const otherExtents = [
      ...x.filter((_, i) => i !== a),
      ...y.slice(1).filter((_, i) => i + 1 !== b),
    ];
    return [otherExtents.length === 1 ? [otherExtents[0]!, 1] : otherExtents];
  },
  layout: "channelsLast",
  lower: ({ axes, normalize }, [x, y], g, { inputs }) => {
    const [a, b] = axesIn(axes, inputs);
    const letters = "cdefghijklmnopqrstuvwxyz";
    let next = 0;
    const withLetters = (shape: KerasShape, summedAxis: number) =>
      shape.map((_, i) => (i === 0 ? "a" : i === summedAxis ? "b" : letters[next++]!)).join("");
    const [p, q] = [withLetters(inputs[0], a), withLetters(inputs[1], b)];
    const resultLetters = [...p, ...q.slice(1)].filter((letter) => letter !== "b").join("");
    const [u, v] = normalize ? [unit(g, x, a), unit(g, y, b)] : [x, y];
    const product = g.einsum([u, v], { equation: `${p},${q}->${resultLetters}` });
    return [resultLetters.length === 1 ? g.unsqueeze(product, [1]) : product];
  },
  samples: [
    { config: { axes: 1 }, inputs: [[2, 4], [2, 4]] },
    { config: { axes: [2, 1], normalize: true }, inputs: [[2, 3, 4], [2, 4, 5]] },
    { config: { axes: -1 }, inputs: [[2, 3, 4], [2, 4]] },
  ], // prettier-ignore
});

const axesIn = ([a, b]: readonly [number, number], [x, y]: readonly [KerasShape, KerasShape]) =>
  [axisOf(a, x), axisOf(b, y)] as const;

/** Divided by its length along an axis, or by 1e-7, as Keras' `ops.normalize` does. The root of 0 itself has no gradient. */
function unit(g: GraphBuilder, x: Value, axis: number): Value {
  const squares = g.reduceSum(g.mul(x, x), { axes: [axis], keepdims: true });
  return g.div(x, g.sqrt(g.max(squares, 1e-14)));
}
