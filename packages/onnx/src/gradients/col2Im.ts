import { CajalError, sizeOf, tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";
import { staticShape } from "./shared/sumTo";

const int64s = (...values: number[]) => tensor("int64", [values.length], values);

export const col2Im = defineGradient({
  op: "Col2Im",
  inputs: 3,
  // Blocks are added up where they lie in the image; back, each block is cut out of dy (im2col).
  gradient: ([dy], { node, constant, ints }, g) => {
    const [batch, channels, ...image] = staticShape(dy, "of Col2Im", 2);
    const rank = image.length;
    const block = constant(2) && Array.from(constant(2)!.data, Number);
    if (!block)
      throw new CajalError(
        "unsupported",
        `node "${node.name}": the gradient of Col2Im needs a block_shape that is a constant.`,
        { node: node.name, op: node.op },
      );
    const strides = ints("strides") ?? Array<number>(rank).fill(1);
    const dilations = ints("dilations") ?? Array<number>(rank).fill(1);
    const pads = ints("pads") ?? Array<number>(2 * rank).fill(0);
    const axes = image.map((_, i) => i + 2);
    const padded = pads.some((pad) => pad !== 0) ? g.pad(dy, { pads, axes }) : dy;
    const extents = image.map((extent, i) => extent + pads[i]! + pads[i + rank]!);
    const counts = extents.map(
      (extent, i) => Math.floor((extent - dilations[i]! * (block[i]! - 1) - 1) / strides[i]!) + 1,
    );
    // Where number k of a block, and block l, lie along each axis; row-major, the last axis fastest.
    const flatPositions = (shape: readonly number[], step: readonly number[]) =>
      Array.from(
        { length: sizeOf(shape) },
        (_, flat) =>
          shape.reduceRight(
            ([rest, at]: readonly [number, number], extent, i) =>
              [
                Math.floor(rest / extent),
                at + (rest % extent) * step[i]! * sizeOf(extents.slice(i + 1)),
              ] as const,
            [flat, 0] as const,
          )[1],
      );
    const inBlock = flatPositions(block, dilations);
    const blocks = flatPositions(counts, strides);
    const index = inBlock.flatMap((k) => blocks.map((l) => k + l));
    const patches = g.gather(g.reshape(padded, [batch, channels, sizeOf(extents)]), index, {
      axis: 2,
    });
    return [g.reshape(patches, [batch, channels * inBlock.length, blocks.length])];
  },
  samples: inFloat32([
    { inputs: [[2, 8, 9], int64s(4, 4), int64s(2, 2)] },
    { inputs: [[1, 6, 6], int64s(5, 4), int64s(3, 2)], attributes: { strides: [2, 2], pads: [1, 1, 1, 0] } }, // prettier-ignore
    { inputs: [[1, 4, 9], int64s(5, 4), int64s(2, 2)], attributes: { dilations: [2, 1] } },
    { inputs: [[2, 4, 4], int64s(5), int64s(2)] },
    { inputs: [[1, 8, 4], int64s(2, 3, 3), int64s(2, 2, 2)] },
  ]),
});
