// What a batch is checked for, and its examples picked by number.
import {
  type Batch,
  CajalError,
  checkTensor,
  type DType,
  isTensor,
  type NamedBatch,
  type NamedTensors,
  showShape,
  showValue,
  sizeOf,
  type Tensor,
  tensor,
} from "@cajal/core";
import type { Allocate } from "./datasetTypes";

/** The examples of a tensor with these numbers, in this order: `[indices.length, …]`. */
export function rows<D extends DType>(
  from: Tensor<D>,
  indices: Uint32Array,
  allocate: Allocate = tensor,
): Tensor<D> {
  const inner = from.shape.slice(1);
  const length = sizeOf(inner);
  const to = allocate(from.dtype, [indices.length, ...inner]);
  // Tensor's type cannot say that both arrays are of one kind; they are, having one dtype.
  const source = from.data as Uint8Array;
  const target = to.data as Uint8Array;
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i]! * length;
    target.set(source.subarray(at, at + length), i * length);
  }
  return to;
}

export const permuted = (order: Uint32Array, permutation: Uint32Array) =>
  permutation.map((i) => order[i]!);

/** All tensors of a batch with what to call them. */
export function tensorsOf(batch: NamedBatch, where: string): [name: string, tensor: Tensor][] {
  if (typeof batch !== "object" || batch === null)
    throw new CajalError("bad-argument", `${where}: got ${showValue(batch)}, expected a batch { x, y }.`); // prettier-ignore
  const { x, y, weight } = batch;
  const parts = Object.entries({ x, y, ...(weight !== undefined && { weight }) });
  return parts.flatMap(([name, value]: [string, Tensor | NamedTensors | undefined]) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new CajalError(
        "bad-argument",
        `${where}: got ${showValue(value)} as ${name}, expected a tensor: tensor("float32", shape, numbers).`,
        { name },
      );
    if (isTensor(value)) return [[name, value] as [string, Tensor]];
    const entries = Object.entries(value);
    if (entries.length === 0 || entries.some(([, each]) => !each || !isTensor(each)))
      throw new CajalError(
        "bad-argument",
        `${where}: got ${name} with ${Object.keys(value).join(", ") || "nothing"}, expected a tensor, or tensors by the names of the model's inputs or outputs.`,
        { name },
      );
    return entries.map(([key, each]): [string, Tensor] => [`${name} "${key}"`, each]);
  });
}

/**
 * How many examples there are, the same in all of a batch's tensors.
 *
 * @throws CajalError `bad-argument` for what is no batch; `bad-shape`
 */
export function countExamples(batch: NamedBatch, where: string): number {
  const all = tensorsOf(batch, where);
  for (const [name, tensor] of all) checkPart(where, name, tensor);
  const [, first] = all[0]!;
  const [size] = first.shape;
  for (const [name, { shape }] of all)
    if (size === undefined || size !== shape[0])
      throw new CajalError(
        "bad-shape",
        `${where}: got x ${showShape(first.shape)} and ${name} ${showShape(shape)}, expected the same number of examples along the first axis of both.`,
        { x: first.shape, [name]: shape },
      );
  return size!;
}

function checkPart(where: string, name: string, part: Tensor): void {
  const { shape, data } = part;
  // Sent to another thread with an earlier batch.
  if (data?.buffer?.byteLength === 0 && sizeOf(shape) > 0)
    throw new CajalError("bad-argument", `${where}: ${name} has lost its memory: the tensor of a map's context is for its batch alone. Make what several batches share with tensor of @cajal/core.`, { shape }); // prettier-ignore
  checkTensor(part, `${where} ${name}`);
}

export function checkBatch(batch: Batch, expected: number, where: "read" | "map"): void {
  const count = countExamples(batch, where);
  if (count !== expected)
    throw new CajalError(
      "bad-shape",
      `${where}: got a batch of ${count} examples, expected ${expected}. ${where === "map" ? "A map keeps the number of examples; use take or split to choose among them." : "A source gives one example for each number it is asked for."}`,
      { got: count, expected },
    );
}
