// Reads and checks a batch: tensors by the names of inputs and outputs.
import {
  CajalError,
  checkOptions,
  checkTensor,
  isTensor,
  showShape,
  showValue,
  unknownName,
  type DType,
  type NamedBatch,
  type NamedTensors,
  type Shape,
  type Tensor,
} from "@cajal/core";
import { checkIndices } from "../session/checkFeeds";
import { ownValue } from "../session/ownValue";
import { findNonFinite, type NonFinite } from "./checks";
import type { TrainableModel } from "./model";

export interface StepBatch {
  readonly examples: number;
  /** By input. */
  readonly x: NamedTensors;
  /** By output with a loss; the weights as well, where there are any. */
  readonly y: NamedTensors;
  readonly weight: NamedTensors;
}

/** The same for batches whose tensors have the same names, types and shapes. */
export const signatureOf = ({ x, y, weight }: StepBatch): string =>
  [x, y, weight]
    .flatMap((tensors) => Object.entries(tensors))
    .map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape.join()}`)
    .join("; ");

/** The examples of a batch in `count` parts, which differ by one example at most; all share the batch's memory. */
export function inParts(batch: StepBatch, count: number): StepBatch[] {
  const { examples } = batch;
  const limits = Array.from({ length: count + 1 }, (_, i) => Math.ceil((i * examples) / count));
  return limits.slice(1).map((to, i) => {
    const from = limits[i]!;
    const cut = (tensors: NamedTensors): NamedTensors =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
          const row = data.length / examples;
          return [name, { dtype, shape: [to - from, ...shape.slice(1)], data: data.subarray(from * row, to * row) }]; // prettier-ignore
        }),
      );
    return { examples: to - from, x: cut(batch.x), y: cut(batch.y), weight: cut(batch.weight) };
  });
}

/** @throws CajalError `bad-shape`, `bad-argument`, `unknown-option` */
export function readBatch(
  batch: NamedBatch,
  model: Pick<TrainableModel, "inputs" | "tables" | "outputs" | "outputNames" | "outputShapes">,
): StepBatch {
  const { inputs, outputs, outputNames, outputShapes } = model;
  if (typeof batch !== "object" || batch === null)
    throw new CajalError("bad-argument", `batch: got ${showValue(batch)}, expected { x, y }.`);
  checkOptions("batch", batch, ["x", "y", "weight"]);
  const names = outputs.map(({ name }) => name);
  const x = readInputs(batch.x, model);
  const y = byName("y", batch.y, { kind: "output", names, knownNames: outputNames });
  const first = x[inputs[0]!.name]!;
  const examples = first.shape[0] ?? 0;
  for (const [what, tensors] of Object.entries({ x, y }))
    for (const [name, { shape }] of Object.entries(tensors))
      if (examples === 0 || shape[0] !== examples)
        throw new CajalError(
          "bad-shape",
          `batch: got x ${showShape(first.shape)} and ${show(what, name, Object.keys(tensors))} ${showShape(shape)}, expected the same number of examples, at least one.`,
          { x: first.shape, [what]: shape },
        );
  const shapes = outputShapes(Object.fromEntries(Object.entries(x).map(([name, { shape }]) => [name, shape]))); // prettier-ignore
  const weight = readWeights(batch.weight, names);
  for (const { name, index, loss, metrics } of outputs) {
    const outputWeight = ownValue(weight, name);
    const given = shapes[index]!;
    // One number an example: losses get it as a column.
    const output = given.length === 1 ? [...given, 1] : given;
    if (outputWeight) checkWeight(outputWeight, { examples, output });
    for (const each of [loss, ...metrics]) each.checkLabels?.(y[name]!, output, outputWeight);
  }
  return { examples, x, y, weight };
}

/**
 * The x of a batch, by input.
 *
 * @throws CajalError `bad-shape`, `bad-argument`
 */
export function readInputs(
  value: Tensor | NamedTensors,
  { inputs, tables }: Pick<TrainableModel, "inputs" | "tables">,
): NamedTensors {
  const names = inputs.map(({ name }) => name);
  const x = byName("x", value, { kind: "input", names, knownNames: names });
  for (const { name, shape, dtype } of inputs)
    checkInput(show("x", name, names), x[name]!, { shape, dtype });
  for (const table of tables)
    checkIndices(`batch ${show("x", table.input, names)}`, x[table.input]!, table);
  return x;
}

/** The first number of a batch that is not finite. */
export const batchNonFinite = ({ x, y, weight }: StepBatch): NonFinite | undefined => {
  for (const [what, tensors] of Object.entries({ x, y, weight }))
    for (const [name, value] of Object.entries(tensors)) {
      const nonFinite = findNonFinite(`batch ${show(what, name, Object.keys(tensors))}`, value);
      if (nonFinite) return nonFinite;
    }
  return undefined;
};

const show = (what: string, name: string, all: readonly unknown[]) =>
  all.length > 1 ? `${what} "${name}"` : what;

/**
 * Tensors by name; a single tensor is allowed where there is one name.
 *
 * @param of.names the names that are needed, a subset of `knownNames`
 */
function byName(
  what: "x" | "y",
  value: Tensor | NamedTensors,
  {
    kind,
    names,
    knownNames,
  }: { kind: string; names: readonly string[]; knownNames: readonly string[] },
): NamedTensors {
  const example = names.map((name) => `${name}: …`).join(", ");
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    ArrayBuffer.isView(value)
  )
    // prettier-ignore
    throw new CajalError(
      "bad-argument",
      `batch ${what}: got ${showValue(value)}, expected ${names.length > 1 ? `{ ${example} }` : "a tensor"}.`,
    );
  const tensors = isTensor(value)
    ? names.length === 1
      ? { [names[0]!]: value }
      : undefined
    : value;
  if (!tensors)
    throw new CajalError(
      "bad-argument",
      `batch ${what}: got one tensor, and the model has ${names.length} ${kind}s. Expected { ${example} }.`,
      { names },
    );
  for (const name of Object.keys(tensors))
    if (!knownNames.includes(name)) throw unknownName(`${kind} of the model`, name, knownNames);
  return Object.fromEntries(
    names.map((name) => {
      const tensor = ownValue(tensors, name);
      if (!tensor)
        throw new CajalError(
          "bad-argument",
          `batch ${what}: got nothing for ${kind} "${name}", expected { ${example} }.`,
          { name },
        );
      checkTensor(tensor, `batch ${show(what, name, names)}`);
      return [name, tensor];
    }),
  );
}

function checkInput(
  name: string,
  { shape: got, dtype: gotType }: Tensor,
  { shape, dtype }: { readonly shape: readonly (number | null)[]; readonly dtype: DType },
): void {
  const fits =
    got.length === shape.length && shape.every((extent, i) => extent === null || extent === got[i]);
  if (!fits)
    throw new CajalError(
      "bad-shape",
      `batch ${name}: got ${showShape(got)}, expected ${showShape(shape)}, the model's input.`,
      { got, expected: shape },
    );
  if (got.includes(0))
    throw new CajalError(
      "bad-shape",
      `batch ${name}: got ${showShape(got)}, expected at least one example, and no empty axis.`,
      { got },
    );
  // Integers such as class or word numbers may be float32, which represents them exactly.
  if (gotType !== dtype && gotType !== "float32")
    throw new CajalError(
      "bad-argument",
      `batch ${name}: got ${gotType}, expected ${dtype}. ${conversionOf(gotType, dtype)}`,
      { got: gotType, expected: dtype },
    );
}

