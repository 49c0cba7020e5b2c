// Metrics over the batches of an epoch: Keras' numbers after each batch, scikit-learn's after the last.
import { tensor, type Tensor } from "@cajal/core";
import type { Metric } from "@cajal/runtime";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { engines, type TestedEngine } from "../../testing/engines";
import * as losses from "../losses";
import * as metrics from ".";

interface Case {
  case: string;
  metric: [name: string, options: never];
  keras: number[];
  sklearn?: number;
  y: { dtype: "float32" | "int32"; shape: number[]; data: number[] };
  p: { shape: number[]; data: number[] };
}

const { sizes, cases }: { sizes: number[]; cases: Case[] } = JSON.parse(
  readFileSync(new URL("../../fixtures/metrics.json", import.meta.url), "utf8"),
);

const makers: Readonly<Record<string, (options?: never) => Metric>> = { ...metrics, ...losses };

/** The totals of a batch: of a mean its sum and its number of samples. */
async function totalsOf(engine: TestedEngine, metric: Metric, yTrue: Tensor, yPred: Tensor) {
  const result = await engine.compute({ yTrue, yPred }, (ops, { yTrue, yPred }) => {
    const values =
      "totals" in metric
        ? metric.totals(ops, yTrue!, yPred!)
        : [ops.reduceMean(metric.compute(ops, yTrue!, yPred!))];
    return Object.fromEntries(values.map((value, i) => [`${i}`, value]));
  });
  const numbers = Object.values(result).flatMap(({ data }) => Array.from(data, Number));
  const examples = yPred.shape[0]!;
  return "totals" in metric ? numbers : [numbers[0]! * examples, examples];
}

const rows = ({ shape, data }: { shape: number[]; data: number[] }, from: number, n: number) => {
  const width = data.length / shape[0]!;
  return { shape: [n, ...shape.slice(1)], data: data.slice(from * width, (from + n) * width) };
};

describe.each(engines)("metrics of an epoch on $name", (engine) => {
  it.each(cases)("$case", async ({ metric: [name, options], keras, sklearn, y, p }) => {
    const metric = makers[name]!(options);
    let from = 0;
    let sums: number[] = [];
    for (const [i, size] of sizes.entries()) {
      const [labels, predictions] = [rows(y, from, size), rows(p, from, size)];
      const totals = await totalsOf(
        engine,
        metric,
        tensor(y.dtype, labels.shape, labels.data),
        tensor("float32", predictions.shape, predictions.data),
      );
      from += size;
      sums = totals.map((total, index) => total + (sums[index] ?? 0));
      const result = "totals" in metric ? metric.result(sums) : sums[0]! / sums[1]!;
      // Keras adds 1e-7 to what it divides by, and computes in float32.
      expect(Math.abs(result - keras[i]!)).toBeLessThan(1e-6 * Math.max(1, keras[i]!));
      // 200 points of a curve are not all of it.
      const exact = name === "auc" ? 1e-2 : 1e-6;
      if (i + 1 === sizes.length && sklearn !== undefined)
        expect(Math.abs(result - sklearn)).toBeLessThan(exact * Math.max(1, sklearn));
    }
  });

  it("counts what is not a number as wrong, and −∞ as small", async () => {
    const inputs = [
      tensor("int32", [3], [1, 0, 0]),
      tensor("float32", [3, 3], [-Infinity, 0, 1, NaN, NaN, NaN, 2, -Infinity, -Infinity]),
    ] as const;
    const value = async (metric: Metric) => {
      const [sum, n] = await totalsOf(engine, metric, ...inputs);
      return Math.round((sum! / n!) * 3);
    };
    expect(await value(metrics.topKAccuracy(1))).toBe(1);
    expect(await value(metrics.topKAccuracy(2))).toBe(2);
    expect(await value(metrics.sparseCategoricalAccuracy())).toBe(1);
    const auc = metrics.auc();
    expect(auc.result(await totalsOf(engine, auc, ...inputs))).toBe(NaN);
  });

  // ONNX's OneHot counts −1 from the end.
  it.each(["int32", "float32", "int8", "int16", "int64", "float16"] as const)(
    "takes −1 (%s) for no class",
    async (dtype) => {
      if (engine.name === "tfjs" && !["int32", "float32"].includes(dtype)) return;
      const labels = [-1, 0, 2, 3];
      const bits = dtype === "float16" ? [0xbc00, 0, 0x4000, 0x4200] : labels;
      const y = tensor(dtype, [4], bits);
      const { classes } = await engine.compute({ y }, (ops, { y }) => ({ classes: ops.oneHot(y!, 3) })); // prettier-ignore
      expect(Array.from(classes!.data, Number)).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]);
    },
  );

  it("refuses logits where probabilities are expected", async () => {
    const logits = tensor("float32", [2, 1], [-3, 2]);
    const labels = tensor("int32", [2], [0, 1]);
    const auc = metrics.auc();
    const totals = await totalsOf(engine, auc, labels, logits);
    expect(() => auc.result(totals)).toThrow("fromLogits");
    const ofLogits = metrics.auc({ fromLogits: true });
    expect(ofLogits.result(await totalsOf(engine, ofLogits, labels, logits))).toBe(1);
  });
});

