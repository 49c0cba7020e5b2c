import { tensor } from "@cajal/core";
import { computed } from "../model/elementType";
import { defineGradient, inFloat32 } from "./gradient";
import { staticShape } from "./shared/sumTo";

export const det = defineGradient({
  op: "Det",
  // ∂det X / ∂X[i, j] = (−1)^(i+j) times the determinant of X without row i and column j: right for matrices
  // without an inverse, too.
  gradient: ([dy], { inputs: [x] }, g) => {
    const shape = staticShape(x, "of Det");
    const [n, batchShape] = [shape.at(-1)!, shape.slice(0, -2)];
    const dyPerMatrix = g.reshape(dy, [...batchShape, 1, 1]);
    if (n === 1) return [dyPerMatrix];
    const indicesWithout = (skip: number) =>
      Array.from({ length: n }, (_, i) => i).filter((i) => i !== skip);
    const flat = g.reshape(x, [...batchShape, n * n]);
    const minorIndices = Array.from({ length: n * n }, (_, at) => {
      const [row, column] = [Math.floor(at / n), at % n];
      return indicesWithout(row).flatMap((i) => indicesWithout(column).map((j) => i * n + j));
    }).flat();
    const minors = g.gather(flat, g.constant(tensor("int64", [n, n, n - 1, n - 1], minorIndices)), {
      axis: batchShape.length,
    });
    const signs = Array.from({ length: n * n }, (_, at) =>
      (Math.floor(at / n) + (at % n)) % 2 === 0 ? 1 : -1,
    );
    return [
      g.mul(
        dyPerMatrix,
        g.mul(g.det(minors), g.constant(tensor(computed(x.dtype), [n, n], signs))),
      ),
    ];
  },
  samples: inFloat32([
    { inputs: [[2, 2]] },
    { inputs: [[2, 3, 3]] },
    { inputs: [[2, 1, 4, 4]] },
    { inputs: [[3, 1, 1]] },
  ]),
});
