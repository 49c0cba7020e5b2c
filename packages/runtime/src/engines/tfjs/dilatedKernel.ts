// TF.js has no gradients of dilated convolutions. A convolution dilated by d is one whose kernel has
// d − 1 zeros between its elements: slower, so it is used only where gradients are needed.
import type * as tfc from "@tensorflow/tfjs-core";
import type { TfCore } from "./peers";

/** A kernel [...extents, in, out] with zeros between the elements of its first axes. */
export function dilatedKernel<T extends tfc.Tensor>(
  tf: TfCore,
  kernel: T,
  dilations: readonly number[],
): T {
  let dilated: tfc.Tensor = kernel;
  for (const [axis, dilation] of dilations.entries()) {
    if (dilation === 1) continue;
    const { shape } = dilated;
    const extent = shape[axis]!;
    // [..., extent, 1, ...] → [..., extent, dilation, ...] → [..., extent · dilation, ...], cut after the last element
    const separated = tf.reshape(dilated, shape.toSpliced(axis + 1, 0, 1));
    const padded = tf.pad(
      separated,
      separated.shape.map((_, i): [number, number] => [0, i === axis + 1 ? dilation - 1 : 0]),
    );
    const joined = tf.reshape(padded, shape.with(axis, extent * dilation));
    const size = shape.with(axis, (extent - 1) * dilation + 1);
    dilated = tf.slice(
      joined,
      Array.from(size, () => 0),
      size,
    );
  }
  return dilated as T;
}
