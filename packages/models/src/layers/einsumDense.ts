// A dense layer along any axes, as an equation says. keras.io/api/layers/core_layers/einsum_dense
import { CajalError, showShape, sizeOf } from "@cajal/core";
import type { KerasShape } from "./definition/shape";
import { activate } from "./definition/activations";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { activationEnding } from "./shared/ending";
import { trainable, weightFields } from "./definition/weightFields";

const shapeField = f.fieldOf<readonly (number | null)[], number | readonly (number | null)[]>(
  "extents of the output without the batch, null where free",
  (raw) => {
    const list: unknown[] = Array.isArray(raw) ? raw : [raw];
    return list.every((each) => each === null || (Number.isSafeInteger(each) && Number(each) > 0))
      ? (list as (number | null)[])
      : undefined;
  },
);

export const einsumDense = defineLayer({
  className: "EinsumDense",
  fields: {
    /** Which axes of input and kernel are multiplied and summed: `"abc,cd->abd"`, `"...x,xy->...y"`. */
    equation: f.text(),
    /** Of the output, without the batch; null where the input says it. */
    output_shape: shapeField(),
    activation: f.activation("linear"),
    /** The output's axes, by their letters, that have a bias of their own; null: there is none. */
    bias_axes: f.fieldOf<string | null>("null or letters", (raw) =>
      raw === null || typeof raw === "string" ? raw : undefined,
    )(null),
    ...weightFields("kernel", "glorot_uniform"),
    ...weightFields("bias", "zeros"),
  },
  shape: (config, [x]) => [parseEquation(config, x).output],
  weights: (config, [x]) => {
    const { kernel, bias } = parseEquation(config, x);
    return [
      trainable(config, "kernel", kernel),
      ...(bias ? [trainable(config, "bias", bias)] : []),
    ];
  },
  quantizes: (config, [x]) => {
    const { kernel } = parseEquation(config, x);
    const [inputTerm, weights, results] = expandEllipsis(config.equation, x.length).split(/,|->/) as [string, string, string]; // prettier-ignore
    const isSummed = (letter: string) => !results.includes(letter);
    const extentOf = (letter: string) => kernel[weights.indexOf(letter)] ?? 1;
    const kept = [...weights].filter((letter) => !isSummed(letter));
    const rows = sizeOf([...weights].filter(isSummed).map(extentOf));
    return {
      weight: "kernel",
      matrix: [rows, sizeOf(kernel) / rows],
      along: 1,
      // They lie as in the output, and are brought to the kernel's axes.
      scale: Array.from(results, extentOf),
      scaleSteps: [
        { reshape: [...results].filter((letter) => kept.includes(letter)).map(extentOf) },
        {
          permute: kept.map((letter) =>
            [...results].filter((each) => kept.includes(each)).indexOf(letter),
          ),
        },
        { reshape: Array.from(weights, (letter) => (isSummed(letter) ? 1 : extentOf(letter))) },
      ],
      inputAxes: [...inputTerm].flatMap((letter, i) => (isSummed(letter) ? [i] : [])),
    };
  },
  macs: (config, [x], [y]) => {
    const { summedSize } = parseEquation(config, x);
    return (sizeOf(y.slice(1).map((extent) => extent ?? NaN)) || NaN) * summedSize;
  },
  kind: "dense",
  ending: activationEnding,
  layout: "channelsLast",
  lower: (config, [x], g, { inputs, outputs, weight }) => {
    const { bias } = parseEquation(config, inputs[0]);
    const product = g.einsum([x, weight("kernel")], {
      equation: expandEllipsis(config.equation, inputs[0].length),
    });
    const y = bias ? g.add(product, weight("bias")) : product;
    return [activate(config.activation, y, g, outputs[0].length - 1)];
  },
  samples: [
    { config: { equation: "ab,bc->ac", output_shape: 4, bias_axes: "c" }, inputs: [[2, 3]] },
    { config: { equation: "abc,cde->abde", output_shape: [null, 2, 3], bias_axes: "de", activation: "tanh" }, inputs: [[2, 3, 4]] },
    { config: { equation: "...x,xy->...y", output_shape: 5 }, inputs: [[2, 3, 4]] },
    { config: { equation: "abc,bd->adc", output_shape: [5, 4], bias_axes: "d" }, inputs: [[2, 3, 4]] },
  ], // prettier-ignore
});

