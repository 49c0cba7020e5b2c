// The numbers or texts of a dataset, from any layout.
import { CajalError, showShape, sizeOf, type Tensor } from "@cajal/core";
import { type Chunk, type Grid, readChunkIndex } from "./chunkIndex";
import type { Container } from "./container";
import { Cursor } from "./cursor";
import { type Dataspace, readDataspace } from "./dataspace";
import { type Datatype, readDatatype, showDatatype } from "./datatype";
import { checkFilters, type Filter, readFilters, unfilter } from "./filters";
import { type Layout, readLayout } from "./layout";
import { bodyOf, type Message, messageType } from "./objectHeader";
import { tensorOfBytes } from "../tensorOfBytes";

/** The header of a dataset. */
export interface DatasetHeader {
  readonly name: string;
  readonly type: Datatype;
  readonly space: Dataspace | undefined;
  /** The fill value: the element where nothing was written; undefined: zeros. */
  readonly fill: Uint8Array | undefined;
  readonly messages: readonly Message[];
}

/** undefined where the header is not that of a dataset. A named datatype counts as a dataset without elements. */
export async function readDatasetHeader(
  container: Container,
  messages: readonly Message[],
  name: string,
): Promise<DatasetHeader | undefined> {
  const find = (type: number) => messages.find((message) => message.type === type);
  const typeMessage = find(messageType.datatype);
  const spaceMessage = find(messageType.dataspace);
  if (!typeMessage) return undefined;
  const type = readDatatype(await bodyOf(container, typeMessage));
  const layoutMessage = spaceMessage && find(messageType.layout);
  const space = layoutMessage && readDataspace(await bodyOf(container, spaceMessage));
  return { name, type, space, fill: await readFill(container, messages), messages };
}

/** Fill value messages, sections IV.A.2.e and IV.A.2.f. */
async function readFill(container: Container, messages: readonly Message[]) {
  const fillMessage = messages.find(({ type }) => type === messageType.fillValue);
  const oldFillMessage = messages.find(({ type }) => type === messageType.oldFillValue);
  if (fillMessage) {
    const body = await bodyOf(container, fillMessage);
    const version = body.version(1, 2, 3);
    if (version === 3) {
      const flags = body.u8();
      return flags & 0x20 ? body.take(body.u32()) : undefined;
    }
    body.skip(2);
    const defined = body.u8() !== 0;
    if (!defined) return undefined;
    return body.take(body.u32());
  }
  if (!oldFillMessage) return undefined;
  const body = await bodyOf(container, oldFillMessage);
  return body.take(body.u32());
}

/** No supported filter expands one byte to more than deflate does: 1,032 bytes. */
const maxExpansion = 1032;

/** All bytes of a dataset, in the file's own byte order. */
export async function readElements(
  container: Container,
  header: DatasetHeader,
): Promise<Uint8Array> {
  const { name, type, space, messages } = header;
  if (!space) return new Uint8Array(0);
  const count = space.shape.reduce((n, extent) => n * extent, 1);
  const bytes = count * type.size;
  if (bytes > container.size * maxExpansion)
    throw container.bad(
      `${name} states ${showShape(space.shape)} ${showDatatype(type)}, ${bytes} bytes; a file of ${container.size} bytes cannot hold them. It is damaged.`,
      { dataset: name, shape: space.shape, bytes },
    );
  const external = messages.some(({ type }) => type === messageType.externalFiles);
  if (external)
    throw container.unsupported(
      `${name} lies in an external file, which is not opened. Copy it into one file (h5repack).`,
      { dataset: name },
    );
  const layoutMessage = messages.find(({ type }) => type === messageType.layout)!;
  const layout = readLayout(container, await bodyOf(container, layoutMessage), name);
  if (bytes === 0) return new Uint8Array(0);
  if (layout.kind === "compact") return compactBytes(container, name, layout.bytes, bytes);
  if (layout.kind === "contiguous") {
    if (layout.address === undefined) return allocateFilled(bytes, header.fill);
    if (layout.length !== undefined && layout.length !== bytes)
      throw container.bad(
        `${name} has ${layout.length} bytes, expected ${bytes} for ${showShape(space.shape)} ${showDatatype(type)}. The file is damaged.`,
        { dataset: name, got: layout.length, expected: bytes },
      );
    return container.bytes(layout.address, bytes, name);
  }
  return readChunks(container, header, space, layout, bytes);
}

function compactBytes(
  container: Container,
  name: string,
  bytes: Uint8Array,
  expected: number,
): Uint8Array {
  if (bytes.length < expected)
    throw container.bad(
      `${name} has ${bytes.length} bytes, expected ${expected}. The file is damaged.`,
    );
  return bytes.subarray(0, expected);
}

function allocateFilled(bytes: number, fill: Uint8Array | undefined): Uint8Array {
  const out = new Uint8Array(bytes);
  if (fill?.some((byte) => byte !== 0))
    for (let at = 0; at < bytes; at += fill.length) out.set(fill.subarray(0, bytes - at), at);
  return out;
}