// scikit-learn's r2_score([2, 2, 2], …) is 1 and 0.
it.each(engines)("scores labels that are all equal on $name", async (engine) => {
  const labels = tensor("float32", [3, 1], [2, 2, 2]);
  const score = async (outputs: number[]) => {
    const metric = metrics.r2Score();
    return metric.result(
      await totalsOf(engine, metric, labels, tensor("float32", [3, 1], outputs)),
    );
  };
  expect(await score([2, 2, 2])).toBe(1);
  expect(await score([2, 2, 2.5])).toBe(0);
});

// Sums of such labels round: Keras gives −2.5e8 for 0.1, −3.2e7 for 0.3, −3,849 for 20.7, where scikit-learn has 0.
it.each(engines)("scores labels that are all equal in every batch on $name", async (engine) => {
  const metric = metrics.r2Score();
  const column = (values: number[]) => tensor("float32", [values.length, 1], values);
  const score = async (batches: number[][], outputs: (label: number, i: number) => number) => {
    const totals = await Promise.all(
      batches.map((y) => totalsOf(engine, metric, column(y), column(y.map(outputs)))),
    );
    return metric.result(totals.reduce((a, b) => a.map((total, i) => total + b[i]!)));
  };
  for (const label of [0.1, 0.3, 1 / 3, 3.7, 20.7, 123.4, -200_000.3]) {
    const batches = [10, 7, 1000].map((n) => Array<number>(n).fill(label));
    expect(await score(batches, (y, i) => y + i / 10)).toBe(0);
    expect(await score(batches, (y) => y)).toBe(1);
  }
  // Equal within a batch alone: 1 − 700 / 5,000.
  expect(await score([[2000], [2050, 2050], [2100]], (y, i) => y + 10 + 10 * i)).toBeCloseTo(0.86);
});

// NaN in Keras, too; concordance is 0 there.
it.each(engines)(
  "finds no correlation with numbers that are all equal on $name",
  async (engine) => {
    const varied = tensor("float32", [1, 7], [0.1, 0.4, 0.3, 0.2, 0.5, 0.7, 0.6]);
    const equal = tensor("float32", [1, 7], Array(7).fill(0.1)); // their mean rounds to another
    for (const [y, p] of [
      [varied, equal],
      [equal, varied],
      [equal, equal],
    ] as const) {
      // prettier-ignore
      const of = async (metric: Metric) => (await totalsOf(engine, metric, y, p))[0]!;
      expect(await of(metrics.pearsonCorrelation())).toBe(NaN);
      expect(await of(metrics.concordanceCorrelation())).toBe(0);
    }
    const nan = tensor("float32", [1, 7], [NaN, 0, 1, 2, 3, 4, 5]);
    const [sum] = await totalsOf(engine, metrics.pearsonCorrelation(), varied, nan);
    expect(sum).toBe(NaN);
  },
);

