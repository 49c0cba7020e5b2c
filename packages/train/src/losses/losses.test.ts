import { isCajalError, tensor, type Tensor } from "@cajal/core";
import type { Loss, Ops } from "@cajal/runtime";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { engines } from "../../testing/engines";
import * as losses from ".";
import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalGeneralizedCrossEntropy,
  categoricalHinge,
  circle,
  cosineSimilarity,
  ctc,
  dice,
  hinge,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  sparseCategoricalCrossentropy,
  squaredHinge,
  tversky,
} from "../index";

interface Flat {
  shape: number[];
  dtype?: "int32";
  data: number[];
}

interface Case {
  case: string;
  class_name: string;
  config: {
    from_logits?: boolean;
    label_smoothing?: number;
    delta?: number;
    alpha?: number;
    beta?: number;
    gamma?: number;
    axis?: number[];
    apply_class_balancing?: boolean;
    q?: number;
    margin?: number;
    remove_diagonal?: boolean;
  };
  y_true: Flat;
  y_pred: Flat;
  sample_weight?: number[];
  loss: number;
  per_sample: number[];
  gradient: Flat;
}

const focalOptions = (c: Case["config"]) => ({
  alpha: c.alpha,
  gamma: c.gamma,
  fromLogits: c.from_logits,
  labelSmoothing: c.label_smoothing,
});

const ours: Record<string, (config: Case["config"]) => Loss> = {
  CategoricalCrossentropy: (c) =>
    categoricalCrossentropy({ fromLogits: c.from_logits, labelSmoothing: c.label_smoothing }),
  SparseCategoricalCrossentropy: (c) =>
    sparseCategoricalCrossentropy({ fromLogits: c.from_logits }),
  BinaryCrossentropy: (c) =>
    binaryCrossentropy({ fromLogits: c.from_logits, labelSmoothing: c.label_smoothing }),
  MeanSquaredError: meanSquaredError,
  MeanAbsoluteError: meanAbsoluteError,
  Huber: (c) => huber(c.delta === undefined ? {} : { delta: c.delta }),
  LogCosh: logCosh,
  KLDivergence: klDivergence,
  Hinge: hinge,
  CosineSimilarity: cosineSimilarity,
  CTC: ctc,
  Dice: ({ axis }) => dice({ axis }),
  Tversky: ({ alpha, beta }) => tversky({ alpha, beta }),
  CategoricalFocalCrossentropy: (c) => categoricalFocalCrossentropy(focalOptions(c)),
  BinaryFocalCrossentropy: (c) =>
    binaryFocalCrossentropy({
      ...focalOptions(c),
      applyClassBalancing: c.apply_class_balancing,
    }),
  CategoricalGeneralizedCrossEntropy: ({ q }) => categoricalGeneralizedCrossEntropy({ q }),
  Circle: (c) => circle({ gamma: c.gamma, margin: c.margin, removeDiagonal: c.remove_diagonal }),
  SquaredHinge: squaredHinge,
  CategoricalHinge: categoricalHinge,
  Poisson: poisson,
  MeanAbsolutePercentageError: meanAbsolutePercentageError,
  MeanSquaredLogarithmicError: meanSquaredLogarithmicError,
};

/** Relative to the largest value, as the reference states: 2e-6. */
function near(got: Tensor, expected: readonly number[], tolerance = 2e-6): void {
  const largest = Math.max(...expected.map(Math.abs));
  expect(got.data.length).toBe(expected.length);
  expected.forEach((value, i) =>
    expect(Math.abs(Number(got.data[i]) - value)).toBeLessThanOrEqual(tolerance * largest),
  );
}

