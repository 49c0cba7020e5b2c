// HDF5 files, written in the layout that h5py writes by default and that every version of HDF5 reads:
// superblock 0, groups as trees of symbols, datasets in one piece. All data come first, then what
// describes them, so that a reader finds that in a few reads. Sections by `container.ts`.
import { CajalError, checkTensor, type Tensor, checkOptions } from "@cajal/core";
import { ByteWriter, padding } from "./byteWriter";
import {
  attributeMessage,
  dataspace,
  datasetMessages,
  type EncodedMessage,
  fixedText,
  numberType,
  objectHeader,
  symbolTable,
  variableText,
} from "./encodeMessages";

/** The contents of a file. Paths are `group/group/name`; groups need to be named only for their attributes. */
export interface Hdf5Contents {
  /** By path. */
  readonly datasets?: ReadonlyMap<string, Tensor>;
  /**
   * By the path of a group or dataset ("" the root), by name: a text (of variable length, UTF-8), a list of
   * texts (of fixed length, filled with zeros), or numbers.
   */
  readonly attributes?: ReadonlyMap<string, Readonly<Record<string, Hdf5Attribute>>>;
}

export type Hdf5Attribute = string | readonly string[] | Tensor;

/**
 * The bytes of an HDF5 file. The same contents give the same bytes.
 *
 * @throws CajalError `bad-argument` for a path that is a group and a dataset, an attribute above 64 kB that is
 *   no text, more than some 65,000 attributes of one object
 */
export function encodeHdf5(contents: Hdf5Contents): Uint8Array<ArrayBuffer> {
  checkOptions("encodeHdf5", contents, { datasets: "map", attributes: "map" });
  const { datasets = new Map(), attributes = new Map() }: Hdf5Contents = contents;
  for (const [path, data] of datasets) checkTensor(data, `encodeHdf5, ${String(path)}`);
  const root = treeOf(datasets, attributes);
  const file = new Pieces();
  file.append(new Uint8Array(superblockSize)); // filled in at the end
  const dataAddresses = new Map<string, number>();
  for (const [path, { data }] of datasets)
    if (data.byteLength > 0)
      dataAddresses.set(
        path,
        file.append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      );
  const texts = writeTexts(file, attributes);
  const messagesOf = (path: string): EncodedMessage[] =>
    Object.entries(attributes.get(path) ?? {}).map(([name, value]) =>
      attribute(name, value, texts),
    );

  const write = (node: Node, path: string): number => {
    if (node.dataset)
      return file.append(
        objectHeader([
          ...datasetMessages(node.dataset, dataAddresses.get(path) ?? 0),
          ...messagesOf(path),
        ]),
      );
    const members = [...node.members].map(([name, member]) => ({
      name: utf8.encode(name),
      address: write(member, path === "" ? name : `${path}/${name}`),
    }));
    return file.append(objectHeader([writeMembers(file, members), ...messagesOf(path)]));
  };
  const rootAddress = write(root, "");
  file.pieces[0] = superblock(rootAddress, file.length);
  return file.concatenate();
}

const utf8 = new TextEncoder();
const superblockSize = 96;
/** "K" of leaves and of nodes of a group's tree: half of the entries that fit. */
const leafHalf = 4;
const nodeHalf = 16;

interface Node {
  readonly dataset?: Tensor;
  readonly members: Map<string, Node>;
}

function treeOf(
  datasets: ReadonlyMap<string, Tensor>,
  attributes: NonNullable<Hdf5Contents["attributes"]>,
): Node {
  const root: Node = { members: new Map() };
  const groupAt = (parts: readonly string[], path: string): Node => {
    let node = root;
    for (const part of parts) {
      if (part === "" || part === "." || part.includes("\0"))
        throw clash(path, "a name in it is empty, or none that HDF5 allows");
      let next = node.members.get(part);
      if (!next) node.members.set(part, (next = { members: new Map() }));
      if (next.dataset) throw clash(path, `${JSON.stringify(part)} in it is a dataset`);
      node = next;
    }
    return node;
  };
  for (const [path, dataset] of datasets) {
    checkTensor(dataset, `HDF5, dataset ${path}`);
    const parts = path.split("/");
    const name = parts.pop()!;
    const group = groupAt(parts, path);
    if (group.members.has(name) || name === "") throw clash(path, "it is there already, or empty");
    group.members.set(name, { dataset, members: new Map() });
  }
  for (const path of attributes.keys())
    if (path !== "" && !datasets.has(path)) groupAt(path.split("/"), path);
  return root;
}

const clash = (path: string, why: string) =>
  new CajalError("bad-argument", `HDF5: path ${JSON.stringify(path)}: ${why}.`, { path });

/** Where each text of variable length lies: the address of its collection in the global heap, and its index there. */
type Texts = ReadonlyMap<string, { readonly at: number; readonly index: number }>;

/** Objects that a collection numbers, in 16 bits, from 1. */
const mostObjects = 0xffff;

/** Collections of the global heap (section III.E) with every text of the attributes. */
function writeTexts(file: Pieces, attributes: NonNullable<Hdf5Contents["attributes"]>): Texts {
  const all = new Set<string>();
  for (const objectAttributes of attributes.values())
    for (const value of Object.values(objectAttributes))
      if (typeof value === "string") all.add(value);
  const waiting = [...all];
  const texts = new Map<string, { at: number; index: number }>();
  for (let from = 0; from < waiting.length; from += mostObjects) {
    const part = waiting.slice(from, from + mostObjects);
    const at = file.append(collectionOf(part));
    part.forEach((text, i) => texts.set(text, { at, index: i + 1 }));
  }
  return texts;
}

