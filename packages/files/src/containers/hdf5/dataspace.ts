// The extents of a dataset or attribute (dataspace message, section IV.A.2.b).
import type { Cursor } from "./cursor";

export interface Dataspace {
  /** Extents, outermost first; [] for a scalar. */
  readonly shape: readonly number[];
  /** How far each axis may grow; undefined: without limit. */
  readonly maxExtents: readonly (number | undefined)[];
}

/** undefined for the null dataspace, which holds nothing. */
export function readDataspace(cursor: Cursor): Dataspace | undefined {
  const version = cursor.version(1, 2);
  const rank = cursor.u8();
  const hasMaxExtents = (cursor.u8() & 1) !== 0;
  const type = version === 2 ? cursor.u8() : rank === 0 ? 0 : 1;
  if (version === 1) cursor.skip(5);
  if (type === 2) return undefined;
  if (rank > 32) throw cursor.container.bad(`a dataspace has ${rank} axes; HDF5 allows 32.`);
  const shape = Array.from({ length: rank }, cursor.length);
  // Without limit is all bits set, which is how an address says that it is none.
  const limits = hasMaxExtents ? shape.map(() => cursor.unlimited()) : shape;
  return { shape, maxExtents: limits };
}
