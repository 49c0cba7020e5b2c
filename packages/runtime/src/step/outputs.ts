// Losses and metrics of a model's outputs: which output each belongs to, and how the numbers of several batches are
// combined into one result.
import { CajalError, unknownName, checkArgument, showShape, showValue } from "@cajal/core";
import { ownValue } from "../session/ownValue";
import type { Ops } from "./ops";
import { extentsOf, numberOf, valueFrom, valuesFrom } from "./ownFormulas";
import type { Loss, Metric, StepResult, Totals, TrainStepOptions } from "./trainStep";

/** An output that has a loss. */
export interface TrainedOutput {
  readonly name: string;
  /** Index among the model's outputs. */
  readonly index: number;
  /** The loss of the trained model's output, which may lack the last activation. */
  readonly loss: Loss;
  /** The activation that turns what the loss takes into the model's output, where they differ. */
  readonly activation?: "softmax" | "sigmoid";
  /** Factor of the loss in the sum to minimize. */
  readonly factor: number;
  readonly metrics: readonly Metric[];
}

/** Place among the outputs with a loss of the one that a layer, or value, is; −1 where it is none. */
export const outputCalled = (outputs: readonly TrainedOutput[], name: string): number =>
  outputs.findIndex((output) => output.name === name);

/** What the model gives, of what the loss of an output takes. */
export const asGiven = <V>(ops: Ops<V>, { activation }: TrainedOutput, yPred: V): V =>
  activation === undefined ? yPred : ops[activation](yPred);

type OutputOptions = Pick<TrainStepOptions, "loss" | "lossWeights" | "metrics">;

/**
 * The outputs that have a loss.
 *
 * @param names of all outputs, in the model's order
 * @throws CajalError `unknown-name` for an output that the model does not have; `bad-argument`
 */
export function trainedOutputs(
  names: readonly string[],
  { loss, lossWeights = {}, metrics = [] }: OutputOptions,
): TrainedOutput[] {
  const byName = isLoss(loss) ? Object.fromEntries(names.map((name) => [name, loss])) : loss;
  if (!isRecord(byName)) throw noLoss(loss);
  if (!Array.isArray(metrics) && !isRecord(metrics)) throw noMetrics(metrics);
  if (!isRecord(lossWeights))
    throw new CajalError(
      "bad-argument",
      `lossWeights: got ${showValue(lossWeights)}, expected a factor by output, e.g. { ${names[0]}: 0.5 }.`,
    );
  const records = [byName, lossWeights, Array.isArray(metrics) ? {} : metrics];
  for (const name of records.flatMap(Object.keys))
    if (!names.includes(name)) throw unknownName("output of the model", name, names);
  const trained = names.flatMap((name, index): TrainedOutput[] => {
    const outputMetrics = Array.isArray(metrics)
      ? metrics
      : ownValue(metrics as Record<string, Metric[]>, name);
    const outputLoss: unknown = ownValue(byName, name);
    if (!outputLoss) {
      if (outputMetrics && !Array.isArray(metrics)) throw lacksLoss("metrics", name);
      if (Object.hasOwn(lossWeights, name)) throw lacksLoss("lossWeights", name);
      return [];
    }
    if (!isLoss(outputLoss)) throw noLoss(outputLoss);
    const given: unknown = ownValue(lossWeights, name);
    const factor = given === undefined ? 1 : (given as number);
    if (!Number.isFinite(factor))
      throw new CajalError(
        "bad-argument",
        `lossWeights: got ${showValue(factor)} for output "${name}", expected a number.`,
        { output: name, factor },
      );
    const metricList = outputMetrics ?? [];
    if (!Array.isArray(metricList)) throw noMetrics(outputMetrics);
    const other = metricList.find((each) => !isMetric(each));
    if (other !== undefined || metricList.includes(undefined)) throw noMetric(other);
    return [{ name, index, loss: outputLoss, factor, metrics: metricList }];
  });
  if (trained.length === 0)
    throw new CajalError(
      "bad-argument",
      `loss: got a loss for no output, expected one for at least one of ${names.join(", ")}.`,
    );
  return trained;
}

const isRecord = (value: unknown): value is Readonly<Record<string, never>> =>
  typeof value === "object" && value !== null && !(Symbol.iterator in value);

