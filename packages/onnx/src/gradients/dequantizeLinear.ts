import { CajalError, tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";
import { staticShape } from "./shared/sumTo";

const bytes = tensor("uint8", [2, 3, 2], [1, 200, 3, 40, 5, 60, 7, 80, 90, 10, 110, 12]);

export const dequantizeLinear = defineGradient({
  op: "DequantizeLinear",
  inputs: 2,
  // y = (x − zero) · scale; x and zero are whole numbers, dscale = Σ dy (x − zero).
  gradient: ([dy], { node, inputs: [x, scale, zero], int, wants }, g) => {
    if (!wants(1)) return [];
    if (int("block_size", 0) !== 0)
      throw new CajalError(
        "unsupported",
        `node "${node.name}": the gradient of DequantizeLinear by scales of blocks is not known.`,
        { node: node.name, op: node.op },
      );
    const rank = staticShape(x, "of DequantizeLinear").length;
    const scalar = staticShape(scale, "of DequantizeLinear").every((extent) => extent === 1);
    const axis = rank === 1 ? 0 : (int("axis", 1) + rank) % rank;
    const axes = Array.from({ length: rank }, (_, i) => i).filter((i) => scalar || i !== axis);
    const toFloat = (value: NonNullable<typeof x>) => g.cast(value, scale.dtype);
    const alongAxis = (value: NonNullable<typeof x>) =>
      scalar
        ? value
        : g.reshape(
            value,
            Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)),
          );
    const from = zero ? g.sub(toFloat(x), alongAxis(toFloat(zero))) : toFloat(x);
    const product = g.mul(toFloat(dy), from);
    const sum = axes.length > 0 ? g.reduceSum(product, { axes, keepdims: false }) : product;
    return [undefined, g.reshape(sum, g.shape(scale))];
  },
  samples: inFloat32([
    { inputs: [bytes, [], tensor("uint8", [], [9])] },
    { inputs: [bytes, [3], tensor("uint8", [3], [1, 2, 3])], attributes: { axis: 1 } },
    { inputs: [bytes, [2]], attributes: { axis: -1 } },
    { inputs: [tensor("int8", [3], [-4, 5, 6]), [1]] },
  ]),
});
