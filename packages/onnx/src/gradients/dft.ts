import { CajalError, tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";
import { dft as transform } from "./shared/fourier";
import { staticShape } from "./shared/sumTo";

const length = (n: number) => tensor("int64", [], [n]);

export const dft = defineGradient({
  op: "DFT",
  // y = F x, F[k, n] = exp(−2πi kn / N); dx = F* dy = N F⁻¹ dy. And back: y = F⁻¹ x, dx = F dy / N. Of a real x
  // the real part counts; the half of the spectrum that was not asked for has gradient zero.
  gradient: ([dy], { node, inputs: [x, , axisValue], constant, int, outputs: [y] }, g) => {
    const shape = staticShape(x, "of DFT");
    const rank = shape.length;
    const axisInput = axisValue ? constant(2)?.data[0] : undefined;
    const [inverse, oneSided] = [int("inverse", 0) === 1, int("onesided", 0) === 1];
    const size = constant(1)?.data[0];
    const isUnknown =
      (node.inputs[1] && size === undefined) || (axisValue && axisInput === undefined);
    if (isUnknown || (inverse && oneSided))
      throw new CajalError(
        "unsupported",
        `node "${node.name}": the gradient of DFT ${isUnknown ? "needs a dft_length and an axis that are constants" : "with inverse and onesided is not known"}.`,
        { node: node.name, op: node.op },
      );
    const axis = ((g.opset < 20 ? int("axis", 1) : Number(axisInput ?? -2)) + rank) % rank;
    const [from, n] = [shape[axis]!, Number(size ?? shape[axis]!)];
    const bins = staticShape(y, "of DFT")[axis]!;
    const paddedDy = bins < n ? g.pad(dy, { pads: [0, n - bins], axes: [axis] }) : dy;
    const transformed = g.mul(
      transform(g, paddedDy, { axis, inverse: !inverse }),
      inverse ? 1 / n : n,
    );
    // Zeros had been put behind, or the rest left out.
    const part =
      from > n
        ? g.pad(transformed, { pads: [0, from - n], axes: [axis] })
        : from < n
          ? g.slice(transformed, { starts: [0], ends: [from], axes: [axis] })
          : transformed;
    return [
      shape.at(-1) === 1 ? g.slice(part, { starts: [0], ends: [1], axes: [rank - 1] }) : part,
    ];
  },
  samples: inFloat32([
    { inputs: [[2, 6, 1]], attributes: { axis: 1 } },
    { inputs: [[2, 5, 3, 2]], attributes: { axis: 2 } },
    { inputs: [[2, 5, 2]], attributes: { axis: 1, inverse: 1 } },
    { inputs: [[1, 7, 1]], attributes: { axis: 1, onesided: 1 } },
    { inputs: [[1, 3, 4, 1], length(6)], attributes: { axis: -2, onesided: 1 } },
    { inputs: [[1, 6, 1], length(4)], attributes: { axis: 1 } },
  ]),
});
