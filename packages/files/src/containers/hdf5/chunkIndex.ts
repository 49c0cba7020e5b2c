// Where each chunk of a dataset lies: version 1 B-trees (III.A.1), and the indexes of layout version 4:
// implicit, fixed array, extensible array, version 2 B-tree (VII).
import type { Container } from "./container";
import type { Cursor } from "./cursor";
import type { ChunkIndex } from "./layout";
import { walkTree, walkTree2 } from "./trees";

export interface Chunk {
  /** Its place: numbers of chunks along each axis. */
  readonly at: readonly number[];
  readonly address: number;
  /** Bytes in the file. */
  readonly stored: number;
  /** Bit i: filter i was skipped. */
  readonly mask: number;
}

export interface Grid {
  readonly shape: readonly number[];
  readonly limits: readonly (number | undefined)[];
  readonly chunk: readonly number[];
  /** Bytes of a whole chunk, unfiltered. */
  readonly size: number;
  readonly filtered: boolean;
}

export async function* readChunkIndex(
  container: Container,
  index: ChunkIndex,
  grid: Grid,
): AsyncGenerator<Chunk, void, undefined> {
  if (index.address === undefined) return;
  const rank = grid.chunk.length;
  if (index.type === "single")
    yield {
      at: grid.chunk.map(() => 0),
      address: index.address,
      stored: index.stored ?? grid.size,
      mask: index.mask,
    };
  else if (index.type === "tree") {
    const readKey = (cursor: Cursor) => {
      const stored = cursor.u32();
      const mask = cursor.u32();
      return { stored, mask, at: grid.chunk.map((extent) => cursor.unsigned(8) / extent) };
    };
    const key = { keySize: 8 + 8 * (rank + 1), readKey };
    for await (const { key: entry, child } of walkTree(container, index.address, 1, key))
      yield { ...entry, address: child };
  } else if (index.type === "tree 2")
    for await (const { type, record } of walkTree2(container, index.address)) {
      if (type !== 10 && type !== 11)
        throw container.bad(`a chunk index has records of type ${type}. The file is damaged.`);
      const address = record.address();
      const widths = record.left - 8 * rank - 4;
      const stored = type === 11 ? record.unsigned(widths) : grid.size;
      const mask = type === 11 ? record.u32() : 0;
      yield { at: grid.chunk.map(() => record.unsigned(8)), address, stored, mask };
    }
  else yield* numbered(container, index, grid);
}

/**
 * The indexes that list chunks by number: row-major over the grid as far as it may grow, an axis without
 * limit counted slowest.
 */
async function* numbered(container: Container, index: ChunkIndex, grid: Grid) {
  const chunksAlong = (axis: number, extent: number) => Math.ceil(extent / grid.chunk[axis]!);
  const counts = grid.limits.map((limit, axis) => chunksAlong(axis, limit ?? grid.shape[axis]!));
  const axes = [...counts.keys()];
  const order = [
    ...axes.filter((axis) => grid.limits[axis] === undefined),
    ...axes.filter((axis) => grid.limits[axis] !== undefined),
  ].toReversed();
  const total = counts.reduce((a, b) => a * b, 1);
  const place = (number: number) => {
    const at = counts.map(() => 0);
    for (const axis of order) {
      at[axis] = number % counts[axis]!;
      number = Math.floor(number / counts[axis]!);
    }
    return at;
  };
  if (index.type === "implicit") {
    for (let i = 0; i < total; i++)
      yield { at: place(i), address: index.address! + i * grid.size, stored: grid.size, mask: 0 };
    return;
  }
  const elements =
    index.type === "fixed array"
      ? fixedArray(container, index.address!, grid)
      : extensibleArray(container, index.address!, grid);
  let i = 0;
  for await (const element of elements) {
    if (i >= total) return;
    if (element) yield { at: place(i), ...element };
    i++;
  }
}

type Element = Omit<Chunk, "at"> | undefined;

/** An element: an address, and of filtered chunks the stored size and the mask. */
const elementReader = (grid: Grid, size: number) => (cursor: Cursor) => {
  const { offsetSize } = cursor.container;
  const address = cursor.offset();
  const stored = grid.filtered ? cursor.unsigned(size - offsetSize - 4) : grid.size;
  const mask = grid.filtered ? cursor.u32() : 0;
  return address === undefined ? undefined : { address, stored, mask };
};

async function* fixedArray(
  container: Container,
  address: number,
  grid: Grid,
): AsyncGenerator<Element> {
  const { offsetSize: o, lengthSize: l } = container;
  const head = await container.signed(address, 12 + l + o, "FAHD", "fixed array");
  head.version(0);
  head.skip(1);
  const size = head.u8();
  const pageBits = head.u8();
  const count = head.length();
  const block = head.offset();
  head.checksum();
  if (block === undefined) return;
  const read = elementReader(grid, size);
  const perPage = 2 ** pageBits;
  const prefix = 6 + o;
  if (count <= perPage) {
    const cursor = await container.signed(
      block,
      prefix + count * size + 4,
      "FADB",
      "fixed array block",
    );
    cursor.skip(prefix - 4);
    const elements = Array.from({ length: count }, () => read(cursor));
    cursor.checksum();
    yield* elements;
    return;
  }
  const pages = Math.ceil(count / perPage);
  const bitmapSize = Math.ceil(pages / 8);
  const cursor = await container.signed(
    block,
    prefix + bitmapSize + 4,
    "FADB",
    "fixed array block",
  );
  cursor.skip(prefix - 4);
  const bitmap = cursor.take(bitmapSize);
  cursor.checksum();
  for (let page = 0; page < pages; page++) {
    const here = Math.min(perPage, count - page * perPage);
    if ((bitmap[page >> 3]! & (0x80 >> (page & 7))) === 0) {
      for (let i = 0; i < here; i++) yield undefined;
      continue;
    }
    const from = block + prefix + bitmapSize + 4 + page * (perPage * size + 4);
    yield* await readPage(container, from, here, size, read);
  }
}