async function readChunks(
  container: Container,
  { name, type, fill, messages }: DatasetHeader,
  { shape, maxExtents }: Dataspace,
  layout: Layout & { kind: "chunked" },
  bytes: number,
): Promise<Uint8Array> {
  const { chunk } = layout;
  if (chunk.length !== shape.length || chunk.some((extent) => extent === 0))
    throw container.bad(
      `${name} of ${shape.length} axes has chunks of ${chunk.length}. The file is damaged.`,
    );
  const filterMessage = messages.find((message) => message.type === messageType.filters);
  const filters: readonly Filter[] = filterMessage
    ? readFilters(await bodyOf(container, filterMessage))
    : [];
  checkFilters(container, filters, name);
  const size = chunk.reduce((n, extent) => n * extent, 1) * type.size;
  if (size > container.size * maxExpansion)
    throw container.bad(
      `${name} has chunks of ${size} bytes, more than the file can hold. It is damaged.`,
    );
  const out = allocateFilled(bytes, fill);
  const grid: Grid = { shape, maxExtents, chunk, size, isFiltered: filters.length > 0 };
  const positionsRead = new Set<string>();
  for await (const storedChunk of readChunkIndex(container, layout.index, grid)) {
    if (storedChunk.position.some((at, axis) => at * chunk[axis]! >= shape[axis]!)) continue;
    const key = storedChunk.position.join();
    if (!storedChunk.position.every(Number.isInteger) || positionsRead.has(key))
      throw container.bad(
        `${name} has two chunks in one place, or one beside the grid. The file is damaged.`,
      );
    positionsRead.add(key);
    const isAtEdge = storedChunk.position.some(
      (at, axis) => (at + 1) * chunk[axis]! > shape[axis]!,
    );
    const storedBytes = await container.bytes(
      storedChunk.address,
      storedChunk.storedSize,
      `a chunk of ${name}`,
    );
    const chunkFilters = layout.edgesUnfiltered && isAtEdge ? [] : filters;
    const data = await unfilter(container, chunkFilters, {
      bytes: storedBytes,
      mask: storedChunk.filterMask,
      size,
      dataset: name,
    });
    copyChunk(out, data, storedChunk, grid, type.size);
  }
  return out;
}

/** Copies the part of a chunk that is within the dataset, row by row. */
function copyChunk(
  out: Uint8Array,
  data: Uint8Array,
  { position }: Chunk,
  { shape, chunk }: Grid,
  width: number,
) {
  const last = shape.length - 1;
  const start = position.map((index, axis) => index * chunk[axis]!);
  const extent = start.map((from, axis) => Math.min(chunk[axis]!, shape[axis]! - from));
  const runBytes = extent[last]! * width;
  const index = start.map(() => 0);
  for (;;) {
    let from = 0;
    let to = 0;
    for (let axis = 0; axis <= last; axis++) {
      from = from * chunk[axis]! + index[axis]!;
      to = to * shape[axis]! + start[axis]! + index[axis]!;
    }
    out.set(data.subarray(from * width, from * width + runBytes), to * width);
    let axis = last - 1;
    while (axis >= 0 && ++index[axis]! === extent[axis]!) index[axis--] = 0;
    if (axis < 0) return;
  }
}

/** The elements as a tensor of the dataset's type. */
export function numbersOf(
  container: Container,
  { name, type, shape }: { name: string; type: Datatype; shape: readonly number[] },
  bytes: Uint8Array,
): Tensor {
  if (type.kind !== "number")
    throw new CajalError(
      "unsupported",
      `${container.name}: ${name} is ${showDatatype(type)}, expected numbers.`,
      { dataset: name, type: showDatatype(type) },
    );
  const needed = bytes.subarray(0, sizeOf(shape) * type.size);
  const read = tensorOfBytes(type.dtype, shape, needed);
  if (!type.littleEndian) reverseEach(new Uint8Array(read.data.buffer), type.size);
  return read;
}

function reverseEach(bytes: Uint8Array, width: number) {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

const utf8 = new TextDecoder();

/** Texts, of fixed length or through the global heap. */
export async function textsOf(
  container: Container,
  { name, type }: { name: string; type: Datatype },
  bytes: Uint8Array,
  heap: (address: number, index: number) => Promise<Uint8Array>,
): Promise<string[]> {
  const texts: string[] = [];
  for (let at = 0; at + type.size <= bytes.length; at += type.size) {
    const element = bytes.subarray(at, at + type.size);
    if (type.kind === "text") {
      const text = utf8.decode(element);
      const unpadded =
        type.padding === "spaces" ? text.replace(/ +$/, "") : text.replace(/\0+$/, "");
      texts.push(type.padding === "zero ends" ? unpadded.replace(/\0.*$/s, "") : unpadded);
      continue;
    }
    const cursor = new Cursor(container, element, `text of ${name}`);
    const length = cursor.u32();
    const address = cursor.offset();
    const index = cursor.u32();
    if (address === undefined || address === 0) texts.push("");
    else {
      const object = await heap(address, index);
      if (length > object.length)
        throw container.bad(`a text of ${name} is longer than its place. The file is damaged.`);
      texts.push(utf8.decode(object.subarray(0, length)).replace(/\0+$/, ""));
    }
  }
  return texts;
}
