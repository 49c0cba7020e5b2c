// The three heaps of HDF5: local (names of old groups), global (texts of variable length), fractal
// (links and attributes of large new groups). Sections III.D, III.E, III.G.
import type { Container } from "./container";
import { Cursor } from "./cursor";
import { walkTree2 } from "./trees";

/** The data of a local heap, in which names are found by their offset. */
export async function readLocalHeap(container: Container, address: number): Promise<Uint8Array> {
  const { offsetSize, lengthSize } = container;
  const heap = await container.structureAt(
    address,
    8 + 2 * lengthSize + offsetSize,
    "HEAP",
    "local heap",
  );
  heap.version(0);
  heap.skip(3);
  const size = heap.length();
  heap.skip(lengthSize); // free list
  return container.bytes(heap.address(), size, "local heap's data");
}

/** Reads objects of global heap collections, each collection once. */
export function globalHeap(
  container: Container,
): (address: number, index: number) => Promise<Uint8Array> {
  const collections = new Map<number, Promise<Map<number, Uint8Array>>>();
  return async (address, index) => {
    let collection = collections.get(address);
    if (!collection) collections.set(address, (collection = readCollection(container, address)));
    const object = (await collection).get(index);
    if (!object) throw container.bad(`the global heap at ${address} has no object ${index}.`);
    return object;
  };
}

async function readCollection(container: Container, address: number) {
  const { lengthSize } = container;
  const head = await container.structureAt(address, 8 + lengthSize, "GCOL", "global heap");
  head.version(1);
  head.skip(3);
  const size = head.length();
  const cursor = await container.cursor(address, size, "global heap");
  cursor.skip(8 + lengthSize);
  const objects = new Map<number, Uint8Array>();
  while (cursor.remaining >= 8 + lengthSize) {
    const index = cursor.u16();
    cursor.skip(6);
    const length = cursor.length();
    if (index === 0) break; // the rest is free
    objects.set(index, cursor.take(length));
    cursor.align(8);
  }
  return objects;
}

export interface FractalHeap {
  /** The object of an id, as a cursor over its bytes. */
  object(id: Uint8Array, what: string): Promise<Cursor>;
}

export async function openFractalHeap(container: Container, address: number): Promise<FractalHeap> {
  const { offsetSize: o, lengthSize: l } = container;
  const head = await container.structureAt(address, 26 + 12 * l + 3 * o, "FRHP", "fractal heap");
  head.version(0);
  head.skip(2); // length of ids: that of who holds them
  const filters = head.u16();
  const flags = head.u8();
  const largestObject = head.u32();
  head.skip(l); // next id of a huge object
  const hugeTree = head.offset();
  head.skip(l + o); // free space and its manager
  head.skip(8 * l); // sizes and numbers of objects
  const tableWidth = head.u16();
  const startBlockSize = head.length();
  const largestDirect = head.length();
  const heapBits = head.u16();
  head.skip(2); // rows the root started with
  const root = head.offset();
  const rootRows = head.u16();
  head.checksum();
  if (filters > 0) throw container.unsupported("fractal heaps with filters are not read.");
  if (tableWidth === 0 || startBlockSize === 0 || heapBits > 64)
    throw container.bad("a fractal heap's table makes no sense. The file is damaged.");

  const offsetBytes = Math.ceil(heapBits / 8);
  const lengthBytes = Math.min(
    Math.ceil(Math.log2(largestDirect) / 8),
    Math.floor(Math.log2(Math.max(1, largestObject)) / 8) + 1,
  );
  const hasChecksums = (flags & 2) !== 0;
  const sizeOfRow = (row: number) => startBlockSize * 2 ** Math.max(0, row - 1);
  const directRows = Math.round(Math.log2(largestDirect / startBlockSize)) + 2;

  return {
    async object(id, what) {
      const cursor = new Cursor(container, id, `heap id of ${what}`);
      const kind = (cursor.u8() >> 4) & 3;
      if (kind === 2) {
        const length = (id[0]! & 15) + 1;
        return new Cursor(container, cursor.take(length), what);
      }
      if (kind === 1) {
        const { address, length } = await hugeObject(cursor, what);
        return new Cursor(container, await container.bytes(address, length, what), what);
      }
      if (kind !== 0) throw container.bad(`${what} has a heap id of kind 3. The file is damaged.`);
      const offset = cursor.unsigned(offsetBytes);
      const length = cursor.unsigned(lengthBytes);
      const block = await locate(offset);
      const bytes = await container.bytes(block.address + (offset - block.from), length, what);
      return new Cursor(container, bytes, what);
    },
  };

  /** Objects too large for a block: their address is in the id, or in a B-tree by their number. */
  async function hugeObject(
    id: Cursor,
    what: string,
  ): Promise<{ address: number; length: number }> {
    if (id.remaining >= o + l) return { address: id.address(), length: id.length() };
    const number = id.unsigned(id.remaining);
    if (hugeTree !== undefined)
      for await (const { record } of walkTree2(container, hugeTree)) {
        const object = { address: record.address(), length: record.length() };
        if (record.length() === number) return object;
      }
    throw container.bad(`${what} is not where its heap id says. The file is damaged.`);
  }

  /** The direct block that holds an offset of the heap's address space. */
  async function locate(offset: number): Promise<{ address: number; from: number }> {
    if (root === undefined) throw container.bad("a fractal heap is empty and yet asked.");
    let address = root;
    let rows = rootRows;
    let from = 0;
    for (let depth = 0; depth < 64; depth++) {
      if (rows === 0) {
        await container.structureAt(address, 4, "FHDB", "direct block");
        return { address, from };
      }
      const entries = Math.min(rows, directRows) * tableWidth;
      const indirect = Math.max(0, rows - directRows) * tableWidth;
      const length = 5 + o + offsetBytes + (entries + indirect) * o + (hasChecksums ? 4 : 0);
      const block = await container.structureAt(address, length, "FHIB", "indirect block");
      block.version(0);
      block.skip(o + offsetBytes);
      let childFrom = from;
      let isInBlock = false;
      for (let entry = 0; entry < entries + indirect; entry++) {
        const row = Math.floor(entry / tableWidth);
        const size = sizeOfRow(row);
        const child = block.offset();
        if (offset < childFrom + size) {
          if (child === undefined) throw container.bad("a block of a fractal heap is missing.");
          address = child;
          from = childFrom;
          rows =
            entry < entries ? 0 : Math.round(Math.log2(size / (startBlockSize * tableWidth))) + 1;
          isInBlock = true;
          break;
        }
        childFrom += size;
      }
      if (!isInBlock)
        throw container.bad(`a fractal heap has no offset ${offset}. The file is damaged.`);
    }
    throw container.bad("a fractal heap is nested too deeply. The file is damaged.");
  }
}
