import { defineGradient } from "./gradient";
import { sumTo } from "./shared/sumTo";

export const gemm = defineGradient({
  op: "Gemm",
  inputs: 2,
  // y = alpha · a' b' + beta · c, where ' is a transposition if transA, transB say so.
  gradient: ([dy], { inputs: [a, b, c], int, float, wants }, g) => {
    const transA = int("transA", 0);
    const transB = int("transB", 0);
    const alpha = float("alpha", 1);
    const beta = float("beta", 1);
    const product = (left: typeof dy, right: typeof dy, ta: number, tb: number) =>
      g.gemm(left, right, undefined, { transA: ta, transB: tb, alpha });
    const gradientOfC = () => {
      const sum = sumTo(g, dy, c!);
      return beta === 1 ? sum : g.mul(sum, beta);
    };
    return [
      wants(0) ? (transA ? product(b, dy, transB, 1) : product(dy, b, 0, 1 - transB)) : undefined,
      wants(1) ? (transB ? product(dy, a, 1, transA) : product(a, dy, 1 - transA, 0)) : undefined,
      wants(2) ? gradientOfC() : undefined,
    ];
  },
  samples: [
    { inputs: [[2, 3], [3, 4], [4]] },
    {
      inputs: [
        [2, 3],
        [3, 4],
      ],
    },
    {
      inputs: [
        [3, 2],
        [3, 4],
        [2, 1],
      ],
      attributes: { transA: 1, alpha: 0.5, beta: 2 },
    },
    { inputs: [[2, 3], [4, 3], []], attributes: { transB: 1 } },
    {
      inputs: [
        [3, 2],
        [4, 3],
        [2, 4],
      ],
      attributes: { transA: 1, transB: 1, alpha: 0.5 },
    },
  ],
});
