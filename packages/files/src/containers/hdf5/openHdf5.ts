// HDF5 files, read where they are wanted: what Keras, h5py and PyTables write, in any version of the
// format. Written by ourselves because the C library in WebAssembly weighs 5 MB in a page, needs the whole
// file in memory there, and reads zeros where a file refers to other files.
import { CajalError, showShape, type Tensor, unknownName, checkArgument } from "@cajal/core";
import { type ByteSource, bytesSource, checkSource } from "../../byteSource";
import { type Attribute, readAttributes } from "./attributes";
import { Container } from "./container";
import { type DatasetHeader, numbersOf, readDatasetHeader, readElements, textsOf } from "./dataset";
import { fromBfloat16 } from "../tensorOfBytes";
import { showDatatype } from "./datatype";
import { globalHeap } from "./heaps";
import { type Link, readLinks } from "./links";
import { type Message, readObjectHeader } from "./objectHeader";
import { readSuperblock } from "./superblock";

/** An attribute's value: texts, numbers, or nothing (a null dataspace). */
export type Hdf5Value = string | readonly string[] | Tensor | undefined;

interface Hdf5Object {
  /** From the root, "/" itself for the root. */
  readonly path: string;
  /** Names of the attributes. */
  attributes(): Promise<string[]>;
  /**
   * An attribute's value; a scalar text is a string, texts of one or more axes are a list.
   *
   * @returns undefined where there is none of this name
   * @throws CajalError `unsupported` for other types than text and numbers
   */
  attribute(name: string): Promise<Hdf5Value>;
}

export interface Hdf5Group extends Hdf5Object {
  readonly kind: "group";
  /** Names of its members, links included. */
  keys(): Promise<string[]>;
  /**
   * The object at a path below this group; soft links are followed within the file.
   *
   * @returns undefined where there is nothing
   * @throws CajalError `unsupported` for a link into another file, which is not opened
   */
  get(path: string): Promise<Hdf5Group | Hdf5Dataset | undefined>;
}

export interface Hdf5Dataset extends Hdf5Object {
  readonly kind: "dataset";
  /** Extents; undefined for a null dataspace, which holds nothing. */
  readonly shape: readonly number[] | undefined;
  /** Type of its elements: a dtype, "text", or another type's name. */
  readonly type: string;
  /**
   * Its numbers, in the dataset's own type.
   *
   * @param shape the shape that is expected: another is an error before anything is read
   * @throws CajalError `bad-shape`; `unsupported` for elements that are not numbers, for filters that cannot be
   *   decoded, for numbers in other files; `bad-file`
   */
  read(shape?: readonly number[]): Promise<Tensor>;
  /** Its texts, row-major. */
  readTexts(): Promise<string[]>;
}

/** A path with more soft links than this is taken for circular. */
const maxSoftLinks = 40;

/**
 * Opens an HDF5 file: its root group.
 *
 * @throws CajalError `bad-file` for another format, a truncated or damaged file
 * @example const root = await openHdf5(bytes); const kernel = await root.get("model_weights/conv/kernel");
 */
