// A weight out of the whole numbers that Keras stores: x / scale, or (x - zero) · scale of blocks of rows.
// keras/src/quantizers/quantizers.py, unpack_int4 and dequantize_with_sz_map
import type { GraphBuilder, Value } from "@cajal/onnx";

/** Two numbers of 4 bits in each, [rows, ⌈columns / 2⌉] of −128 … 127, the lower first: [rows, columns] of −8 … 7. */
export function unpackInt4(
  g: GraphBuilder,
  packed: Value,
  [rows, columns]: readonly [number, number],
): Value {
  const high = g.floor(g.div(packed, 16));
  const low = g.sub(packed, g.mul(high, 16));
  const signedLow = g.where(g.greater(low, 7), g.sub(low, 16), low);
  const pairs = g.concat([g.unsqueeze(signedLow, [-1]), g.unsqueeze(high, [-1])], { axis: -1 });
  const all = g.reshape(pairs, [rows, 2 * Math.ceil(columns / 2)]);
  return columns % 2 === 0
    ? all
    : g.slice(all, { starts: [0], ends: [columns], axes: [1], steps: [1] });
}

/** Scales and zeros are of groups along `axis`, and `groups` says for each place there of which it is. */
export function dequantizeBlocks(
  g: GraphBuilder,
  whole: Value,
  { scale, zero, groups }: { readonly scale: Value; readonly zero: Value; readonly groups: Value },
  axis: number,
): Value {
  const at = g.cast(groups, "int64");
  return g.mul(g.sub(whole, g.gather(zero, at, { axis })), g.gather(scale, at, { axis }));
}