const isLoss = (value: unknown): value is Loss =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<Loss>).compute === "function";

const isMetric = (value: unknown): value is Metric =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as { name?: unknown }).name === "string" &&
  ("totals" in value ? ["totals", "result"] : ["compute"]).every((name) => typeof Reflect.get(value, name) === "function"); // prettier-ignore

const noLoss = (got: unknown) =>
  new CajalError(
    "bad-argument",
    `loss: got ${showValue(got)}, expected one such as meanSquaredError() of @cajal/train, or one by output: { NAME: meanSquaredError() }.`,
    { got },
  );

const noMetrics = (got: unknown) =>
  new CajalError(
    "bad-argument",
    `metrics: got ${showValue(got)}, expected a list such as [accuracy()] of @cajal/train, or one by output: { NAME: [accuracy()] }.`,
    { got },
  );

const noMetric = (got: unknown) =>
  new CajalError(
    "bad-argument",
    `metrics: got ${showValue(got)} in the list, expected one such as accuracy() of @cajal/train, or of your own: { name, compute }, or { name, totals, result }.`,
    { got },
  );

const lacksLoss = (what: string, name: string) =>
  new CajalError(
    "bad-argument",
    `${what}: output "${name}" has no loss. Give it one, or leave it out here.`,
    { output: name },
  );

/** Labels, prediction and weights of one output. */
export interface Labelled<V> {
  readonly yTrue: V;
  /** The output of the trained model. */
  readonly yPred: V;
  /** [examples], or in the shape of the losses of all samples. */
  readonly weight?: V | undefined;
}

/**
 * The loss to minimize, the numbers of {@link measuresOf}, each as one or more values, and the losses and metrics of all
 * samples, of which means are taken.
 *
 * @param labelled in the order of `outputs`
 */
export function computeMeasures<V>(
  ops: Ops<V>,
  outputs: readonly TrainedOutput[],
  labelled: readonly Labelled<V>[],
): { loss: V; numbers: V[][]; samples: V[] } {
  const parts = outputs.map(({ loss, factor, metrics }, i) => {
    const { yTrue, yPred, weight } = inColumns(ops, labelled[i]!);
    const modelOutput = asGiven(ops, outputs[i]!, yPred);
    const each = valueFrom(`loss "${loss.name}": compute`, () => loss.compute(ops, yTrue, yPred));
    const losses =
      weight === undefined ? each : ops.mul(each, likeLosses(ops, weight, each, loss.name));
    const mean = ops.reduceMean(losses);
    const samples = [losses];
    // Those of one's own may count labels, or compare.
    const float = (value: V) => ops.cast(value, "float32");
    const meanOfMetric = (each: V) => {
      samples.push(each);
      return ops.reduceMean(each);
    };
    return {
      samples,
      mean,
      weighted: factor === 1 ? mean : ops.mul(mean, factor),
      metrics: metrics.map((metric) => {
        const where = `metric "${metric.name}"`;
        return "totals" in metric
          ? valuesFrom(`${where}: totals`, () => metric.totals(ops, yTrue, modelOutput)).map(float)
          : [meanOfMetric(float(valueFrom(`${where}: compute`, () => metric.compute(ops, yTrue, modelOutput))))]; // prettier-ignore
      }),
    };
  });
  return {
    loss: parts.map(({ weighted }) => weighted).reduce((a, b) => ops.add(a, b)),
    numbers: [
      ...(outputs.length > 1 ? parts.map(({ mean }) => [mean]) : []),
      ...parts.flatMap(({ metrics }) => metrics),
    ],
    samples: parts.flatMap(({ samples }) => samples),
  };
}

/**
 * An output of one number an example, [batch], as [batch, 1], and labels with that axis, which they may lack where it is 1:
 * losses and metrics take the last axis for that of an example's numbers, and [batch] beside [batch, 1] is broadcast.
 */
function inColumns<V>(ops: Ops<V>, labelled: Labelled<V>): Labelled<V> {
  const yPred = ops.rank(labelled.yPred) === 1 ? ops.expandDims(labelled.yPred) : labelled.yPred;
  const lacksAxis = ops.rank(labelled.yTrue) + 1 === ops.rank(yPred) && ops.extent(yPred, -1) === 1;
  const yTrue = lacksAxis ? ops.expandDims(labelled.yTrue) : labelled.yTrue;
  return { ...labelled, yTrue, yPred };
}

