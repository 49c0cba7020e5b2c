// Where each chunk of a dataset lies: version 1 B-trees (III.A.1), and the indexes of layout version 4:
// implicit, fixed array, extensible array, version 2 B-tree (VII).
import type { Container } from "./container";
import type { Cursor } from "./cursor";
import type { ChunkIndex } from "./layout";
import { walkTree, walkTree2 } from "./trees";

export interface Chunk {
  /** Its position in the grid: the index of the chunk along each axis. */
  readonly position: readonly number[];
  readonly address: number;
  /** Bytes in the file. */
  readonly storedSize: number;
  /** Bit i: filter i was skipped. */
  readonly filterMask: number;
}

export interface Grid {
  readonly shape: readonly number[];
  readonly maxExtents: readonly (number | undefined)[];
  readonly chunk: readonly number[];
  /** Bytes of a whole chunk, unfiltered. */
  readonly size: number;
  readonly isFiltered: boolean;
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
      position: grid.chunk.map(() => 0),
      address: index.address,
      storedSize: index.storedSize ?? grid.size,
      filterMask: index.filterMask,
    };
  else if (index.type === "tree") {
    const readKey = (cursor: Cursor) => {
      const storedSize = cursor.u32();
      const filterMask = cursor.u32();
      const position = grid.chunk.map((extent) => cursor.unsigned(8) / extent);
      return { storedSize, filterMask, position };
    };
    const key = { keySize: 8 + 8 * (rank + 1), readKey };
    for await (const { key: entry, child } of walkTree(container, index.address, 1, key))
      yield { ...entry, address: child };
  } else if (index.type === "tree 2")
    for await (const { type, record } of walkTree2(container, index.address)) {
      if (type !== 10 && type !== 11)
        throw container.bad(`a chunk index has records of type ${type}. The file is damaged.`);
      const address = record.address();
      const sizeWidth = record.remaining - 8 * rank - 4;
      const storedSize = type === 11 ? record.unsigned(sizeWidth) : grid.size;
      const filterMask = type === 11 ? record.u32() : 0;
      yield {
        position: grid.chunk.map(() => record.unsigned(8)),
        address,
        storedSize,
        filterMask,
      };
    }
  else yield* numberedChunks(container, index, grid);
}

/**
 * The indexes that list chunks by number: row-major over the grid as far as it may grow, an axis without
 * limit counted slowest.
 */
async function* numberedChunks(container: Container, index: ChunkIndex, grid: Grid) {
  const chunksAlong = (axis: number, extent: number) => Math.ceil(extent / grid.chunk[axis]!);
  const counts = grid.maxExtents.map((limit, axis) =>
    chunksAlong(axis, limit ?? grid.shape[axis]!),
  );
  const axes = [...counts.keys()];
  const order = [
    ...axes.filter((axis) => grid.maxExtents[axis] === undefined),
    ...axes.filter((axis) => grid.maxExtents[axis] !== undefined),
  ].toReversed();
  const total = counts.reduce((a, b) => a * b, 1);
  const positionOf = (number: number) => {
    const position = counts.map(() => 0);
    for (const axis of order) {
      position[axis] = number % counts[axis]!;
      number = Math.floor(number / counts[axis]!);
    }
    return position;
  };
  if (index.type === "implicit") {
    for (let i = 0; i < total; i++)
      yield {
        position: positionOf(i),
        address: index.address! + i * grid.size,
        storedSize: grid.size,
        filterMask: 0,
      };
    return;
  }
  const elements =
    index.type === "fixed array"
      ? fixedArray(container, index.address!, grid)
      : extensibleArray(container, index.address!, grid);
  let i = 0;
  for await (const element of elements) {
    if (i >= total) return;
    if (element) yield { position: positionOf(i), ...element };
    i++;
  }
}

type Element = Omit<Chunk, "position"> | undefined;

/** An element: an address, and of filtered chunks the stored size and the mask. */
const elementReader = (grid: Grid, size: number) => (cursor: Cursor) => {
  const { offsetSize } = cursor.container;
  const address = cursor.offset();
  const storedSize = grid.isFiltered ? cursor.unsigned(size - offsetSize - 4) : grid.size;
  const filterMask = grid.isFiltered ? cursor.u32() : 0;
  return address === undefined ? undefined : { address, storedSize, filterMask };
};

