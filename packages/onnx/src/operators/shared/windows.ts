// Sizes under a sliding window: what convolutions and pools have in common.
import { show, type Dims } from "../../model/dims";
import type { Dim } from "../../model/model";
import { badShape, type InferenceContext } from "../operator";

/** Attributes of what slides a window over `[batch, channels, ...spatial]`; one number an axis. */
export interface WindowAttributes {
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  /** All begins, then all ends. */
  readonly pads?: readonly number[];
  readonly auto_pad?: "NOTSET" | "VALID" | "SAME_UPPER" | "SAME_LOWER";
}

export interface Window {
  readonly kernel: readonly Dim[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All begins, then all ends. */
  readonly pads: readonly number[];
  /** NOTSET, VALID, SAME_UPPER or SAME_LOWER. */
  readonly autoPad: string;
}

/** The attributes of a window over `rank` axes, with ONNX's defaults. */
export function windowOf(
  node: Pick<InferenceContext, "ints" | "string">,
  kernel: readonly Dim[],
): Window {
  const rank = kernel.length;
  const list = (name: string, length: number, defaultValue: number, min: number) => {
    const value = node.ints(name) ?? Array<number>(length).fill(defaultValue);
    if (value.length !== length)
      throw badShape(`${name} [${value.join()}]: expected ${length} numbers.`);
    if (value.some((x) => x < min))
      throw badShape(`${name} [${value.join()}]: expected numbers of at least ${min}.`);
    return value;
  };
  const autoPad = node.string("auto_pad", "NOTSET");
  if (!["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].includes(autoPad))
    throw badShape(
      `auto_pad ${JSON.stringify(autoPad)}: expected NOTSET, VALID, SAME_UPPER or SAME_LOWER.`,
    );
  const pads = list("pads", 2 * rank, 0, 0);
  return {
    kernel,
    strides: list("strides", rank, 1, 1),
    dilations: list("dilations", rank, 1, 1),
    pads: autoPad === "NOTSET" ? pads : Array<number>(2 * rank).fill(0),
    autoPad,
  };
}

/** Spatial extents after a window has slid over `spatial`. */
export function slide(spatial: readonly Dim[], window: Window, ceil = false): Dim[] {
  const rank = spatial.length;
  // See explicitPads: only with strides of 1 are the pads known without the extents.
  if (
    window.autoPad.startsWith("SAME") &&
    window.dilations.some((each) => each !== 1) &&
    window.strides.some((each) => each !== 1)
  )
    throw badShape(
      `dilations [${window.dilations.join()}] and strides [${window.strides.join()}] with auto_pad ${window.autoPad}: expected the pads themselves.`,
    );
  return spatial.map((extent, i) => {
    const kernel = window.kernel[i];
    const stride = window.strides[i]!;
    if (window.autoPad.startsWith("SAME")) {
      if (typeof extent !== "number") return stride === 1 ? extent : undefined;
      return Math.ceil(extent / stride);
    }
    if (typeof kernel !== "number") return undefined;
    const reach = window.dilations[i]! * (kernel - 1) + 1;
    const padBegin = window.pads[i]!;
    const padding = padBegin + window.pads[i + rank]!;
    if (typeof extent !== "number")
      return stride === 1 && padding === reach - 1 ? extent : undefined;
    const room = extent + padding - reach;
    // Rounded up, one step further than there is room for is still a window.
    const count = ceil ? Math.ceil(room / stride) + 1 : Math.floor(room / stride) + 1;
    if (count < 1)
      throw badShape(
        `a window of ${reach} does not fit into axis ${i + 2} of extent ${extent} with padding ${padding}.`,
        { axis: i + 2, extent, window: reach, padding },
      );
    if (!ceil) return count;
    // A window that would begin in the padding behind is left out.
    return (count - 1) * stride >= extent + padBegin ? count - 1 : count;
  });
}

/** Splits `[batch, channels, ...spatial]`. */
export function image(
  what: string,
  shape: Dims,
): { head: readonly [Dim, Dim]; spatial: readonly Dim[] } | undefined {
  if (!shape) return undefined;
  if (shape.length < 3)
    throw badShape(
      `${what} ${show(shape)}: expected [batch, channels, ...spatial], rank 3 or more.`,
    );
  return { head: [shape[0], shape[1]], spatial: shape.slice(2) };
}
