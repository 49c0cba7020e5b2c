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
 * program, the next, or several at once. Put what changes by chance after it: here epoch 0 is kept for all epochs.
 *
 * The file has the size of all examples and a few bytes each; what was not delivered yet takes no room on most disks.
 *
 * @param data x and y are one tensor each, all examples of one shape and type
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
  const opened = async (options: ReadOptions) => {
    opening ??= openRecords(inner, folder, key, options);
    opening.catch(() => (opening = undefined));
    return opening;
  };
  return fromSource<X, Y>({
    size: data.size,
    ...(data.classes && { classes: data.classes }),
    ...(labels && { labels }),
    async read(indices, options) {
      if (indices.length === 0) return (await examplesAt("cacheOnDisk", inner, indices, options)) as Batch<X, Y>; // prettier-ignore
      const records = await opened(options);
      const x = options.tensor(records.x.dtype, [indices.length, ...records.x.shape]);
      const y = options.tensor(records.y.dtype, [indices.length, ...records.y.shape]);
      const missing: number[] = [];
      for (const [at, index] of indices.entries())
        if (!(await records.get(index, row(x, at), row(y, at)))) missing.push(at);
      if (missing.length > 0) {
        const positions = Uint32Array.from(missing, (at) => indices[at]!);
        const examples = await examplesAt("cacheOnDisk", inner, positions, { ...options, epoch: 0, tensor }); // prettier-ignore
        const [newX, newY] = [alike(examples.x, records.x, "x"), alike(examples.y, records.y, "y")];
        for (const [k, at] of missing.entries()) {
          row(x, at).set(row(newX, k));
          row(y, at).set(row(newY, k));
          await records.put(indices[at]!, row(x, at), row(y, at));
        }
      }
      return { x, y } as Batch as Batch<X, Y>;
    },
  });
}

/** Shape of one example. */
interface Kind {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

interface Records {
  readonly x: Kind;
  readonly y: Kind;
  /** Whether it is there, whole; then both are filled. */
  get(index: number, x: Uint8Array, y: Uint8Array): Promise<boolean>;
  put(index: number, x: Uint8Array, y: Uint8Array): Promise<void>;
}

/** The first example tells what all are like. */
async function openRecords(
  data: Dataset,
  folder: string,
  key: string,
  options: ReadOptions,
): Promise<Records> {
  const first = await examplesAt("cacheOnDisk", data, Uint32Array.of(0), { ...options, epoch: 0, tensor }); // prettier-ignore
  const [x, y] = [kindOf(first.x, "x"), kindOf(first.y, "y")];
  const lengths = [bytesOf(x), bytesOf(y)] as const;
  const length = lengths[0] + lengths[1] + 8;
  const name = createHash("sha256").update(JSON.stringify([1, key, data.size, x, y])).digest("hex").slice(0, 32); // prettier-ignore
  const path = join(folder, `${name}.records`);
  const file = await ioErrors("writing", path, async () => {
    await mkdir(folder, { recursive: true });
    // Whoever is first makes it; nobody empties it.
    return open(path, constants.O_RDWR | constants.O_CREAT);
  });
  closing.register(data, file);
  return {
    x,
    y,
    async get(index, toX, toY) {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await ioErrors("reading", path, () => file.read(bytes, 0, length, index * length)); // prettier-ignore
      if (bytesRead < length || bytes.readUInt32LE(0) !== markOf(index)) return false;
      if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) return false;
      toX.set(bytes.subarray(8, 8 + lengths[0]));
      toY.set(bytes.subarray(8 + lengths[0]));
      return true;
    },
    async put(index, x, y) {
      const bytes = Buffer.alloc(length);
      bytes.writeUInt32LE(markOf(index), 0);
      bytes.set(x, 8);
      bytes.set(y, 8 + lengths[0]);
      bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
      await ioErrors("writing", path, () => file.write(bytes, 0, length, index * length));
    },
  };
}

/** A record begins with this, never 0, and the checksum of what follows. */
const markOf = (index: number) => (index + 1) >>> 0;

/** Files are closed once nobody has their dataset. */
const closing = new FinalizationRegistry<FileHandle>((file) => void file.close().catch(() => {}));

function kindOf(value: Batch["x"], name: string): Kind {
  if (!isTensor(value))
    throw new CajalError("bad-argument", `cacheOnDisk: ${name} is a record of tensors, expected one tensor.`); // prettier-ignore
  const { dtype, shape } = value;
  return { dtype, shape: shape.slice(1) };
}

function alike(sameKind: Tensor, { dtype, shape }: Kind, name: string): Tensor {
  if (isTensor(sameKind) && sameKind.dtype === dtype && sameKind.shape.slice(1).join() === shape.join()) return sameKind; // prettier-ignore
  throw new CajalError("bad-shape", `cacheOnDisk: got ${name} ${sameKind.dtype} [${sameKind.shape.slice(1).join(",")}], and of the first example ${dtype} [${shape.join(",")}], expected all alike.`); // prettier-ignore
}

/** The bytes of an example in a batch. */
function row({ data, shape }: Tensor, at: number): Uint8Array {
  const length = data.byteLength / shape[0]!;
  return new Uint8Array(data.buffer, data.byteOffset + at * length, length);
}
