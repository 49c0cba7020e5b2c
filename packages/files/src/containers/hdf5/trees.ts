// The two kinds of B-tree: version 1 of old groups and chunks (section III.A.1), version 2 of large new
// groups, dense attributes and chunks (III.A.2). Walked from left to right; every node once.
import type { Container } from "./container";
import type { Cursor } from "./cursor";

/** The entries of all leaves of a version 1 tree: key and child. */
export async function* walkTree<Key>(
  container: Container,
  address: number,
  type: 0 | 1,
  { keySize, readKey }: { keySize: number; readKey: (cursor: Cursor) => Key },
): AsyncGenerator<{ key: Key; child: number }, void, undefined> {
  const { offsetSize: o } = container;
  const visited = new Set<number>();
  const pending: { address: number; level?: number }[] = [{ address }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (visited.has(next.address))
      throw container.bad(`the B-tree at ${address} contains itself. The file is damaged.`);
    visited.add(next.address);
    const head = await container.structureAt(next.address, 8 + 2 * o, "TREE", "B-tree node");
    if (head.u8() !== type)
      throw container.bad(`a B-tree node is of another type. The file is damaged.`);
    const level = head.u8();
    if (next.level !== undefined && level !== next.level)
      throw container.bad("a B-tree's levels do not fit. The file is damaged.");
    const entries = head.u16();
    const length = 8 + 2 * o + entries * (keySize + o) + keySize;
    const node = await container.cursor(next.address, length, "B-tree node");
    node.skip(8 + 2 * o);
    const children: { address: number; level: number }[] = [];
    for (let i = 0; i < entries; i++) {
      const key = readKey(node.part(keySize));
      const child = node.address();
      if (level === 0) yield { key, child };
      else children.push({ address: child, level: level - 1 });
    }
    pending.push(...children.toReversed());
  }
}

/** The records of a version 2 tree, as cursors. */
export async function* walkTree2(
  container: Container,
  address: number,
): AsyncGenerator<{ type: number; record: Cursor }, void, undefined> {
  const { offsetSize: o, lengthSize: l } = container;
  const head = await container.structureAt(address, 22 + o + l, "BTHD", "B-tree");
  head.version(0);
  const type = head.u8();
  const nodeSize = head.u32();
  const recordSize = head.u16();
  const depth = head.u16();
  head.skip(2);
  const root = head.offset();
  const rootRecords = head.u16();
  head.length();
  head.checksum();
  if (root === undefined) return;
  if (recordSize === 0 || depth > 64)
    throw container.bad("a B-tree's header makes no sense. The file is damaged.");

  // The width of the counts after a child's address follows from how many records fit (III.A.2).
  const bytesFor = (n: number) => Math.floor(Math.log2(Math.max(1, n)) / 8) + 1;
  const maxLeafRecords = Math.floor((nodeSize - 10) / recordSize);
  const countBytes = [bytesFor(maxLeafRecords)];
  const totalBytes = [0];
  let maxRecords = maxLeafRecords;
  const maxTotals = [maxLeafRecords];
  for (let level = 1; level <= depth; level++) {
    const pointer = o + bytesFor(maxLeafRecords) + (level > 1 ? totalBytes[level - 1]! : 0);
    maxRecords = Math.floor((nodeSize - 10 - pointer) / (recordSize + pointer));
    countBytes[level] = bytesFor(maxLeafRecords);
    maxTotals[level] = (maxRecords + 1) * maxTotals[level - 1]! + maxRecords;
    totalBytes[level] = bytesFor(maxTotals[level]!);
  }

  const visited = new Set<number>();
  yield* node(root, rootRecords, depth);

  async function* node(
    address: number,
    records: number,
    level: number,
  ): AsyncGenerator<{ type: number; record: Cursor }, void, undefined> {
    if (visited.has(address)) throw container.bad("a B-tree contains itself. The file is damaged.");
    visited.add(address);
    if (records * recordSize > nodeSize)
      throw container.bad("a B-tree node has more records than fit. The file is damaged.");
    const pointer = o + countBytes[level]! + (level > 1 ? totalBytes[level - 1]! : 0);
    const length = 6 + records * recordSize + (level > 0 ? (records + 1) * pointer : 0) + 4;
    const cursor = await container.structureAt(
      address,
      length,
      level > 0 ? "BTIN" : "BTLF",
      "B-tree node",
    );
    cursor.version(0);
    cursor.skip(1);
    const nodeRecords = Array.from({ length: records }, () => cursor.part(recordSize));
    const children: { address: number; records: number }[] = [];
    const pointers = level > 0 ? records + 1 : 0;
    for (let i = 0; i < pointers; i++) {
      const child = cursor.address();
      const count = cursor.unsigned(countBytes[level]!);
      if (level > 1) cursor.skip(totalBytes[level - 1]!);
      children.push({ address: child, records: count });
    }
    cursor.checksum();
    for (let i = 0; i <= records; i++) {
      const child = children[i];
      if (child) yield* node(child.address, child.records, level - 1);
      if (i < records) yield { type, record: nodeRecords[i]! };
    }
  }
}
