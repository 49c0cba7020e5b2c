// What is slow to make of an example (fetched, decoded, resized) is made once and kept in a file: records of one length,
// example i at i times that length, each with a checksum. Whatever ends the program, a record is whole or is made anew.
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import {
  type Batch,
  bytesOf,
  CajalError,
  checkArgument,
  checkOptions,
  type DType,
  isTensor,
  showShape,
  type Tensor,
  tensor,
} from "@cajal/core";
import { crc32 } from "@cajal/files";
import { ioErrors } from "@cajal/files/node";
import { examplesAt, fromSource, labelsOf, type Dataset, type ReadOptions } from "./dataset";

export interface CacheOnDiskOptions {
  /** Where the file is put; made where it is not. */
  readonly folder: string;
  /**
   * Names the steps before, in your words: another key, another file. Change it whenever these steps change: the
   * cache cannot detect that. @example "imagenette, 224, bilinear"
   */
  readonly key: string;
}

/**
 * The dataset as it is, its examples kept in a file as they are first delivered and read from there afterwards, by this
 * program, the next, or several at once. Put what changes by chance after it: here epoch 0 is kept for all epochs. So
 * are the examples of each batch together, whichever batch that is: what mixes those of a batch (mixup) belongs after
 * it, too, and a map before it that asks for the number of its batch is refused.
 *
 * The file has the size of all examples and a few bytes each; what was not delivered yet takes no room on most disks.
 *
 * @param data x, y and, where it has them, weights are one tensor each, all examples of one shape and type
 * @throws CajalError `bad-argument`; on delivery `io`, and `bad-shape` for examples that differ
 * @example cacheOnDisk(images, { folder: "cache", key: "224" }).map(randomFlip({ seed: 1 })).shuffle({ seed: 1 })
 */
export function cacheOnDisk<X extends DType, Y extends DType>(
  data: Dataset<X, Y>,
  options: CacheOnDiskOptions,
): Dataset<X, Y> {
  checkOptions("cacheOnDisk", options, { folder: "string", key: "string" });
  const { folder, key } = options;
  checkArgument("cacheOnDisk", "folder", folder, "string");
  checkArgument("cacheOnDisk", "key", key, "string");
  // Its types differ in what the compiler alone sees.
  const inner = data as Dataset;
  const labels = labelsOf("cacheOnDisk", inner);
  let opening: Promise<Records> | undefined;
  const opened = () => {
    if (opening === undefined) {
      // For all passes, so that none of them ends it for the others.
      opening = openRecords(inner, folder, key);
      opening.catch(() => (opening = undefined));
    }
    return opening;
  };
  return fromSource<X, Y>({
    size: data.size,
    ...(data.classes && { classes: data.classes }),
    ...(labels && { labels }),
    async read(indices, { signal, tensor: allocate }) {
      if (indices.length === 0) return (await examplesAt("cacheOnDisk", inner, indices, passOf(signal))) as Batch<X, Y>; // prettier-ignore
      const records = await opened();
      const columns = records.kinds.map(({ dtype, shape }) => allocate(dtype, [indices.length, ...shape])); // prettier-ignore
      const rowsAt = (at: number) => columns.map((column) => row(column, at));
      const missing: number[] = [];
      for (const [at, index] of indices.entries())
        if (!(await records.get(index, rowsAt(at)))) missing.push(at);
      if (missing.length > 0) {
        const positions = Uint32Array.from(missing, (at) => indices[at]!);
        const examples = await examplesAt("cacheOnDisk", inner, positions, passOf(signal));
        const made = alike(examples, records.kinds);
        for (const [k, at] of missing.entries()) {
          const rows = rowsAt(at);
          rows.forEach((to, i) => to.set(row(made[i]!, k)));
          await records.put(indices[at]!, rows);
        }
      }
      const [x, y, weight] = columns;
      return { x, y, ...(weight && { weight }) } as Batch as Batch<X, Y>;
    },
  });
}

/** A pass of the cache's own: what is kept must not depend on who asks first, nor end with another's pass. */
function passOf(signal?: AbortSignal): ReadOptions {
  const pass = { epoch: 0, ...(signal && { signal }), tensor };
  // Not enumerable: a map may copy its context and never ask for the number.
  return Object.defineProperty(pass, "index", { get: refuseIndex }) as ReadOptions;
}

