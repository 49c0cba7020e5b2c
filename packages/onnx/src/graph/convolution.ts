// A convolution in numbers: what its gradients, and the choice of its kernels, go by.
import type { AttributeReader } from "../model/attribute";
import { windowOf } from "../operators/shared/windows";

/** A convolution of x, [batch, channels, ...input], to y, [batch, maps, ...output]. */
export interface Convolution {
  readonly batch: number;
  readonly channels: number;
  readonly maps: number;
  readonly group: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All begins, then all ends. */
  readonly pads: readonly number[];
}

/**
 * The convolution that a node's attributes describe, between an image x and y with a kernel
 * [maps, channels / group, ...kernel]. A transposed convolution is that of the way back.
 */
export function convolutionBetween(
  attributes: Pick<AttributeReader, "int" | "ints" | "string">,
  [batch, channels, ...input]: readonly number[],
  [maps, , ...kernel]: readonly number[],
  [, , ...output]: readonly number[],
): Convolution {
  const { strides, dilations, pads, autoPad } = windowOf(attributes, kernel);
  const rank = kernel.length;
  const resolved = [...pads];
  if (autoPad.startsWith("SAME"))
    input.forEach((extent, i) => {
      const reach = (kernel[i]! - 1) * dilations[i]! + 1;
      const total = Math.max(0, (output[i]! - 1) * strides[i]! + reach - extent);
      const smallerHalf = Math.floor(total / 2);
      resolved[i] = autoPad === "SAME_UPPER" ? smallerHalf : total - smallerHalf;
      resolved[i + rank] = total - resolved[i];
    });
  return {
    batch: batch!,
    channels: channels!,
    maps: maps!,
    group: attributes.int("group", 1),
    input,
    output,
    kernel,
    strides,
    dilations,
    pads: resolved,
  };
}
