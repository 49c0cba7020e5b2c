// Examples of batches by name: rows of tensors along their first axis.
import { CajalError, nextTask, showShape, sizeOf, tensor, type NamedTensors, type Tensor } from "@cajal/core"; // prettier-ignore

/** `count` examples, on the same memory. */
export const rowsOf = (tensors: NamedTensors, from: number, count: number): NamedTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(
      ([
        name,
        {
          dtype,
          shape: [, ...rest],
          data,
        },
      ]) => {
        const size = sizeOf(rest);
        const rows = data.subarray(from * size, (from + count) * size);
        return [name, { dtype, shape: [count, ...rest], data: rows }];
      },
    ),
  );

/**
 * Batches one after the other, at least one, in memory of their own. Large ones are copied in steps, between which the
 * event loop serves others.
 *
 * @throws CajalError `bad-shape` where they differ beyond the batch
 */
export async function joinRows(batches: readonly NamedTensors[]): Promise<Record<string, Tensor>> {
  const joined: [string, Tensor][] = [];
  for (const name of Object.keys(batches[0]!))
    joined.push([name, await joinTensors(batches.map((batch) => batch[name]!))]);
  return Object.fromEntries(joined);
}

/** A millisecond's worth, where the memory is new. */
const bytesAtATime = 2 ** 22;

/** Bytes since the event loop had its turn. */
let copied = 0;

async function joinTensors(parts: readonly Tensor[]): Promise<Tensor> {
  const [{ dtype, shape }] = parts as [Tensor];
  const rest = shape.slice(1);
  const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const joined = tensor(dtype, [rows, ...rest]);
  const to = joined.data as Float32Array; // of whichever kind, as that of the parts is
  let at = 0;
  for (const part of parts) {
    if (part.shape.slice(1).join() !== rest.join())
      throw new CajalError(
        "bad-shape",
        `got ${showShape(part.shape)} and ${showShape(shape)} to join: they differ beyond the batch.`,
        { shapes: parts.map((each) => each.shape) },
      );
    to.set(part.data as Float32Array, at);
    at += part.data.length;
    copied += part.data.byteLength;
    if (copied < bytesAtATime) continue;
    copied = 0;
    await nextTask();
  }
  return joined;
}
