import { broadcast, show, unify } from "../model/dims";
import type { Dim } from "../model/model";
import type { NodeWriter, Value } from "./method";
import { badShape, defineOperator, type Inferred } from "./operator";

export const einsum = defineOperator({
  op: "Einsum",
  methods: {
    einsum: (g: NodeWriter, inputs: readonly Value[], attributes: { equation: string }) =>
      g.op("Einsum", inputs, attributes),
  },
  since: 12,
  inputs: [1, Infinity],
  outputs: [1, 1],
  types: ["number"],
  attributes: { equation: "string" },
  required: ["equation"],
  infer: (node) => {
    const equation = node.string("equation", "").replaceAll(" ", "");
    const inputs = node.inputs as readonly Inferred[];
    const { dtype } = inputs[0]!;
    const [left = "", right] = equation.split("->");
    const terms = left.split(",");
    if (terms.length !== inputs.length)
      throw badShape(
        `equation "${equation}" has ${terms.length} terms for ${inputs.length} inputs.`,
      );
    const extents = new Map<string, Dim>();
    /** Of what "..." stands for; none until a term says how many axes these are. */
    let ellipsis: readonly Dim[] | undefined;
    // What is unknown may have more than one element, which an extent of 1 repeats for.
    let isKnown = true;
    terms.forEach((term, i) => {
      const { shape } = inputs[i]!;
      const [before = "", after] = term.split("...");
      const letters = [...before, ...(after ?? "")];
      if (!shape) {
        if (after !== undefined) isKnown = false;
        for (const letter of letters)
          if ((extents.get(letter) ?? 1) === 1) extents.set(letter, undefined);
        return;
      }
      const ellipsisRank = shape.length - letters.length;
      if (ellipsisRank < 0 || (ellipsisRank > 0 && after === undefined))
        throw badShape(`term "${term}" of equation "${equation}" does not fit ${show(shape)}.`);
      if (after !== undefined) {
        const ellipsisExtents = shape.slice(before.length, before.length + ellipsisRank);
        if (ellipsis && ellipsis.length !== ellipsisRank)
          throw badShape(`"..." of equation "${equation}" is ${show(ellipsis)} before, and ${show(ellipsisExtents)} of ${show(shape)}: expected as many axes.`); // prettier-ignore
        ellipsis = ellipsis ? broadcast(ellipsis, ellipsisExtents) : ellipsisExtents;
      }
      letters.forEach((letter, j) => {
        const extent = shape[j < before.length ? j : j + ellipsisRank];
        const previous = extents.get(letter);
        // An extent of 1 broadcasts.
        if (!extents.has(letter) || previous === 1) extents.set(letter, extent);
        else if (extent !== 1)
          extents.set(
            letter,
            unify(previous, extent, () => `"${letter}" of equation "${equation}", ${show(shape)}`),
          );
      });
    });
    const result =
      right ??
      (left.includes("...") ? "..." : "") +
        [...extents.keys()]
          .filter((letter) => left.split(letter).length === 2)
          .sort()
          .join("");
    if (result.includes("...") && !(ellipsis && isKnown)) return [{ dtype, shape: undefined }];
    const [before = "", after] = result.split("...");
    const extent = (letter: string) => {
      if (!extents.has(letter))
        throw badShape(`"${letter}" of equation "${equation}" is in none of its terms.`);
      return extents.get(letter);
    };
    return [
      {
        dtype,
        shape: [
          ...[...before].map(extent),
          ...(after === undefined ? [] : (ellipsis ?? [])),
          ...[...(after ?? "")].map(extent),
        ],
      },
    ];
  },
  samples: [
    {
      inputs: [
        [2, 3],
        [3, 4],
      ],
      attributes: { equation: "ij,jk->ik" },
    },
    {
      inputs: [
        [5, 2, 3],
        [5, 3, 4],
      ],
      attributes: { equation: "bij, bjk" },
    },
    { inputs: [[2, 3, 4]], attributes: { equation: "...j->..." } },
    { inputs: [[3, 3]], attributes: { equation: "ii->i" } },
  ],
});