function refuseIndex(): never {
  throw new CajalError("bad-argument", "cacheOnDisk: a map before it asks for the number of its batch, and examples are kept whatever batch they were in first. Put that map after the cache: cacheOnDisk(images, …).map(randomMixup({ seed: 1 }))."); // prettier-ignore
}

/** One of the tensors of a batch, and what an example has of it. */
interface Kind {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

interface Records {
  /** x, y and, where there are weights, weight. */
  readonly kinds: readonly Kind[];
  /** Whether it is there, whole; then all rows are filled. */
  get(index: number, rows: readonly Uint8Array[]): Promise<boolean>;
  put(index: number, rows: readonly Uint8Array[]): Promise<void>;
}

/** The first example tells what all are like. */
async function openRecords(data: Dataset, folder: string, key: string): Promise<Records> {
  const kinds = kindsOf(await examplesAt("cacheOnDisk", data, Uint32Array.of(0), passOf()));
  const lengths = kinds.map(bytesOf);
  const length = lengths.reduce((sum, each) => sum + each, 8);
  const described = kinds.map(({ dtype, shape }) => ({ dtype, shape }));
  const name = createHash("sha256").update(JSON.stringify([1, key, data.size, ...described])).digest("hex").slice(0, 32); // prettier-ignore
  const path = join(folder, `${name}.records`);
  const file = await ioErrors("writing", path, async () => {
    await mkdir(folder, { recursive: true });
    // Whoever is first makes it; nobody empties it.
    return open(path, constants.O_RDWR | constants.O_CREAT);
  });
  const records: Records = {
    kinds,
    async get(index, rows) {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await ioErrors("reading", path, () => file.read(bytes, 0, length, index * length)); // prettier-ignore
      if (bytesRead < length || bytes.readUInt32LE(0) !== markOf(index)) return false;
      if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) return false;
      let from = 8;
      for (const to of rows) to.set(bytes.subarray(from, (from += to.length)));
      return true;
    },
    async put(index, rows) {
      const bytes = Buffer.alloc(length);
      bytes.writeUInt32LE(markOf(index), 0);
      let to = 8;
      for (const from of rows) {
        bytes.set(from, to);
        to += from.length;
      }
      bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
      await ioErrors("writing", path, () => file.write(bytes, 0, length, index * length));
    },
  };
  closing.register(records, file);
  return records;
}

/** A record begins with this, never 0, and the checksum of what follows. */
const markOf = (index: number) => (index + 1) >>> 0;

/** Files are closed once nobody has their records; the data they are made of may live on. */
const closing = new FinalizationRegistry<FileHandle>((file) => void file.close().catch(() => {}));

const partsOf = ({ x, y, weight }: Batch): [name: string, value: Tensor][] => [
  ["x", x],
  ["y", y],
  ...(weight === undefined ? [] : [["weight", weight] as [string, Tensor]]),
];

function kindsOf(batch: Batch): Kind[] {
  return partsOf(batch).map(([name, value]) => {
    if (!isTensor(value))
      throw new CajalError("bad-argument", `cacheOnDisk: ${name} is a record of tensors, expected one tensor.`); // prettier-ignore
    const { dtype, shape } = value;
    return { name, dtype, shape: shape.slice(1) };
  });
}

/** The batch's tensors, where they are of these kinds. */
function alike(batch: Batch, expected: readonly Kind[]): Tensor[] {
  const show = (kinds: readonly Kind[]) =>
    kinds.map(({ name, dtype, shape }) => `${name} ${dtype} ${showShape(shape)}`).join(", ");
  const [got, wanted] = [show(kindsOf(batch)), show(expected)];
  if (got !== wanted)
    throw new CajalError("bad-shape", `cacheOnDisk: got ${got}, and of the first example ${wanted}, expected all alike.`); // prettier-ignore
  return partsOf(batch).map(([, value]) => value);
}

/** The bytes of an example in a batch. */
function row({ data, shape }: Tensor, at: number): Uint8Array {
  const length = data.byteLength / shape[0]!;
  return new Uint8Array(data.buffer, data.byteOffset + at * length, length);
}