/** The equation with letters in the place of dots. */
function expandEllipsis(equation: string, rank: number): string {
  const inputTerm = /^[^,]*/.exec(equation.replaceAll(" ", ""))![0].replace("...", "");
  const freeLetters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].filter((letter) => !equation.includes(letter)); // prettier-ignore
  const letters = freeLetters.slice(0, rank - inputTerm.length).join("");
  return equation.replaceAll(" ", "").replaceAll("...", letters);
}

/** keras/src/layers/core/einsum_dense.py, _analyze_split_string */
function parseEquation(
  { equation, output_shape, bias_axes }: { readonly equation: string; readonly output_shape: readonly (number | null)[]; readonly bias_axes: string | null }, // prettier-ignore
  x: KerasShape,
) {
  const parts = /^(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?$/.exec(equation.replaceAll(" ", "")); // prettier-ignore
  const [, left, inputTerm = "", right, weights = "", leftOutput, results = "", rightOut] =
    parts ?? [];
  if (!parts || left !== leftOutput || right !== rightOut || (left && right))
    throw new CajalError("bad-argument", `"equation": got "${equation}", expected [X],[Y]->[Z], ...[X],[Y]->...[Z] or [X]...,[Y]->[Z]...`, { equation }); // prettier-ignore
  const elidedAxes = x.length - inputTerm.length;
  if (elidedAxes < 0 || (elidedAxes > 0 && !left && !right))
    throw new CajalError("bad-shape", `equation "${equation}" is of ${inputTerm.length} axes, the input ${showShape(x)} has ${x.length}`, { equation }); // prettier-ignore
  const output: (number | null)[] = [x[0]!, ...output_shape];
  if (left) output.splice(1, 0, ...x.slice(1, elidedAxes));
  else output.push(...x.slice(x.length - elidedAxes));
  const inputs = new Map(
    [...inputTerm].map((letter, i) => [letter, x[i + (left ? elidedAxes : 0)]!]),
  );
  // With what is left out in front, Keras counts the letters of the result from behind it.
  const outputs = new Map([...results].map((letter, i) => [letter, i + (left ? elidedAxes : 0)]));
  for (const [letter, at] of outputs) {
    const extent = inputs.get(letter);
    if (extent === undefined) continue;
    if (typeof output[at] === "number" && extent !== null && output[at] !== extent)
      throw new CajalError("bad-shape", `axis "${letter}" is ${extent} in the input and ${output[at]} in output_shape`, { equation }); // prettier-ignore
    output[at] ??= extent;
  }
  const extentOf = (letter: string): number => {
    const extent = inputs.get(letter) ?? output[outputs.get(letter) ?? -1];
    if (typeof extent === "number") return extent;
    throw new CajalError("bad-shape", `axis "${letter}" of the kernel must be known, in the input ${showShape(x)} or in output_shape`, { equation }); // prettier-ignore
  };
  const kernel = [...weights].map(extentOf);
  const summedSize = sizeOf([...weights].filter((letter) => !outputs.has(letter)).map(extentOf));
  const first = bias_axes === null ? -1 : Math.min(...[...bias_axes].map((letter) => results.indexOf(letter))); // prettier-ignore
  if (bias_axes !== null && first < 0)
    throw new CajalError("bad-argument", `"bias_axes": got "${bias_axes}", expected letters of the result, "${results}"`, { bias_axes }); // prettier-ignore
  const bias = bias_axes === null ? undefined : [
    ...Array.from(results.slice(first), (letter) => (bias_axes.includes(letter) ? Number(output[outputs.get(letter)!]) : 1)),
    ...(left ? [] : Array.from({ length: elidedAxes }, () => 1)),
  ]; // prettier-ignore
  return { output, kernel, bias, summedSize };
}
