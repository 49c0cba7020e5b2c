import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { GraphBuilder, type Value } from "./builder";
import { operators } from "../operators";

/** Operators without a method, and why. */
const exceptions: Readonly<Record<string, string>> = {
  Constant: "g.constant(tensor) makes an initializer",
  Scatter: "gone from opset 11 on: g.scatterElements",
  Upsample: "gone from opset 10 on: g.resize",
  ...Object.fromEntries(
    operators
      .filter(({ op }) => /Sequence/.test(op) && op !== "ReverseSequence")
      .map(({ op }) => [op, "sequences are read in others' models: tensors alone are written"]),
  ),
};

/** RMSNormalization: rmsNormalization; PRelu: pRelu; DFT: dft. */
const methodOf = (op: string) =>
  op.replace(/^([A-Z]+(?=[A-Z][a-z])|[A-Z]+$|[A-Z])/, (first) => first.toLowerCase());

it("has a method for every operator", () => {
  const g = new GraphBuilder();
  const missing = operators
    .filter(({ op }) => !(methodOf(op) in g) || op === "Constant")
    .map(({ op }) => op);
  expect(missing.sort()).toEqual(Object.keys(exceptions).sort());
});

const list = (...values: number[]) => tensor("float32", [values.length], values);

describe("methods that take numbers put them where the operator wants them", () => {
  // Sums by hand.
  const cases: Record<string, [(g: GraphBuilder) => Value | undefined, number[]]> = {
    "clip, both": [(g) => g.clip(g.constant(list(-1, 1, 9)), { min: 0, max: 6 }), [0, 1, 6]],
    "clip, max alone": [(g) => g.clip(g.constant(list(-1, 9)), { max: 6 }), [-1, 6]],
    slice: [
      (g) => g.slice(g.constant(list(1, 2, 3, 4)), { starts: [0], ends: [4], steps: [2] }),
      [1, 3],
    ],
    pad: [(g) => g.pad(g.constant(list(1, 2)), { pads: [1, 1], value: 7 }), [7, 1, 2, 7]],
    "pad, one axis": [
      (g) =>
        g.reshape(
          g.pad(g.constant(tensor("float32", [1, 2], [1, 2])), { pads: [0, 1], axes: [1] }),
          [-1],
        ),
      [1, 2, 0],
    ],
    "pad, edge": [
      (g) => g.pad(g.constant(list(1, 2)), { pads: [0, 2], mode: "edge" }),
      [1, 2, 2, 2],
    ],
    "topK, values": [(g) => g.topK(g.constant(list(3, 9, 5)), 2)[0], [9, 5]],
    "topK, smallest": [(g) => g.topK(g.constant(list(3, 9, 5)), 2, { largest: false })[0], [3, 5]],
    cumSum: [(g) => g.cumSum(g.constant(list(1, 2, 3)), 0, { exclusive: true }), [0, 1, 3]],
    "split, sizes": [(g) => g.split(g.constant(list(1, 2, 3)), { sizes: [1, 2] })[1], [2, 3]],
    "split, equal": [(g) => g.split(g.constant(list(1, 2, 3)), { num_outputs: 2 })[1], [3]],
    gather: [(g) => g.gather(g.constant(list(5, 6, 7)), [2, 0]), [7, 5]],
    tile: [(g) => g.tile(g.constant(list(1, 2)), [2]), [1, 2, 1, 2]],
    expand: [(g) => g.expand(g.scalar("float32", 3), [2]), [3, 3]],
    range: [(g) => g.cast(g.range(1, 6, 2), "float32"), [1, 3, 5]],
    oneHot: [(g) => g.reshape(g.oneHot(g.int64s([1]), 3, g.constant(list(0, 4))), [-1]), [0, 4, 0]],
    trilu: [
      (g) => g.reshape(g.trilu(g.constant(tensor("float32", [2, 2], [1, 2, 3, 4])), 1), [-1]),
      [0, 2, 0, 0],
    ],
    "trilu, lower": [
      (g) =>
        g.reshape(
          g.trilu(g.constant(tensor("float32", [2, 2], [1, 2, 3, 4])), undefined, { upper: false }),
          [-1],
        ),
      [1, 0, 3, 4],
    ],
    "resize, scales": [
      (g) =>
        g.reshape(
          g.resize(g.constant(tensor("float32", [1, 2], [1, 2])), {
            scales: [1, 2],
            nearest_mode: "floor",
            coordinate_transformation_mode: "asymmetric",
          }),
          [-1],
        ),
      [1, 1, 2, 2],
    ],
    "resize, sizes of axes": [
      (g) =>
        g.reshape(
          g.resize(g.constant(tensor("float32", [1, 2], [1, 2])), {
            sizes: [4],
            axes: [1],
            nearest_mode: "floor",
            coordinate_transformation_mode: "asymmetric",
          }),
          [-1],
        ),
      [1, 1, 2, 2],
    ],
    "reduceMean, axes": [
      (g) =>
        g.reduceMean(g.constant(tensor("float32", [2, 2], [1, 2, 3, 6])), {
          axes: [0],
          keepdims: false,
        }),
      [2, 4],
    ],
    "max, many": [(g) => g.max(g.constant(list(1, 5)), 3, 2), [3, 5]],
    "sub, number first": [(g) => g.sub(1, g.constant(list(0.25))), [0.75]],
    where: [(g) => g.where(g.greater(g.constant(list(1, -1)), 0), 5, g.constant(list(7))), [5, 7]],
    maxUnpool: [
      (g) => {
        const [y, indices] = g.maxPoolWithIndices(
          g.constant(tensor("float32", [1, 1, 4], [1, 4, 2, 3])),
          { kernel_shape: [2], strides: [2] },
        );
        return g.reshape(
          g.maxUnpool(y, indices, [1, 1, 4], { kernel_shape: [2], strides: [2] }),
          [-1],
        );
      },
      [0, 4, 0, 3],
    ],
    fusedMatMul: [
      (g) => {
        const a = g.constant(tensor("float32", [2, 1], [1, 2]));
        return g.reshape(g.fusedMatMul(a, a, { transA: true, alpha: 0.5 }), [-1]);
      },
      [2.5],
    ],
    "dropout does nothing unless it trains": [
      (g) => g.dropout(g.constant(list(1, 2)), { ratio: 0.5 }),
      [1, 2],
    ],
    "dropout, all of it": [
      (g) =>
        g.cast(
          g.dropoutWithMask(g.constant(list(1, 2)), { ratio: 0, training_mode: true })[1],
          "float32",
        ),
      [1, 1],
    ],
    eyeLike: [
      (g) =>
        g.reshape(
          g.cast(g.eyeLike(g.constant(tensor("float32", [2, 2])), { dtype: "int32" }), "float32"),
          [-1],
        ),
      [1, 0, 0, 1],
    ],
    constantOfShape: [
      (g) => g.constantOfShape([2], { value: tensor("float32", [1], [7]) }),
      [7, 7],
    ],
    einsum: [
      (g) => g.einsum([g.constant(list(1, 2)), g.constant(list(3, 4))], { equation: "i,i->i" }),
      [3, 8],
    ],
    reverseSequence: [
      (g) =>
        g.reshape(g.reverseSequence(g.constant(tensor("float32", [3, 1], [1, 2, 3])), [2]), [-1]),
      [2, 1, 3],
    ],
    "batchNormalizationTraining, running mean": [
      (g) => {
        const pairOf = (value: number) => g.constant(list(value));
        const x = g.constant(tensor("float32", [2, 1], [1, 3]));
        // ¾ · 8 + ¼ · 2
        return g.batchNormalizationTraining(x, pairOf(1), pairOf(0), pairOf(8), pairOf(1), {
          momentum: 0.75,
        })[1];
      },
      [6.5],
    ],
  };
  it.each(Object.entries(cases))("%s", async (_, [body, expected]) => {
    const g = new GraphBuilder();
    const y = body(g)!;
    expect(y.shape).toEqual([expected.length]);
    const name = g.output(y).name;
    const actual = (await run(g, new Map()))[name]!;
    expect([...(actual.data as Float32Array)]).toEqual(expected);
  });
});

it("recurrent layers take their optional inputs in ONNX's order", () => {
  const g = new GraphBuilder();
  const zeros = (...shape: number[]) => g.constant(tensor("float32", shape));
  const [y, h, c] = g.lstm(
    zeros(4, 2, 3),
    zeros(1, 20, 3),
    zeros(1, 20, 5),
    undefined,
    undefined,
    zeros(1, 2, 5),
    zeros(1, 2, 5),
    undefined,
    { hidden_size: 5 },
  );
  expect([y.shape, h.shape, c.shape]).toEqual([
    [4, 1, 2, 5],
    [1, 2, 5],
    [1, 2, 5],
  ]);
  expect(g.nodes[0]!.inputs.map((name) => name !== "")).toEqual([
    true,
    true,
    true,
    false,
    false,
    true,
    true,
  ]);
});