async function* fixedArray(
  container: Container,
  address: number,
  grid: Grid,
): AsyncGenerator<Element> {
  const { offsetSize: o, lengthSize: l } = container;
  const head = await container.structureAt(address, 12 + l + o, "FAHD", "fixed array");
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
    const cursor = await container.structureAt(
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
  const cursor = await container.structureAt(
    block,
    prefix + bitmapSize + 4,
    "FADB",
    "fixed array block",
  );
  cursor.skip(prefix - 4);
  const bitmap = cursor.take(bitmapSize);
  cursor.checksum();
  for (let page = 0; page < pages; page++) {
    const countOnPage = Math.min(perPage, count - page * perPage);
    if ((bitmap[page >> 3]! & (0x80 >> (page & 7))) === 0) {
      for (let i = 0; i < countOnPage; i++) yield undefined;
      continue;
    }
    const from = block + prefix + bitmapSize + 4 + page * (perPage * size + 4);
    yield* await readPage(container, from, countOnPage, size, read);
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
  const head = await container.structureAt(address, 16 + 6 * l + o, "EAHD", "extensible array");
  head.version(0);
  head.skip(1);
  const size = head.u8();
  const maxBits = head.u8();
  const indexElements = head.u8();
  const minBlockElements = head.u8();
  const minSuperBlockPointers = head.u8();
  const pageBits = head.u8();
  head.skip(4 * l); // numbers and sizes of blocks
  const elementCount = head.length();
  head.length(); // realized elements
  const indexBlock = head.offset();
  head.checksum();
  if (indexBlock === undefined) return;
  if (minBlockElements === 0 || minSuperBlockPointers === 0 || maxBits > 64)
    throw container.bad("an extensible array's header makes no sense. The file is damaged.");
  const read = elementReader(grid, size);
  const offsetBytes = Math.ceil(maxBits / 8);
  const perPage = 2 ** pageBits;

  // Super block s has 2^⌊s/2⌋ data blocks of 2^⌈s/2⌉ · blockLeast elements; the first ones' data blocks
  // are listed in the index block itself.
  const superBlocks = 1 + maxBits - Math.log2(minBlockElements);
  const dataBlocks = (s: number) => 2 ** Math.floor(s / 2);
  const blockElements = (s: number) => 2 ** Math.ceil(s / 2) * minBlockElements;
  const superBlocksInIndex = 2 * Math.log2(minSuperBlockPointers);
  let blocksInIndex = 0;
  for (let s = 0; s < superBlocksInIndex; s++) blocksInIndex += dataBlocks(s);
  const length =
    6 +
    o +
    indexElements * size +
    (blocksInIndex + Math.max(0, superBlocks - superBlocksInIndex)) * o +
    4;
  const index = await container.structureAt(indexBlock, length, "EAIB", "extensible array's index");
  index.version(0);
  index.skip(1 + o);
  const elementsInIndex = Array.from({ length: indexElements }, () => read(index));
  const blocks = Array.from({ length: blocksInIndex }, () => index.offset());
  const superBlockAddresses = Array.from(
    { length: Math.max(0, superBlocks - superBlocksInIndex) },
    () => index.offset(),
  );
  index.checksum();

  let left = elementCount;
  for (const element of elementsInIndex) {
    if (left-- <= 0) return;
    yield element;
  }
  let next = 0;
  for (let s = 0; s < superBlocks && left > 0; s++) {
    const count = blockElements(s);
    const isPaged = count > perPage;
    const addresses: (number | undefined)[] = [];
    let bitmap: Uint8Array | undefined;
    const pages = isPaged ? count / perPage : 0;
    const bitmapSize = Math.ceil(pages / 8);
    if (s < superBlocksInIndex)
      for (let b = 0; b < dataBlocks(s); b++) addresses.push(blocks[next++]);
    else {
      const superBlockAddress = superBlockAddresses[s - superBlocksInIndex];
      if (superBlockAddress !== undefined) {
        const bitmaps = isPaged ? dataBlocks(s) * bitmapSize : 0;
        const size = 6 + o + offsetBytes + bitmaps + dataBlocks(s) * o + 4;
        const cursor = await container.structureAt(
          superBlockAddress,
          size,
          "EASB",
          "extensible array's super block",
        );
        cursor.version(0);
        cursor.skip(1 + o + offsetBytes);
        if (isPaged) bitmap = cursor.take(bitmaps);
        for (let b = 0; b < dataBlocks(s); b++) addresses.push(cursor.offset());
        cursor.checksum();
      } else for (let b = 0; b < dataBlocks(s); b++) addresses.push(undefined);
    }
    for (const [b, blockAddress] of addresses.entries()) {
      if (left <= 0) return;
      const prefix = 6 + o + offsetBytes;
      for (let page = 0; page < Math.max(1, pages); page++) {
        const countOnPage = isPaged ? perPage : count;
        let elements: Element[];
        if (blockAddress === undefined)
          elements = Array.from({ length: Math.min(countOnPage, left) }, () => undefined);
        else if (!isPaged) {
          const cursor = await container.structureAt(
            blockAddress,
            prefix + count * size + 4,
            "EADB",
            "extensible array's block",
          );
          cursor.skip(prefix - 4);
          elements = Array.from({ length: count }, () => read(cursor));
          cursor.checksum();
        } else {
          const bit = b * pages + page;
          const isInitialized =
            bitmap === undefined || (bitmap[bit >> 3]! & (0x80 >> (bit & 7))) !== 0;
          const from = blockAddress + prefix + 4 + page * (perPage * size + 4);
          elements = isInitialized
            ? await readPage(container, from, perPage, size, read)
            : Array.from({ length: Math.min(countOnPage, left) }, () => undefined);
        }
        for (const element of elements) {
          if (left-- <= 0) return;
          yield element;
        }
      }
    }
  }
}
