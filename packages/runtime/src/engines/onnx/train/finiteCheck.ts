// The number by which a training step tells whether all that it writes is finite.
import { sizeOf, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";

/**
 * A sum that is finite only if all elements of all values are; cheaper than checking each.
 *
 * @param onDevice whether it is for a GPU, where each reduction costs a start, however small it is, and one number is
 *   summed by one group of threads: there, arrays are laid end to end first. On the CPU that copy would cost more than
 *   it saves
 */
export const finiteCheck = (g: GraphBuilder, values: readonly Value[], onDevice: boolean): Value =>
  g.within("finite", () => {
    const sums = (onDevice ? groupsOf(values).map((group) => matrixOf(g, group)) : values).map(
      (value) => g.reduceSum(value, { keepdims: false }),
    );
    return onDevice && sums.length === 1 ? sums[0]! : g.sum(...sums);
  });

/** Elements of a group at most, unless it is of one array: no buffer of a device is too small for it. */
const groupSize = 2 ** 24;

function groupsOf(values: readonly Value[]): Value[][] {
  const groups: Value[][] = [];
  let room = 0;
  for (const value of values) {
    const size = sizeOf(value.shape as number[]);
    if (groups.length === 0 || size > room) {
      groups.push([]);
      room = groupSize;
    }
    groups.at(-1)!.push(value);
    room -= size;
  }
  return groups;
}

/** Elements of a row: what a group of threads sums in a few turns. */
const rowLength = 1024;

/** All elements of a group, and zeros, as a matrix. */
function matrixOf(g: GraphBuilder, group: readonly Value[]): Value {
  const parts = group.map((value) => (value.shape?.length === 1 ? value : g.reshape(value, [-1])));
  const size = group.reduce((sum, { shape }) => sum + sizeOf(shape as number[]), 0);
  const missing = (rowLength - (size % rowLength)) % rowLength;
  if (missing > 0) parts.push(g.constant(tensor("float32", [missing])));
  return g.reshape(parts.length === 1 ? parts[0]! : g.concat(parts, { axis: 0 }), [-1, rowLength]);
}