export async function openHdf5(source: ByteSource | Uint8Array): Promise<Hdf5Group> {
  const bytes = ArrayBuffer.isView(source) ? bytesSource(source as Uint8Array) : source;
  checkSource("openHdf5", bytes);
  const container = new Container(bytes);
  const rootAddress = await readSuperblock(container);
  const heap = globalHeap(container);
  const objects = new Map<number, Promise<Hdf5Group | Hdf5Dataset>>();
  const root = await open(rootAddress, "/");
  if (root.kind !== "group") throw container.bad("its root is no group. The file is damaged.");
  return root;

  function open(address: number, path: string): Promise<Hdf5Group | Hdf5Dataset> {
    // One object for one header: hard links may make circles.
    let object = objects.get(address);
    if (!object) objects.set(address, (object = read(address, path)));
    return object;
  }

  async function read(address: number, path: string): Promise<Hdf5Group | Hdf5Dataset> {
    const messages = await readObjectHeader(container, address);
    const header = await readDatasetHeader(container, messages, path);
    if (header) return dataset(header);
    const links = await readLinks(container, messages);
    if (!links)
      throw container.bad(`${path} is neither a group nor a dataset. The file is damaged.`);
    return group(path, messages, links);
  }

  function withAttributes(messages: readonly Message[], path: string) {
    let all: Promise<Map<string, Attribute>> | undefined;
    const load = () => (all ??= readAttributes(container, messages));
    return {
      path,
      attributes: async () => [...(await load()).keys()],
      attribute: async (name: string) => {
        const attribute = (await load()).get(name);
        return attribute && valueOf(attribute, `attribute ${JSON.stringify(name)} of ${path}`);
      },
    };
  }

  async function valueOf({ type, shape, bytes }: Attribute, name: string): Promise<Hdf5Value> {
    if (shape === undefined) return undefined;
    if (type.kind === "number") return numbersOf(container, { name, type, shape }, bytes);
    if (type.kind === "other")
      throw container.unsupported(`${name} is ${type.name}, expected text or numbers.`);
    const texts = await textsOf(container, { name, type }, bytes, heap);
    return shape.length === 0 ? (texts[0] ?? "") : texts;
  }

  function group(path: string, messages: readonly Message[], links: Map<string, Link>): Hdf5Group {
    const self: Hdf5Group = {
      kind: "group",
      ...withAttributes(messages, path),
      keys: async () => [...links.keys()],
      get: (below) => follow({ object: self, links }, below, { left: maxSoftLinks }),
    };
    linksOf.set(self, links);
    return self;
  }

  async function follow(
    from: { object: Hdf5Group; links: Map<string, Link> },
    path: string,
    budget: { left: number },
  ): Promise<Hdf5Group | Hdf5Dataset | undefined> {
    let target: Hdf5Group | Hdf5Dataset = path.startsWith("/") ? root : from.object;
    for (const name of path.split("/")) {
      if (name === "" || name === ".") continue;
      if (target.kind === "dataset") return undefined;
      const link: Link | undefined = linksOf.get(target)!.get(name);
      if (!link) return undefined;
      const linkPath: string = target.path === "/" ? `/${name}` : `${target.path}/${name}`;
      if (link.kind === "external")
        throw container.unsupported(
          `${linkPath} is an external link to ${JSON.stringify(link.path)} in ${JSON.stringify(link.file)}: other files are not opened. Copy it into one file (h5repack).`,
          { path: linkPath },
        );
      if (link.kind === "hard") target = await open(link.address, linkPath);
      else {
        if (budget.left-- <= 0)
          throw container.bad(`${linkPath} is a soft link that leads to itself.`);
        const next = await follow(
          { object: target, links: linksOf.get(target)! },
          link.path,
          budget,
        );
        if (!next) return undefined;
        target = next;
      }
    }
    return target;
  }

  function dataset(header: DatasetHeader): Hdf5Dataset {
    const { name, type, space } = header;
    const shape = space?.shape;
    const attributes = withAttributes(header.messages, name);
    return {
      kind: "dataset",
      ...attributes,
      shape,
      type: showDatatype(type),
      read: async (expected) => {
        if (expected && (!shape || showShape(shape) !== showShape(expected)))
          throw new CajalError(
            "bad-shape",
            `${container.name}: ${name}: got ${shape ? showShape(shape) : "nothing"}, expected ${showShape(expected)}.`,
            { dataset: name, got: shape, expected },
          );
        if (shape && type.kind === "other" && type.name === "opaque" && type.size === 2) {
          // Keras 3 writes bfloat16, which HDF5 does not have, as bytes, and says so in an attribute.
          const element = await attributes.attribute("dtype");
          if (element === "bfloat16") return fromBfloat16(shape, await readElements(container, header)); // prettier-ignore
        }
        if (!shape || type.kind !== "number")
          throw container.unsupported(
            `${name} is ${shape ? showDatatype(type) : "empty"}, expected numbers.`,
            { dataset: name, type: showDatatype(type) },
          );
        return numbersOf(container, { name, type, shape }, await readElements(container, header));
      },
      readTexts: async () => {
        if (type.kind === "number" || type.kind === "other")
          throw container.unsupported(`${name} is ${showDatatype(type)}, expected text.`, {
            dataset: name,
          });
        return textsOf(container, { name, type }, await readElements(container, header), heap);
      },
    };
  }
}

/** The links of a group, which are not public. */
const linksOf = new WeakMap<Hdf5Group, Map<string, Link>>();

/**
 * The object at a path, which must exist and be of this kind.
 *
 * @throws CajalError `bad-file` where it is missing (the message lists the group's members) or of another kind
 */
export async function need<Kind extends "group" | "dataset">(
  group: Hdf5Group,
  path: string,
  kind: Kind,
): Promise<Kind extends "group" ? Hdf5Group : Hdf5Dataset> {
  checkArgument("need", "group", group, "object");
  checkArgument("need", "group.get", group.get, "function");
  const object = await group.get(path);
  if (!object) throw unknownName(`${kind} in ${group.path}`, path, await group.keys(), "bad-file");
  if (object.kind !== kind)
    throw new CajalError("bad-file", `${object.path} is a ${object.kind}, expected a ${kind}.`, {
      path,
    });
  return object as Kind extends "group" ? Hdf5Group : Hdf5Dataset;
}