describe("losses against Keras", () => {
  const { cases }: { cases: Case[] } = JSON.parse(
    readFileSync(new URL("../../../models/fixtures/keras/losses.json", import.meta.url), "utf8"),
  );
  it("has all of Keras' cases", () => expect(cases.length).toBe(53));
  describe.each(engines)("$name", (engine) => {
    it.each(cases)("$case", async (golden) => {
      const { y_true, y_pred, sample_weight } = golden;
      const loss = ours[golden.class_name]!(golden.config);
      const inputs = {
        yTrue: tensor(y_true.dtype ?? "float32", y_true.shape, y_true.data),
        yPred: tensor("float32", y_pred.shape, y_pred.data),
      };
      loss.checkLabels?.(inputs.yTrue, y_pred.shape);
      const compute = <V>(ops: Ops<V>, { yTrue, yPred }: Readonly<Record<string, V>>) => {
        const each = loss.compute(ops, yTrue!, yPred!);
        const weighted = sample_weight ? ops.mul(each, ops.constant(sample_weight)) : each;
        return { each: weighted, y: ops.reduceMean(weighted) };
      };
      const { each, y } = await engine.compute(inputs, compute);
      near(each!, golden.per_sample);
      near(y!, [golden.loss]);
      near(await engine.gradient(inputs, compute, "yPred"), golden.gradient.data);
    });
  });
});

