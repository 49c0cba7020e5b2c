import { tensor } from "@cajal/core";
import { defineGradient, inFloat32 } from "./gradient";
import { staticShape } from "./shared/sumTo";
import { throughExpansion } from "./shared/throughExpansion";

const positions = tensor("int64", [2, 3], [0, 4, 1, 2, 2, 3]);

export const rotaryEmbedding = defineGradient({
  op: "RotaryEmbedding",
  inputs: 3,
  // Pairs (a, b) of each head are rotated by the angles of their position: (a cos − b sin, a sin + b cos)
  // (Su et al. 2021, arXiv:2104.09864). A pair is two neighbours, or one number of each half.
  gradient: throughExpansion(({ inputs, int }, g) => {
    const [x, cosines, sines, ids] = inputs;
    const shape = staticShape(x, "of RotaryEmbedding");
    const flat = shape.length === 3;
    const heads = flat ? int("num_heads", 1) : shape[1]!;
    const [batch, length] = flat ? [shape[0]!, shape[1]!] : [shape[0]!, shape[2]!];
    const size = flat ? shape[2]! / heads : shape[3]!;
    const rotatedSize = int("rotary_embedding_dim", 0) || size;
    // [batch, length, heads, size]
    const each = flat ? g.reshape(x, [batch, length, heads, size]) : g.transpose(x, [0, 2, 1, 3]);
    const part = (from: number, to: number, step = 1) =>
      g.slice(each, { starts: [from], ends: [to], axes: [3], steps: [step] });
    const angles = (cache: typeof x) => g.unsqueeze(ids ? g.gather(cache, ids) : cache, [2]);
    const [cos, sin] = [angles(cosines), angles(sines)];
    const neighbours = int("interleaved", 0) === 1;
    const a = neighbours ? part(0, rotatedSize, 2) : part(0, rotatedSize / 2);
    const b = neighbours ? part(1, rotatedSize, 2) : part(rotatedSize / 2, rotatedSize);
    const first = g.sub(g.mul(cos, a), g.mul(sin, b));
    const secondHalf = g.add(g.mul(sin, a), g.mul(cos, b));
    const result = neighbours
      ? g.reshape(g.concat([g.unsqueeze(first, [4]), g.unsqueeze(secondHalf, [4])], { axis: 4 }), [
          batch,
          length,
          heads,
          rotatedSize,
        ])
      : g.concat([first, secondHalf], { axis: 3 });
    const y =
      rotatedSize < size ? g.concat([result, part(rotatedSize, size)], { axis: 3 }) : result;
    return [flat ? g.reshape(y, shape) : g.transpose(y, [0, 2, 1, 3])];
  }),
  samples: inFloat32([
    { inputs: [[2, 2, 3, 4], [5, 2], [5, 2], positions] },
    { inputs: [[2, 3, 8], [2, 3, 2], [2, 3, 2]], attributes: { num_heads: 2, interleaved: 1 } }, // prettier-ignore
    { inputs: [[2, 2, 3, 6], [5, 2], [5, 2], positions], attributes: { rotary_embedding_dim: 4 } },
    {
      inputs: [[2, 3, 12], [5, 2], [5, 2], positions],
      attributes: { num_heads: 2, rotary_embedding_dim: 4, interleaved: 1 },
    },
  ]),
});