it.each(engines)("correlates within examples alone on $name", async (engine) => {
  const one = tensor("float32", [3, 1], [1, 2, 3]);
  const grid = tensor("float32", [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  const of = (y: Tensor, options?: { axis: number[] }) =>
    totalsOf(engine, metrics.pearsonCorrelation(options), y, y);
  await expect(of(one)).rejects.toMatchObject({ code: "bad-shape", message: expect.stringContaining("Use r2Score()") }); // prettier-ignore
  for (const axis of [[0], [-3], [3], []])
    await expect(of(grid, { axis })).rejects.toMatchObject({ code: "bad-argument", message: expect.stringContaining("expected some of 1 … 2") }); // prettier-ignore
});

describe.each(engines)("the best of a rate on $name", (engine) => {
  const labels = tensor("int32", [4], [0, 1, 0, 1]);
  const best = async (metric: ReturnType<typeof metrics.precisionAtRecall>, outputs: number[]) =>
    metric.result(await totalsOf(engine, metric, labels, tensor("float32", [4, 1], outputs)));
  const { precisionAtRecall: at } = metrics;

  it("is NaN of outputs that are", async () =>
    expect(await best(at(), [0.1, NaN, 0.2, 0.9])).toBe(NaN));

  it("refuses logits, or takes their sigmoid", async () => {
    await expect(best(at(), [-3, 2, -1, 4])).rejects.toThrow("precisionAtRecall({ fromLogits: true })"); // prettier-ignore
    expect(await best(at({ recall: 1, fromLogits: true }), [-3, 2, -1, 4])).toBe(1);
    expect(await best(at({ recall: 1, fromLogits: true }), [-3, 0, 1, 4])).toBeCloseTo(2 / 3, 12);
  });

  // 3 of 10 found is a recall of at least 3 · 0.1, which is 0.30000000000000004.
  it("compares rates as float32", async () => {
    const y = tensor("int32", [11], [...Array(10).fill(1), 0]);
    const p = tensor("float32", [11, 1], [0.9, 0.9, 0.9, ...Array(8).fill(0.5)]);
    const metric = at({ recall: 3 * 0.1 });
    expect(metric.result(await totalsOf(engine, metric, y, p))).toBe(1);
  });
});

// As in Keras' F1Score("macro"): class 0 is not found, and class 1 is.
it.each(engines)("takes no class for found where outputs are NaN on $name", async (engine) => {
  const labels = tensor("int32", [3], [0, 1, 1]);
  const outputs = tensor("float32", [3, 2], [NaN, NaN, 0.2, 0.8, 0.1, 0.9]);
  const metric = metrics.f1();
  expect(metric.result(await totalsOf(engine, metric, labels, outputs))).toBe(0.5);
});

it.each(engines)("takes a pixel of NaN for wrong on $name", async (engine) => {
  const labels = tensor("int32", [2], [0, 1]);
  const outputs = tensor("float32", [2, 2], [NaN, NaN, 0.2, 0.8]);
  const one = tensor("float32", [2, 1], [NaN, 0.8]);
  const metric = metrics.meanIoU();
  for (const p of [outputs, one])
    expect(metric.result(await totalsOf(engine, metric, labels, p))).toBe(0.5);
});

// Counted by hand; Keras' MeanIoU(2) gives the same for the outputs above 0.5.
describe.each(engines)("mean IoU of one output on $name", (engine) => {
  const labels = [0, 0, 0, 0, 0, 0, 0, 1, 1, 0];
  it.each([
    // |A ∩ B| / |A ∪ B| of the background is 8/10, of the rest 0/2.
    ["all background", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5], undefined, 0.4],
    // 7/8, and 2/3.
    ["one too many", [0, 0, 0, 0, 0, 0, 1, 0.6, 1, 0.2], undefined, (7 / 8 + 2 / 3) / 2],
    ["one too many, class 1", [0, 0, 0, 0, 0, 0, 1, 0.6, 1, 0.2], [1], 2 / 3],
  ])("%s", async (_, outputs, targetClassIds, expected) => {
    const metric = metrics.meanIoU({ targetClassIds });
    for (const shape of [[10], [10, 1]]) {
      const yTrue = tensor("int32", shape, labels);
      const totals = await totalsOf(engine, metric, yTrue, tensor("float32", [10, 1], outputs));
      expect(metric.result(totals)).toBeCloseTo(expected, 12);
    }
  });
});

it.each([
  [metrics.auc, { fromLogits: "no" }, 'auc: got "no" as fromLogits, expected true or false'],
  [metrics.auc, { thresholds: "200" }, 'auc: got thresholds "200", expected a whole number'],
  [metrics.f1, { threshold: "0.5" }, 'f1: got threshold "0.5", expected a number'],
  [metrics.fBeta, { beta: -1 }, "fBeta: got beta -1, expected a number of at least 0"],
  [
    metrics.r2Score,
    { numRegressors: 0.5 },
    "r2Score: got numRegressors 0.5, expected a whole number",
  ],
  [metrics.recall, { classId: "1" }, 'recall: got classId "1", expected a whole number'],
  [metrics.meanIoU, { targetClassIds: ["1"] }, 'got targetClassIds ["1"]'],
  [metrics.meanIoU, { ignoreClass: "255" }, 'meanIoU: got ignoreClass "255"'],
  [metrics.precisionAtRecall, { recall: 80 }, "precisionAtRecall: got recall 80, expected a number, 0 … 1"], // prettier-ignore
  [metrics.recallAtPrecision, { precision: "1" }, 'recallAtPrecision: got precision "1"'],
  [metrics.sensitivityAtSpecificity, { thresholds: 1 }, "sensitivityAtSpecificity: got thresholds 1"], // prettier-ignore
  [metrics.specificityAtSensitivity, { classId: -1 }, "specificityAtSensitivity: got classId -1"],
  [metrics.pearsonCorrelation, { axis: [0.5] }, "pearsonCorrelation: got axis[0] 0.5"],
  [metrics.topKAccuracy, "5", 'topKAccuracy: got k "5"'],
  [losses.binaryCrossentropy, { labelSmoothing: "0.1" }, 'got labelSmoothing "0.1"'],
  [losses.binaryCrossentropy, { fromLogits: "no" }, 'got "no" as fromLogits'],
  [losses.sparseCategoricalCrossentropy, { classWeights: [1, "2"] }, 'got classWeights[1] "2"'],
  [losses.binaryFocalCrossentropy, { gamma: "2" }, 'got gamma "2"'],
  [losses.categoricalGeneralizedCrossEntropy, { q: 1 }, "expected a number between 0 and 1. At 1"],
  [losses.categoricalGeneralizedCrossEntropy, { q: "0.5" }, 'CrossEntropy: got q "0.5"'],
  [losses.circle, { gamma: -1 }, "circle: got gamma -1"],
  [losses.circle, { removeDiagonal: 1 }, "circle: got 1 as removeDiagonal"],
  [losses.tversky, { alpha: "1" }, 'tversky: got alpha "1"'],
  [losses.dice, { axis: [0.5] }, "dice: got axis[0] 0.5"],
  [losses.huber, { delta: "1" }, 'huber: got delta "1"'],
] as const)("refuses options of another kind: %o %o", (make, options, message) => {
  const error = { code: "bad-argument", message: expect.stringContaining(message) };
  expect(() => make(options as never)).toThrow(expect.objectContaining(error));
});

it("lists every metric of the folder", () => {
  const files = readdirSync(new URL(".", import.meta.url))
    .filter((name) => /^(?!index|defineMetric|.*test).*\.ts$/.test(name))
    .map((name) => name.slice(0, -3));
  expect(Object.keys(metrics).toSorted()).toEqual(files.toSorted());
});
