import { CajalError, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "../graph/builder";
import { defineGradient } from "./gradient";
import { rankOf, staticShape, sumTo } from "./shared/sumTo";

export const einsum = defineGradient({
  op: "Einsum",
  // The sum over everything of dy times all operands is linear in each: the gradient of one operand is the
  // Einsum of dy and the others, with that operand's letters as its result. Letters that it alone has
  // were summed away: the gradient is broadcast along them. Of letters that it has twice only the diagonal counts.
  gradient: ([dy], { inputs, string, wants }, g) => {
    const { terms, result } = read(string("equation", ""), inputs.map((x) => rankOf(x!))); // prettier-ignore
    return inputs.map((x, i) => {
      if (!wants(i)) return undefined;
      const otherIndices = terms.flatMap((_, k) => (k === i ? [] : [k]));
      const operands = [result, ...otherIndices.map((k) => terms[k]!)];
      const letters = [...terms[i]!];
      const isShared = letters.map((letter, axis) => letters.indexOf(letter) === axis && operands.some((term) => term.includes(letter))); // prettier-ignore
      const equation = `${operands.join(",")}->${letters.filter((_, axis) => isShared[axis]).join("")}`;
      const sum = g.op("Einsum", [dy, ...otherIndices.map((k) => inputs[k])], { equation });
      const missing = letters.flatMap((_, axis) => (isShared[axis] ? [] : [axis]));
      const dx = expandedTo(g, missing.length > 0 ? g.unsqueeze(sum, missing) : sum, x!);
      return new Set(letters).size < letters.length ? onDiagonals(g, dx, x!, letters) : dx;
    });
  },
  samples: [
    { inputs: [[2, 3], [3, 4]], attributes: { equation: "ij,jk->ik" } }, // prettier-ignore
    { inputs: [[2, 3, 4], [2, 5, 4]], attributes: { equation: "bik, bjk -> bij" } }, // prettier-ignore
    { inputs: [[3], [4]], attributes: { equation: "i,j->ji" } }, // prettier-ignore
    { inputs: [[2, 3], [3, 4]], attributes: { equation: "ij,jk" } }, // prettier-ignore
    { inputs: [[2, 3, 4]], attributes: { equation: "ijk->ki" } },
    { inputs: [[2, 3], [3], [2]], attributes: { equation: "ij,j,i->" } }, // prettier-ignore
    { inputs: [[3, 3]], attributes: { equation: "ii->i" } },
    { inputs: [[3, 3]], attributes: { equation: "ii" } },
    { inputs: [[3, 2, 3, 2], [2, 4]], attributes: { equation: "ijij,jk->ik" } }, // prettier-ignore
    { inputs: [[3, 3, 2]], attributes: { equation: "iij->j" } },
    { inputs: [[2, 5, 3, 4], [2, 5, 4, 2]], attributes: { equation: "...ij,...jk->...ik" } }, // prettier-ignore
    { inputs: [[2, 1, 3, 4], [1, 5, 3, 4]], attributes: { equation: "...ij,...ij" } }, // prettier-ignore
    { inputs: [[2, 3, 4]], attributes: { equation: "i...->..." } },
    { inputs: [[2, 3, 4], [2, 4]], attributes: { equation: "b...c,bc->b..." } }, // prettier-ignore
    // An extent of 1 is repeated.
    { inputs: [[2, 1], [2, 3]], attributes: { equation: "ij,ij->ij" } }, // prettier-ignore
    { inputs: [[2, 3], [1, 4]], attributes: { equation: "ij,jk->ik" } }, // prettier-ignore
  ],
});

/** `dy` with its extents of 1 repeated as far as `x` goes, and summed where x was repeated. */
function expandedTo(g: GraphBuilder, dy: Value, x: Value): Value {
  const shape = x.shape!;
  const isSameShape = dy.shape?.every(
    (extent, axis) => extent !== undefined && extent === shape[axis],
  );
  if (isSameShape) return dy;
  const extents = shape.every((extent) => typeof extent === "number") ? shape : undefined;
  return sumTo(g, g.expand(dy, extents ?? g.shape(x)), x);
}

/** `dx` where the indices of equal letters are equal, 0 elsewhere. */
function onDiagonals(g: GraphBuilder, dx: Value, x: Value, letters: readonly string[]): Value {
  const shape = staticShape(x, "of Einsum with a letter twice in an operand");
  const along = (axis: number) =>
    g.constant(tensor("int64", shape.map((n, i) => (i === axis ? n : 1)), Array.from({ length: shape[axis]! }, (_, i) => i))); // prettier-ignore
  return letters.reduce((masked, letter, axis) => {
    const first = letters.indexOf(letter);
    return first === axis ? masked : g.where(g.equal(along(first), along(axis)), masked, 0);
  }, dx);
}

/**
 * The letters of each operand and of the result, with letters in place of "...", as many as there are axes, right-aligned.
 * Without "->" the result has "...", and the letters that occur once, in order.
 */
function read(equation: string, ranks: readonly number[]): { terms: string[]; result: string } {
  const [left = "", right] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  const lettersOnce = [...left.replaceAll(/[,.]/g, "")].filter((letter, _, all) => all.filter((each) => each === letter).length === 1); // prettier-ignore
  const ellipsisRanks = terms.map((term, i) => ranks[i]! - term.replace("...", "").length);
  const axes = Math.max(0, ...ellipsisRanks.filter((_, i) => terms[i]!.includes("...")));
  const unused = [...alphabet].filter((letter) => !equation.includes(letter));
  if (axes > unused.length)
    throw new CajalError("unsupported", `"${equation}" has ${axes} axes for "...", and ${unused.length} letters are left for them.`, { equation }); // prettier-ignore
  const ellipsis = unused.slice(0, axes);
  const expandEllipsis = (term: string, count = axes) =>
    term.replace("...", ellipsis.slice(axes - count).join(""));
  const result = right ?? (left.includes("...") ? "..." : "") + lettersOnce.toSorted().join("");
  return {
    terms: terms.map((term, i) => expandEllipsis(term, ellipsisRanks[i])),
    result: expandEllipsis(result),
  };
}

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
