import { CajalError } from "@cajal/core";
import { defineGradient } from "./gradient";
import { staticShape } from "./shared/sumTo";

export const einsum = defineGradient({
  op: "Einsum",
  // The sum over everything of dy times all operands is linear in each: the gradient of one operand is the
  // Einsum of dy and the others, with that operand's letters as its result. Letters that it alone has
  // were summed away: they are laid over it again.
  gradient: ([dy], { node, inputs, string, wants }, g) => {
    const { terms, result } = read(string("equation", ""), node.name);
    return inputs.map((x, i) => {
      if (!wants(i)) return undefined;
      const others = terms.flatMap((_, k) => (k === i ? [] : [k]));
      const operands = [result, ...others.map((k) => terms[k]!)];
      const letters = [...terms[i]!];
      const summed = letters.filter((letter) => operands.some((term) => term.includes(letter)));
      const equation = `${operands.join(",")}->${summed.join("")}`;
      const sum = g.op("Einsum", [dy, ...others.map((k) => inputs[k])], { equation });
      if (summed.length === letters.length) return sum;
      const shape = staticShape(x!, "of Einsum");
      const open = shape.map((extent, axis) => (summed.includes(letters[axis]!) ? extent : 1));
      return g.expand(g.reshape(sum, open), shape);
    });
  },
  samples: [
    { inputs: [[2, 3], [3, 4]], attributes: { equation: "ij,jk->ik" } }, // prettier-ignore
    { inputs: [[2, 3, 4], [2, 5, 4]], attributes: { equation: "bik, bjk -> bij" } }, // prettier-ignore
    { inputs: [[3], [4]], attributes: { equation: "i,j->ji" } }, // prettier-ignore
    { inputs: [[2, 3], [3, 4]], attributes: { equation: "ij,jk" } }, // prettier-ignore
    { inputs: [[2, 3, 4]], attributes: { equation: "ijk->ki" } },
    { inputs: [[2, 3], [3], [2]], attributes: { equation: "ij,j,i->" } }, // prettier-ignore
  ],
});

/** The letters of each operand and of the result; without "->" those that occur once, in order. */
function read(equation: string, name: string): { terms: string[]; result: string } {
  const [left = "", right] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  const once = [...left.replaceAll(",", "")].filter((letter, _, all) => all.filter((each) => each === letter).length === 1); // prettier-ignore
  const result = right ?? once.toSorted().join("");
  for (const term of [...terms, result])
    if (!/^[a-zA-Z]*$/.test(term) || new Set(term).size < term.length)
      throw new CajalError(
        "unsupported",
        `node "${name}": Einsum has a gradient where letters are named, each once an operand; got "${equation}".`,
        { node: name, equation },
      );
  return { terms, result };
}
