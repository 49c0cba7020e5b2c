import { sizeOf, tensor } from "@cajal/core";
import { computed } from "../model/elementType";
import { defineGradient, inFloat32 } from "./gradient";
import { staticShape } from "./shared/sumTo";

export const affineGrid = defineGradient({
  op: "AffineGrid",
  inputs: 2,
  // grid[n, p] = θ[n] · (x, y, 1)ᵀ of place p; dθ[n] = Σ_p dy[n, p] (x, y, 1).
  gradient: ([dy], { inputs: [theta], int }, g) => {
    const shape = staticShape(dy, "of AffineGrid");
    const [batch, image, axes] = [shape[0]!, shape.slice(1, -1), shape.at(-1)!];
    const alignsCorners = int("align_corners", 0) === 1;
    // Centres of pixels, −1 … 1 between the outermost centres, or between the edges of the image.
    const at = (i: number, extent: number) =>
      alignsCorners ? (extent > 1 ? (2 * i) / (extent - 1) - 1 : 0) : (2 * i + 1) / extent - 1;
    const count = sizeOf(image);
    const points = new Float64Array(count * (axes + 1));
    for (let p = 0; p < count; p++) {
      let rest = p;
      // The last axis of the image comes first.
      image.toReversed().forEach((extent, k) => {
        points[p * (axes + 1) + k] = at(rest % extent, extent);
        rest = Math.floor(rest / extent);
      });
      points[p * (axes + 1) + axes] = 1;
    }
    const dGrid = g.transpose(g.reshape(dy, [batch, count, axes]), [0, 2, 1]);
    return [g.matMul(dGrid, g.constant(tensor(computed(theta.dtype), [count, axes + 1], points)))];
  },
  samples: inFloat32([
    { inputs: [[2, 2, 3], tensor("int64", [4], [2, 3, 3, 4])] },
    { inputs: [[1, 2, 3], tensor("int64", [4], [1, 1, 4, 2])], attributes: { align_corners: 1 } },
    { inputs: [[2, 3, 4], tensor("int64", [5], [2, 1, 2, 3, 4])] },
    {
      inputs: [[1, 3, 4], tensor("int64", [5], [1, 1, 3, 2, 2])],
      attributes: { align_corners: 1 },
    },
  ]),
});