async function readPage(
  container: Container,
  address: number,
  count: number,
  size: number,
  read: (cursor: Cursor) => Element,
): Promise<Element[]> {
  const cursor = await container.cursor(address, count * size + 4, "page of a chunk index");
  const elements = Array.from({ length: count }, () => read(cursor));
  cursor.checksum();
  return elements;
}

async function* extensibleArray(
  container: Container,
  address: number,
  grid: Grid,
): AsyncGenerator<Element> {
  const { offsetSize: o, lengthSize: l } = container;
  const head = await container.signed(address, 16 + 6 * l + o, "EAHD", "extensible array");
  head.version(0);
  head.skip(1);
  const size = head.u8();
  const maxBits = head.u8();
  const inIndex = head.u8();
  const blockLeast = head.u8();
  const superLeast = head.u8();
  const pageBits = head.u8();
  head.skip(4 * l); // numbers and sizes of blocks
  const used = head.length();
  head.length(); // realized elements
  const indexBlock = head.offset();
  head.checksum();
  if (indexBlock === undefined) return;
  if (blockLeast === 0 || superLeast === 0 || maxBits > 64)
    throw container.bad("an extensible array's header makes no sense. The file is damaged.");
  const read = elementReader(grid, size);
  const offsetBytes = Math.ceil(maxBits / 8);
  const perPage = 2 ** pageBits;

  // Super block s has 2^⌊s/2⌋ data blocks of 2^⌈s/2⌉ · blockLeast elements; the first ones' data blocks
  // are listed in the index block itself.
  const superBlocks = 1 + maxBits - Math.log2(blockLeast);
  const dataBlocks = (s: number) => 2 ** Math.floor(s / 2);
  const blockElements = (s: number) => 2 ** Math.ceil(s / 2) * blockLeast;
  const direct = 2 * Math.log2(superLeast);
  let directBlocks = 0;
  for (let s = 0; s < direct; s++) directBlocks += dataBlocks(s);
  const length =
    6 + o + inIndex * size + (directBlocks + Math.max(0, superBlocks - direct)) * o + 4;
  const index = await container.signed(indexBlock, length, "EAIB", "extensible array's index");
  index.version(0);
  index.skip(1 + o);
  const first = Array.from({ length: inIndex }, () => read(index));
  const blocks = Array.from({ length: directBlocks }, () => index.offset());
  const supers = Array.from({ length: Math.max(0, superBlocks - direct) }, () => index.offset());
  index.checksum();

  let left = used;
  for (const element of first) {
    if (left-- <= 0) return;
    yield element;
  }
  let next = 0;
  for (let s = 0; s < superBlocks && left > 0; s++) {
    const count = blockElements(s);
    const paged = count > perPage;
    const addresses: (number | undefined)[] = [];
    let bitmap: Uint8Array | undefined;
    const pages = paged ? count / perPage : 0;
    const bitmapSize = Math.ceil(pages / 8);
    if (s < direct) for (let b = 0; b < dataBlocks(s); b++) addresses.push(blocks[next++]);
    else {
      const at = supers[s - direct];
      if (at !== undefined) {
        const bitmaps = paged ? dataBlocks(s) * bitmapSize : 0;
        const size = 6 + o + offsetBytes + bitmaps + dataBlocks(s) * o + 4;
        const cursor = await container.signed(at, size, "EASB", "extensible array's super block");
        cursor.version(0);
        cursor.skip(1 + o + offsetBytes);
        if (paged) bitmap = cursor.take(bitmaps);
        for (let b = 0; b < dataBlocks(s); b++) addresses.push(cursor.offset());
        cursor.checksum();
      } else for (let b = 0; b < dataBlocks(s); b++) addresses.push(undefined);
    }
    for (const [b, at] of addresses.entries()) {
      if (left <= 0) return;
      const prefix = 6 + o + offsetBytes;
      for (let page = 0; page < Math.max(1, pages); page++) {
        const here = paged ? perPage : count;
        let elements: Element[];
        if (at === undefined)
          elements = Array.from({ length: Math.min(here, left) }, () => undefined);
        else if (!paged) {
          const cursor = await container.signed(
            at,
            prefix + count * size + 4,
            "EADB",
            "extensible array's block",
          );
          cursor.skip(prefix - 4);
          elements = Array.from({ length: count }, () => read(cursor));
          cursor.checksum();
        } else {
          const bit = b * pages + page;
          const written = bitmap === undefined || (bitmap[bit >> 3]! & (0x80 >> (bit & 7))) !== 0;
          const from = at + prefix + 4 + page * (perPage * size + 4);
          elements = written
            ? await readPage(container, from, perPage, size, read)
            : Array.from({ length: Math.min(here, left) }, () => undefined);
        }
        for (const element of elements) {
          if (left-- <= 0) return;
          yield element;
        }
      }
    }
  }
}
