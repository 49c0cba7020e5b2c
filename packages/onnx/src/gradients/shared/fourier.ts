// The DFT as operator sets have it: its axis was an attribute before set 20, and is an input since.
import type { GraphBuilder, Value } from "../../graph/builder";

/** The transform of x [..., 1 or 2] along an axis counted from the front. */
export const dft = (
  g: GraphBuilder,
  x: Value,
  {
    axis,
    inverse = false,
    onesided = false,
  }: { axis: number; inverse?: boolean; onesided?: boolean },
): Value =>
  g.opset < 20
    ? g.op("DFT", [x], { axis, inverse, onesided })
    : g.op("DFT", [x, undefined, g.scalar("int64", axis)], { inverse, onesided });