describe.each(engines)("losses on $name", (engine) => {
  const logits = [2, -1, 0.5, 0.1, 0.2, 3];
  const softmax = logits.map((x, i) => {
    const row = logits.slice(i - (i % 3), i - (i % 3) + 3).map(Math.exp);
    return Math.exp(x) / row.reduce((a, b) => a + b);
  });
  const inputs = {
    labels: tensor("int32", [2], [2, 1]),
    oneHot: tensor("float32", [2, 3], [0, 0, 1, 0, 1, 0]),
    logits: tensor("float32", [2, 3], logits),
    probabilities: tensor("float32", [2, 3], softmax),
  };

  it("gives the same from class numbers, one-hot labels, logits and probabilities", async () => {
    const options = { labelSmoothing: 0.1, classWeights: [1, 3, 0.5] };
    const results = await engine.compute(
      inputs,
      (ops, { labels, oneHot, logits, probabilities }) => ({
        a: sparseCategoricalCrossentropy({ ...options, fromLogits: true }).compute(
          ops,
          labels!,
          logits!,
        ),
        b: sparseCategoricalCrossentropy(options).compute(ops, labels!, probabilities!),
        c: categoricalCrossentropy({ ...options, fromLogits: true }).compute(ops, oneHot!, logits!),
        d: categoricalCrossentropy(options).compute(ops, oneHot!, probabilities!),
      }),
    );
    // By hand: weight · −(0.9 log p_label + 0.1 mean log p).
    const expected = [
      [2, 0.5],
      [1, 3],
    ].map(([label, weight], row) => {
      const logs = softmax.slice(3 * row, 3 * row + 3).map(Math.log);
      const mean = logs.reduce((a, b) => a + b) / 3;
      return -weight! * (0.9 * logs[label!]! + 0.1 * mean);
    });
    for (const result of Object.values(results)) near(result, expected);
  });

  // Keras: Dice(axis=()) of 1 of 3 equal shares is 0.8333, of all axes 0.6667.
  it("sums over no axes where none are given", async () => {
    const inputs = { y: tensor("float32", [2, 3], [1, 0, 0, 0, 1, 0]), p: tensor("float32", [2, 3], Array(6).fill(1 / 3)) }; // prettier-ignore
    const results = await engine.compute(inputs, (ops, { y, p }) => ({
      none: dice({ axis: [] }).compute(ops, y!, p!),
      all: dice().compute(ops, y!, p!),
    }));
    near(results.none!, [0.5, 1, 1, 1, 0.5, 1]);
    near(results.all!, [2 / 3]);
  });

  it("takes labels without the last axis, where that of the output is 1", async () => {
    const yPred = tensor("float32", [2, 2, 1], [0.2, 0.7, 0.9, 0.4]);
    const numbers = [0, 1, 1, 0];
    for (const [name, make] of Object.entries(losses)) {
      if (["circle", "ctc"].includes(name) || /sparse|Generalized/.test(name)) continue;
      const of = async (shape: number[]) => {
        const inputs = { yTrue: tensor("int32", shape, numbers), yPred };
        const { y } = await engine.compute(inputs, (ops, { yTrue, yPred }) => ({ y: make().compute(ops, yTrue!, yPred!) })); // prettier-ignore
        return { name, shape: y!.shape, data: [...y!.data] };
      };
      expect(await of([2, 2])).toEqual(await of([2, 2, 1]));
    }
  });

  it("gives the same generalized cross-entropy from logits and probabilities", async () => {
    const { a, b } = await engine.compute(inputs, (ops, { labels, logits, probabilities }) => ({
      a: categoricalGeneralizedCrossEntropy({ q: 0.3, fromLogits: true }).compute(ops, labels!, logits!),
      b: categoricalGeneralizedCrossEntropy({ q: 0.3 }).compute(ops, labels!, probabilities!),
    })); // prettier-ignore
    const expected = [softmax[2]!, softmax[4]!].map((p) => (1 - p ** 0.3) / 0.3);
    near(a!, expected);
    near(b!, expected);
  });

  it("learns nothing, and no NaN, of a class that is excluded", async () => {
    const loss = categoricalGeneralizedCrossEntropy({ fromLogits: true });
    const excluded = {
      labels: tensor("int32", [3], [0, 1, 1]),
      logits: tensor("float32", [3, 3], [1e4, -1e4, 0, 1e4, -1e4, 0, 0, 0, -Infinity]),
    };
    const compute = <V>(ops: Ops<V>, { labels, logits }: Readonly<Record<string, V>>) => ({
      y: loss.compute(ops, labels!, logits!),
    });
    near((await engine.compute(excluded, compute)).y!, [0, 2, 2 - Math.SQRT2]);
    // −p^q times the slope of log p
    const half = Math.SQRT1_2 / 2;
    near(await engine.gradient(excluded, compute, "logits"), [0, 0, 0, 0, 0, 0, half, -half, 0]);
  });

  it("learns nothing of a label that no sequence gives, where its weight is 0", async () => {
    const impossible = {
      y: tensor("int32", [2, 2], [1, 1, 2, 0]),
      p: tensor("float32", [2, 2, 3], [1, 2, 3, 3, 2, 1, 0, 0, 0, 0, 0, 0]),
    };
    const compute = <V>(ops: Ops<V>, { y, p }: Readonly<Record<string, V>>) => ({
      y: ops.mul(ctc().compute(ops, y!, p!), ops.constant([0, 1])),
    });
    // Of nine pairs 2 2, 2 0 and 0 2 are the second label.
    near((await engine.compute(impossible, compute)).y!, [0, Math.log(3)]);
    const third = 1 / 3;
    const slope = [0, 0, 0, 0, 0, 0, 0, third, -third, 0, third, -third];
    near(await engine.gradient(impossible, compute, "p"), slope);
  });

  it("finds no pairs in a batch of one", async () => {
    const one = { y: tensor("int32", [1, 1], [5]), p: tensor("float32", [1, 2], [0.6, 0.8]) };
    const compute = <V>(ops: Ops<V>, { y, p }: Readonly<Record<string, V>>) => ({
      y: circle().compute(ops, y!, p!),
    });
    near((await engine.compute(one, compute)).y!, [0]);
    near(await engine.gradient(one, compute, "p"), [0, 0]);
  });

  it("computes logits of any size", async () => {
    const { y } = await engine.compute(
      {
        labels: tensor("int32", [2], [0, 1]),
        logits: tensor("float32", [2, 2], [1e4, -1e4, 1e4, -1e4]),
      },
      (ops, { labels, logits }) => ({
        y: sparseCategoricalCrossentropy({ fromLogits: true }).compute(ops, labels!, logits!),
      }),
    );
    near(y!, [0, 2e4]);
  });
});