function collectionOf(texts: readonly string[]): Uint8Array {
  const objects = new ByteWriter();
  for (const [i, text] of texts.entries()) {
    const bytes = utf8.encode(text);
    objects.u16(i + 1, 0).u32(0).u64(bytes.length).put(bytes).pad(); // prettier-ignore
  }
  const size = Math.max(4096, 16 + objects.length + 16);
  const collection = new ByteWriter().ascii("GCOL").u8(1, 0, 0, 0).u64(size).put(objects.bytes());
  // What is left is object 0, its own header included.
  const left = size - collection.length;
  collection.u16(0, 0).u32(0).u64(left);
  return collection.zeros(size - collection.length).bytes();
}

function attribute(name: string, value: Hdf5Attribute, texts: Texts): EncodedMessage {
  if (typeof value === "string") {
    const { at, index } = texts.get(value)!;
    const pointer = new ByteWriter().u32(utf8.encode(value).length).u64(at).u32(index);
    return attributeMessage(name, variableText(), dataspace([]), pointer.bytes());
  }
  if ("dtype" in value) {
    const { dtype, shape, data } = value;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return attributeMessage(name, numberType(dtype), dataspace(shape), bytes);
  }
  const all = value.map((text) => utf8.encode(text));
  const width = Math.max(1, ...all.map(({ length }) => length));
  const bytes = new Uint8Array(width * all.length);
  all.forEach((text, i) => bytes.set(text, i * width));
  return attributeMessage(name, fixedText(width), dataspace([all.length]), bytes);
}

interface Member {
  readonly name: Uint8Array;
  /** Of its object header. */
  readonly address: number;
}

/** A group's members: names in a local heap, entries in leaves, a tree over these (section III.A, B, D). */
function writeMembers(file: Pieces, unsorted: readonly Member[]): EncodedMessage {
  const members = unsorted.toSorted((a, b) => compareBytes(a.name, b.name));
  const names = new ByteWriter().zeros(8); // the empty name, which sorts before all others, is at 0
  const nameOffsets = members.map(({ name }) => {
    const at = names.length;
    names.put(name).u8(0).pad();
    return at;
  });
  const segment = file.append(names.bytes());
  // 1: nothing in it is free.
  const heap = file.append(
    new ByteWriter().ascii("HEAP").zeros(4).u64(names.length, 1, segment).bytes(),
  );
  interface Child {
    readonly address: number;
    /** The greatest name in it. */
    readonly last: number;
  }
  let children: Child[] = [];
  for (let from = 0; from < members.length; from += 2 * leafHalf) {
    const part = members.slice(from, from + 2 * leafHalf);
    const leaf = new ByteWriter().ascii("SNOD").u8(1, 0).u16(part.length);
    part.forEach(({ address }, i) => leaf.u64(nameOffsets[from + i]!, address).zeros(24));
    leaf.zeros(40 * (2 * leafHalf - part.length));
    children.push({
      address: file.append(leaf.bytes()),
      last: nameOffsets[from + part.length - 1]!,
    });
  }
  for (let level = 0; ; level++) {
    const nodes = Math.max(1, Math.ceil(children.length / (2 * nodeHalf)));
    const size = 24 + 8 * (4 * nodeHalf + 1);
    const start = file.length;
    const parents: Child[] = [];
    for (let i = 0; i < nodes; i++) {
      const first = i * 2 * nodeHalf;
      const part = children.slice(first, first + 2 * nodeHalf);
      const node = new ByteWriter()
        .ascii("TREE")
        .u8(0, level)
        .u16(part.length)
        .u64(i > 0 ? start + (i - 1) * size : undefined)
        .u64(i < nodes - 1 ? start + (i + 1) * size : undefined)
        .u64(first > 0 ? children[first - 1]!.last : 0);
      for (const { address, last } of part) node.u64(address, last);
      parents.push({
        address: file.append(node.zeros(size - node.length).bytes()),
        last: part.at(-1)?.last ?? 0,
      });
    }
    if (nodes === 1) return symbolTable(parents[0]!.address, heap);
    children = parents;
  }
}

/** As `strcmp` orders them, which HDF5 looks names up by. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function superblock(root: number, end: number): Uint8Array {
  return new ByteWriter()
    .u8(0x89)
    .ascii("HDF\r\n")
    .u8(0x1a, 0x0a)
    .u8(0, 0, 0, 0, 0, 8, 8, 0) // versions; addresses and lengths of eight bytes
    .u16(leafHalf, nodeHalf)
    .u32(0)
    .u64(0, undefined, end, undefined) // base, free space, end, driver
    .u64(0, root) // the root's entry: no name, its header
    .zeros(24)
    .bytes();
}

/** A file in pieces, each at an address that is a multiple of eight. */
class Pieces {
  readonly pieces: Uint8Array[] = [];
  length = 0;

  append(bytes: Uint8Array): number {
    const at = this.length;
    this.pieces.push(bytes);
    this.length += bytes.length + padding(bytes.length);
    return at;
  }

  concatenate(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length + padding(piece.length);
    }
    return all;
  }
}
