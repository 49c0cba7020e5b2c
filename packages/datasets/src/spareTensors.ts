// Memory of earlier batches for later ones. New memory is dear: the system clears each page when it is first touched,
// which for a batch of images takes longer than computing it.
import { type Allocate, type NamedBatch, sizeOf, tensor, type DType, type Shape, type Tensor } from "@cajal/core"; // prettier-ignore
import { tensorsOf } from "./batches";

/**
 * Makes a batch's tensors of spare ones of the same type that are large enough.
 *
 * @param spare is emptied: what the batch has no use for is given up
 * @returns `allocate` for the batch; and `keep(batch)`, once that is made: what served on the way alone is put into
 *   `spare`, and what the batch is in is returned, which is spare when whoever has the batch is done with it
 */
export function fromSpare(spare: Tensor[]) {
  const available = spare.splice(0);
  const used: Tensor[] = [];
  const allocate: Allocate = <D extends DType>(dtype: D, shape: Shape): Tensor<D> => {
    const size = sizeOf(shape);
    const fitting = available.filter((each) => each.dtype === dtype && each.data.length >= size);
    // The smallest; of the same dtype it has the same array.
    const [best] = fitting.sort((a, b) => a.data.length - b.data.length) as Tensor[] as Tensor<D>[];
    if (best) available.splice(available.indexOf(best as Tensor), 1);
    const whole = best ?? tensor(dtype, shape);
    used.push(whole);
    const exact = whole.data.length === size;
    return { dtype, shape, data: exact ? whole.data : (whole.data.subarray(0, size) as typeof whole.data) }; // prettier-ignore
  };
  const keep = (batch: NamedBatch): Tensor[] => {
    const delivered = new Set(tensorsOf(batch, "batch").map(([, { data }]) => data.buffer));
    const isDelivered = ({ data }: Tensor) => delivered.has(data.buffer);
    spare.push(...used.filter((each) => !isDelivered(each)));
    return used.filter(isDelivered);
  };
  return { allocate, keep };
}

/**
 * Those that are all of their memory, which alone may be sent to another thread: what else lies in it would be lost
 * for whoever has it.
 */
export function wholeOf(tensors: readonly Tensor[]): Tensor[] {
  const byBuffer = new Map<ArrayBufferLike, Tensor>();
  for (const each of tensors) {
    const { buffer, byteLength } = each.data;
    if (buffer instanceof ArrayBuffer && byteLength > 0 && byteLength === buffer.byteLength) byBuffer.set(buffer, each); // prettier-ignore
  }
  return [...byBuffer.values()];
}

/** Of a batch that came from another thread, and that nobody needs any more: all its memory, to be sent back. */
export function spareOf(batch: NamedBatch): Tensor[] {
  // Tensors may lie in the same memory.
  const byBuffer = new Map<ArrayBufferLike, Tensor>();
  for (const [, { dtype, data }] of tensorsOf(batch, "batch")) {
    const { buffer, BYTES_PER_ELEMENT } = data;
    // Shared memory is somebody else's; empty is what was handed on already.
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < BYTES_PER_ELEMENT) continue;
    const length = Math.floor(buffer.byteLength / BYTES_PER_ELEMENT);
    const TypedArray = data.constructor as Float32ArrayConstructor;
    // Of the same type as before.
    const whole = new TypedArray(buffer, 0, length) as Tensor["data"];
    byBuffer.set(buffer, { dtype, shape: [length], data: whole });
  }
  return [...byBuffer.values()];
}