describe("labels that do not fit", () => {
  const refused = (loss: Loss, labels: Tensor, output: number[]) => {
    try {
      loss.checkLabels!(labels, output);
    } catch (error) {
      return isCajalError(error) ? error.code : error;
    }
    return "nothing";
  };
  it("are refused", () => {
    const sparse = sparseCategoricalCrossentropy();
    expect(refused(sparse, tensor("int32", [2], [0, 3]), [2, 3])).toBe("bad-argument");
    expect(refused(sparse, tensor("int32", [2], [-1, 0]), [2, 3])).toBe("bad-argument");
    expect(refused(sparse, tensor("float32", [2], [0.5, 0]), [2, 3])).toBe("bad-argument");
    expect(refused(sparse, tensor("float32", [2, 3]), [2, 3])).toBe("bad-shape");
    expect(refused(categoricalCrossentropy(), tensor("int32", [2]), [2, 3])).toBe("bad-shape");
    expect(refused(meanSquaredError(), tensor("float32", [2, 2]), [2, 3])).toBe("bad-shape");
    expect(refused(sparse, tensor("uint8", [2, 1], [2, 0]), [2, 3])).toBe("nothing");
    const generalized = categoricalGeneralizedCrossEntropy();
    expect(refused(generalized, tensor("int32", [2], [0, 3]), [2, 3])).toBe("bad-argument");
    expect(refused(generalized, tensor("float32", [2, 3]), [2, 3])).toBe("bad-shape");
    expect(refused(circle(), tensor("int32", [2], [-9, 2 ** 31 - 1]), [2, 3])).toBe("nothing");
    expect(refused(circle(), tensor("float32", [2, 1], [0, 0.5]), [2, 3])).toBe("bad-argument");
    expect(refused(circle(), tensor("int64", [2], [0, 2 ** 32]), [2, 3])).toBe("bad-argument");
    expect(refused(circle(), tensor("float32", [2, 3]), [2, 3])).toBe("bad-shape");
    expect(refused(circle(), tensor("int32", [2, 4]), [2, 4, 3])).toBe("bad-shape");
    expect(refused(binaryCrossentropy(), tensor("int32", [2], [1, 0]), [2, 1])).toBe("nothing");
  });

  const shares = [
    binaryCrossentropy(),
    binaryCrossentropy({ fromLogits: true }),
    binaryFocalCrossentropy(),
    categoricalFocalCrossentropy(),
    dice(),
    klDivergence(),
    tversky(),
  ];
  const labels = [
    tensor("uint8", [2], [0, 255]),
    tensor("float32", [2], [1, -1]),
    tensor("int64", [2], [1, 2]),
    tensor("float32", [2], [0, 1.01]),
    tensor("float16", [2], [0x3c00, 0x3c01]), // 1, and the next
    tensor("float16", [2], [0x0000, 0xbc00]), // 0 and −1
    tensor("float32", [2], [0, Infinity]),
  ];
  it.each(
    shares.flatMap((loss) => labels.map((y) => [loss.name, y.dtype, y.data[1], loss, y] as const)),
  )("outside 0 … 1 are refused: %s %s %s", (_, dtype, __, loss, y) => {
    const column = { ...y, shape: [2, 1] };
    const message = expect.stringMatching(
      new RegExp(`: label 1 of the batch is .* \\(${dtype}\\), expected a number in 0 … 1`),
    );
    expect(() => loss.checkLabels!(column, [2, 1])).toThrow(
      expect.objectContaining({ code: "bad-argument", message }),
    );
  });

  it.each(shares)("smoothed, mixed or NaN are not: $name", (loss) => {
    // NaN is told by the step, which names what is not finite.
    const mixed = tensor("float32", [4, 1], [0.9, 1 + 2 ** -23, 0, NaN]);
    expect(() => loss.checkLabels!(mixed, [4, 1])).not.toThrow();
    const halves = tensor("float16", [3, 1], [0x3c00, 0x8000, 0x3555]);
    expect(() => loss.checkLabels!(halves, [3, 1])).not.toThrow();
  });

  it.each([...shares, sparseCategoricalCrossentropy()])(
    "of $name may be anything where their weight is 0",
    (loss) => {
      const classes = loss.name.startsWith("sparse") ? 2 : 1;
      const y = tensor("float32", [2, 1], [0, -1]);
      const weigh = (...weights: number[]) => () => loss.checkLabels!(y, [2, classes], tensor("float32", [2], weights)); // prettier-ignore
      expect(weigh(1, 0)).not.toThrow();
      expect(weigh(0, 1)).toThrow("label 1 of the batch is -1");
    },
  );

  it("have the weight of their position in a sequence", () => {
    const y = tensor("float32", [2, 3, 1], [0, -1, 1, 1, 0, -1]);
    const padding = tensor("float32", [2, 3], [1, 0, 1, 1, 1, 0]);
    expect(() => binaryCrossentropy().checkLabels!(y, [2, 3, 1], padding)).not.toThrow();
    const ofExamples = tensor("float32", [2], [0, 1]);
    expect(() => binaryCrossentropy().checkLabels!(y, [2, 3, 1], ofExamples)).toThrow("label 5");
  });

  it.each([
    ["a class that there is not", [[1, 4], [2, 0]], "label 0 of the batch has 4 (int32), expected class numbers in 1 … 3"], // prettier-ignore
    [
      "a negative one",
      [
        [1, 2],
        [-1, 0],
      ],
      "label 1 of the batch has -1",
    ],
    [
      "a blank within",
      [
        [1, 2],
        [0, 3],
      ],
      "label 1 of the batch has a 0 before another number",
    ],
    [
      "too many",
      [
        [1, 2, 3, 1],
        [1, 0, 0, 0],
      ],
      "has 4 numbers, and the output 3 steps, expected at least 4",
    ],
    ["too many with the blanks between equal ones", [[1, 0, 0], [2, 2, 1]], "has 3 numbers, 1 of them like the one before it, and the output 3 steps, expected at least 4"], // prettier-ignore
  ])("of ctc are sequences that may be: not %s", (_, rows, message) => {
    const y = tensor("int32", [2, rows[0]!.length], rows.flat());
    const check = (weight?: Tensor) => () => ctc().checkLabels!(y, [2, 3, 4], weight);
    expect(check()).toThrow(expect.objectContaining({ code: "bad-argument", message: expect.stringContaining(message) })); // prettier-ignore
    expect(check(tensor("float32", [2], [0, 0]))).not.toThrow();
  });

  it("of ctc have two axes, and its output three", () => {
    const y = tensor("int32", [2, 2], [1, 2, 3, 0]);
    expect(refused(ctc(), y, [2, 3, 4])).toBe("nothing");
    expect(refused(ctc(), tensor("uint8", [2, 2], [1, 1, 0, 0]), [2, 3, 4])).toBe("nothing");
    expect(refused(ctc(), y, [2, 3])).toBe("bad-shape");
    expect(refused(ctc(), tensor("int32", [2], [1, 2]), [2, 3, 4])).toBe("bad-shape");
    expect(refused(ctc(), y, [3, 3, 4])).toBe("bad-shape");
  });

  it("of the categorical cross-entropy may be counts, and are not negative", () => {
    const loss = categoricalCrossentropy();
    expect(refused(loss, tensor("float32", [1, 3], [4, 0, 2]), [1, 3])).toBe("nothing");
    expect(refused(loss, tensor("float32", [1, 3], [1, 0, -1]), [1, 3])).toBe("bad-argument");
  });

  it.each([hinge(), squaredHinge(), categoricalHinge()])("of $name are in −1 … 1", (loss) => {
    expect(refused(loss, tensor("float32", [2, 1], [-1, 1]), [2, 1])).toBe("nothing");
    expect(refused(loss, tensor("uint8", [2, 1], [0, 2]), [2, 1])).toBe("bad-argument");
  });
});