/** What makes the one dtype the other. */
function conversionOf(from: DType, to: DType): string {
  if (from === "uint8" && to === "float32") return "Map the dataset, e.g. with rescale(1 / 255).";
  // Elements that are no numbers of JavaScript: bits, and bigints.
  if (["float16", "int64", "uint64"].includes(from)) return "Convert it first.";
  return `Convert it: tensor("${to}", x.shape, x.data).`;
}

function readWeights(
  weight: Tensor | NamedTensors | undefined,
  names: readonly string[],
): NamedTensors {
  if (weight === undefined) return {};
  if (typeof weight !== "object" || weight === null)
    throw new CajalError(
      "bad-argument",
      `batch weight: got ${showValue(weight)}, expected a float32 tensor, one number an example.`,
    );
  if (isTensor(weight)) return Object.fromEntries(names.map((name) => [name, weight]));
  for (const name of Object.keys(weight))
    if (!names.includes(name)) throw unknownName("output with a loss", name, names);
  return weight;
}

/** Checks weights: one per example, or one per sample of the loss, whose shape is the output's without the last axis. */
function checkWeight(
  weight: Tensor,
  { examples, output }: { examples: number; output: Shape },
): void {
  checkTensor(weight, "batch weight");
  const { dtype, shape } = weight;
  const samples = output.slice(0, -1);
  const fits =
    shape[0] === examples &&
    shape.length <= samples.length &&
    shape.every((extent, i) => extent === samples[i]);
  if (dtype !== "float32" || !fits)
    throw new CajalError(
      dtype === "float32" ? "bad-shape" : "bad-argument",
      `batch weight: got ${dtype} ${showShape(shape)}, expected float32 ${showShape([examples])}, one number an example${
        samples.length > 1 ? `, or ${showShape(samples)}` : ""
      }.`,
      { dtype, shape },
    );
}