/**
 * Weights of examples, or of their positions, expanded to the rank of the losses that they multiply.
 *
 * @throws CajalError `bad-shape` for weights of positions that the loss takes together
 */
function likeLosses<V>(ops: Ops<V>, weight: V, losses: V, name: string): V {
  const [weights, given] = [extentsOf(ops, weight), extentsOf(ops, losses)];
  // A loss of the whole batch, a scalar, is multiplied by their mean, as in Keras.
  const areApart =
    weights.length <= Math.max(1, given.length) &&
    given.every((extent, axis) => {
      const own = weights[axis];
      return own === undefined || extent === undefined || extent === 1 || own === extent;
    });
  if (!areApart)
    throw new CajalError(
      "bad-shape",
      `batch weight: got ${showShape(weights)}, and the loss "${name}" gives ${showShape(given)}: it takes together what these weights tell apart. Expected ${showShape(weights.slice(0, 1))}, one number an example, or another loss.`,
      { weight: weights, losses: given },
    );
  let value = weight;
  while (ops.rank(value) < given.length) value = ops.expandDims(value);
  return value;
}

/** A number of a step's result, and how it is computed from its totals. */
interface Measure {
  readonly name: string;
  /** Whether it is a mean, whose totals are its sum and the number of examples. */
  readonly mean: boolean;
  readonly result: (totals: readonly number[]) => number;
}

const meanOf = ([sum, examples]: readonly number[]) => sum! / examples!;

/** All numbers beside the loss, in the order of {@link computeMeasures}. */
export function measuresOf(outputs: readonly TrainedOutput[]): Measure[] {
  const hasSeveral = outputs.length > 1;
  const measures = [
    ...(hasSeveral
      ? outputs.map(({ name }) => ({ name: `${name}_loss`, mean: true, result: meanOf }))
      : []),
    ...outputs.flatMap(({ name, metrics }) =>
      metrics.map((metric) => ({
        name: hasSeveral ? `${name}_${metric.name}` : metric.name,
        mean: !("totals" in metric),
        result: "totals" in metric ? metric.result : meanOf,
      })),
    ),
  ];
  const names = measures.map(({ name }) => name);
  const duplicate = names.find((name, i) => names.indexOf(name) !== i || name === "loss");
  if (duplicate !== undefined)
    throw new CajalError(
      "bad-argument",
      `metrics: got two numbers of the name "${duplicate}". Rename one: { ...metric, name: "other" }.`,
      { name: duplicate },
    );
  return measures;
}

/**
 * The totals of one batch.
 *
 * @param numbers the loss, then those of `measures`
 */
export function totalsOf(
  measures: readonly Measure[],
  numbers: readonly (readonly number[])[],
  examples: number,
): Totals {
  const [loss, ...measureNumbers] = numbers;
  return Object.fromEntries([
    ["loss", [loss![0]! * examples, examples]],
    ...measures.map(({ name, mean }, i): [string, readonly number[]] => [
      name,
      mean ? [measureNumbers[i]![0]! * examples, examples] : measureNumbers[i]!,
    ]),
  ]);
}

/** Adds the totals of two sets of batches, element by element; `{}` are the totals of none. */
export function addTotals(a: Totals, b: Totals): Totals {
  for (const totals of [a, b]) {
    checkArgument("addTotals", "totals", totals, "object");
    for (const numbers of Object.values(totals))
      checkArgument("addTotals", "a total", numbers, "array");
  }
  return Object.fromEntries(
    Object.entries(b).map(([name, totals]) => {
      const previous = Object.hasOwn(a, name) ? a[name]! : [];
      return [name, totals.map((total, i) => (previous[i] ?? 0) + total)];
    }),
  );
}

/** @throws CajalError `bad-argument` where there are no totals */
export function resultOf(measures: readonly Measure[], totals: Totals): StepResult {
  const { loss } = totals;
  if (!loss || !(loss[1]! > 0))
    throw new CajalError("bad-argument", "result: got totals of no example.", { totals });
  return {
    loss: meanOf(loss),
    metrics: Object.fromEntries(
      measures.map(({ name, result }) => [name, numberOf(`metric "${name}": result`, result(ownValue(totals, name) ?? []))]), // prettier-ignore
    ),
  };
}
