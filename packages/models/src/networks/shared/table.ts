// A paper's table: the columns named once, then rows of cells.

/**
 * Rows as records.
 *
 * @example table(["filters", "stride"], [[64, 1], [128, 2]]) // [{ filters: 64, stride: 1 }, …]
 * @throws RangeError when a row has more or fewer cells than there are columns
 */
export function table<const Column extends string, Cell>(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): Record<Column, Cell>[] {
  return rows.map((cells, row) => {
    if (cells.length !== columns.length)
      throw new RangeError(`row ${row}: got ${cells.length} cells for ${columns.length} columns`);
    return Object.fromEntries(columns.map((column, i) => [column, cells[i]])) as Record<
      Column,
      Cell
    >;
  });
}
