// What methods ask of a network: scores, and gradients of scores.
import type { Call } from "../call";
import type { NamedRules, PassRow } from "../../network/network";
import type { LayerInfo } from "../../network/explainedGraph";
import { layerNamed } from "../../network/layers";
import { emptyRows, rowOf, rows, rowsOf, type Rows } from "../../network/rows";
import { CajalError, sizeOf, type Tensor } from "@cajal/core";

/** The image that a row belongs to: rows of one image follow each other. */
const imageOf = (call: Call, { count }: Rows) => {
  const each = count / call.images.shape[0]!;
  return (row: number) => Math.floor(row / each);
};

/** The score of every row, by the target of the image that it belongs to. */
export async function scoresOf(call: Call, rows: Rows): Promise<Float64Array> {
  const scores = new Float64Array(rows.count);
  const of = imageOf(call, rows);
  await call.network.pass(
    {
      feeds: { [call.network.graph.image]: rows },
      of: call.scores,
      use: (row, { value }) => void (scores[row] = value[call.targets[of(row)]!]!),
    },
    call.control,
  );
  return scores;
}

export interface GradientPass {
  /** Values to differentiate by; default: the image. */
  readonly by?: readonly string[];
  readonly values?: readonly string[];
  readonly rules?: NamedRules;
  /** What is fed beside the images. */
  readonly feeds?: Readonly<Record<string, Rows>>;
  /** `score`: of the row's target. */
  use(row: number, result: PassRow, score: number): void;
}

/** Gradients of every row's score. */
export async function gradientsOf(
  call: Call,
  rows: Rows,
  { by, values, rules, feeds, use }: GradientPass,
): Promise<void> {
  const { image } = call.network.graph;
  const of = imageOf(call, rows);
  const target = (row: number) => call.targets[of(row)]!;
  await call.network.pass(
    {
      feeds: { ...feeds, [image]: rows },
      of: call.scores,
      dy: target,
      by: by ?? [image],
      ...(values && { values }),
      rules,
      use: (row, result) => use(row, result, result.value[target(row)]!),
    },
    call.control,
  );
}

/** The gradient of each image's score by the image. */
export async function imageGradients(call: Call, rules?: NamedRules): Promise<Tensor<"float32">> {
  const { images, network } = call;
  const result = emptyRows(images.shape[0]!, images.shape.slice(1));
  await gradientsOf(call, rowsOf(images), {
    ...(rules && { rules }),
    use: (row, { gradients }) => rowOf(result, row).set(gradients[network.graph.image]!.data),
  });
  return result;
}

/** What a layer gives for every row. */
export async function layerOf(call: Call, rows: Rows, layer: string): Promise<Tensor<"float32">> {
  let output: Tensor<"float32"> | undefined;
  await call.network.pass(
    {
      feeds: { [call.network.graph.image]: rows },
      of: layer,
      values: [layer],
      use: (row, { values }) => {
        const { shape, data } = values[layer]!;
        output ??= emptyRows(rows.count, shape);
        rowOf(output, row).set(data);
      },
    },
    call.control,
  );
  return output!;
}

/** @throws CajalError `bad-argument` where no layer was named, `unknown-name` */
export function neededLayer(call: Call, method: string): LayerInfo {
  if (call.layer === undefined)
    throw new CajalError(
      "bad-argument",
      `attribute: ${method} is about a layer; name one: { layer: "${call.network.graph.layers[0]?.name}" }.`,
      { method },
    );
  return layerNamed(call.network.graph, call.layer);
}

/** Element by element, in float64 and rounded once. */
export function mapped(like: Tensor<"float32">, body: (i: number) => number): Tensor<"float32"> {
  const result = emptyRows(like.shape[0]!, like.shape.slice(1));
  for (let i = 0; i < result.data.length; i++) result.data[i] = body(i);
  return result;
}

/** Sums in float64 that become a tensor. */
export function sums(count: number, shape: readonly number[]) {
  const size = sizeOf(shape);
  const data = new Float64Array(count * size);
  return {
    data,
    size,
    /** Adds `weight` times `values` to example `row`. */
    add(row: number, values: ArrayLike<number>, weight = 1): void {
      const at = row * size;
      for (let i = 0; i < size; i++) data[at + i]! += weight * values[i]!;
    },
    of: (row: number) => data.subarray(row * size, (row + 1) * size),
    tensor(): Tensor<"float32"> {
      const result = emptyRows(count, shape);
      result.data.set(data);
      return result;
    },
  };
}

export type Sums = ReturnType<typeof sums>;

export const total = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
};

/** Rows of which several belong to each image: `write(image, k, to)`. */
export const rowsOfEach = (
  { images }: Call,
  each: number,
  write: (image: number, k: number, to: Float32Array) => void,
): Rows =>
  rows(images.shape[0]! * each, images.shape.slice(1), (row, to) =>
    write(Math.floor(row / each), row % each, to),
  );
