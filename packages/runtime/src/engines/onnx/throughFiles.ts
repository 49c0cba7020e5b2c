// Hands ONNX Runtime a graph and its weights in files. It maps files into memory and lets go of each weight once it is laid
// out for its kernels, where it copies weights that it gets as arrays and keeps both until all are: ResNet50's process takes
// 375 MB at most in place of 632. Weights are written one by one, those that are computed (see lazyTensor) in
// memory that is used again, so that they are never all there beside the caller's. The files are removed
// as soon as the session is open.
import type { FileHandle } from "node:fs/promises";
import { arrayTypes, bytesOf } from "@cajal/core";
import {
  dataOf,
  encodeModelWithExternalData,
  isCarried,
  type Allocate,
  type Initializer,
  type OnnxModel,
} from "@cajal/onnx";
import { kernelBlocks } from "./kernelBlocks";

/** Below, files save little memory and cost their writing. */
const minBytes = 2 ** 23;

const weightBytes = ({ graph: { initializers } }: OnnxModel): number =>
  [...initializers.values()].reduce((sum, tensor) => sum + bytesIn(tensor), 0);

/** Bytes of a tensor; of types that are carried none. */
const bytesIn = (tensor: Initializer) => (isCarried(tensor) ? 0 : bytesOf(tensor));

/**
 * Writes a graph to a folder of its own, opens it there and removes the folder.
 *
 * @param open is given the path of the graph's file
 * @param options.prelude what the file begins with, before the graph
 * @returns undefined where that is not worth it, or the files cannot be written, such as for want of room
 * @throws what `open` throws
 */
export async function throughFiles<T>(
  model: OnnxModel,
  open: (path: string) => Promise<T>,
  { prelude = new Uint8Array() }: { readonly prelude?: Uint8Array | undefined } = {},
): Promise<T | undefined> {
  // Windows removes no file that is mapped.
  if (process.platform === "win32" || weightBytes(model) < minBytes) return undefined;
  const { mkdtemp, rm } = process.getBuiltinModule("node:fs/promises");
  const { tmpdir } = process.getBuiltinModule("node:os");
  const { join } = process.getBuiltinModule("node:path");
  const folder = await mkdtemp(join(tmpdir(), "cajal-open-")).catch(() => undefined);
  if (folder === undefined) return undefined;
  try {
    const path = join(folder, "model.onnx");
    const isWritten = await write(model, {
      prelude,
      path,
      weightsPath: join(folder, weightsFile),
    }).then(
      () => true,
      () => false,
    );
    return isWritten ? await open(path) : undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const weightsFile = "weights";

/** Weights of fewer bytes are in the graph's file: each that is mapped costs a write here, and opening the file in ONNX Runtime. */
const minMapped = 2 ** 16;

async function write(
  model: OnnxModel,
  { prelude, path, weightsPath }: Readonly<Record<"path" | "weightsPath", string>> & { readonly prelude: Uint8Array }, // prettier-ignore
): Promise<void> {
  const { open, writeFile } = process.getBuiltinModule("node:fs/promises");
  const { model: withBlocks, blocks } = kernelBlocks(model);
  const { model: parts, entries } = encodeModelWithExternalData(withBlocks, { location: weightsFile, threshold: minMapped }); // prettier-ignore
  await writeFile(path, [prelude, ...parts]);
  const file = await open(weightsPath, "w");
  const largest = Math.max(0, ...[...model.graph.initializers.values()].map(bytesIn));
  // Weights are computed in one while those before are written from the other.
  let [used, idle] = [scratchFor(largest), scratchFor(largest)];
  let last: { readonly tensor: Initializer; readonly data: ArrayBufferView } | undefined;
  let writing: Promise<void> | undefined;
  try {
    for (const { tensor, offset, length } of entries) {
      const { whole, start } = blocks.get(tensor) ?? { whole: tensor, start: 0 };
      const isNew = last?.tensor !== whole;
      if (isNew) {
        [used, idle] = [idle, used];
        last = { tensor: whole, data: isCarried(whole) ? whole.data : dataOf(whole, used.allocate) }; // prettier-ignore
      }
      await writing;
      if (isNew) idle.clear();
      const { buffer, byteOffset } = last!.data;
      writing = writeAll(file, new Uint8Array(buffer, byteOffset + 4 * start, length), offset);
    }
    await writing;
  } finally {
    await writing?.catch(() => {}); // it may still be reading what is freed
    used.free();
    idle.free();
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(bytes.length - at, maxWrite);
    at += (await file.write(bytes, at, length, offset + at)).bytesWritten;
  }
}

/** Bytes of scratch memory that are kept for the next weight, as new pages take their time. */
const maxKept = 2 ** 25;

/** Bytes that are written at once. */
const maxWrite = 2 ** 26;

/** Of ECMAScript 2024, and in Node since 20. */
type ResizableConstructor = new (
  length: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { readonly maxByteLength: number; resize(length: number): void };

interface Scratch {
  readonly allocate: Allocate;
  /** What was allocated is not needed any more. */
  clear(): void;
  /** Gives the memory back. */
  free(): void;
}

/** Memory that is given back at once, where the collector would take its time. */
function scratchFor(largest: number): Scratch {
  // A weight is computed in two steps at most, so that it is there twice: scaled, and rearranged.
  const memory = new (ArrayBuffer as unknown as ResizableConstructor)(0, { maxByteLength: 2 * largest }); // prettier-ignore
  let used = 0;
  return {
    allocate(dtype, length) {
      const type = arrayTypes[dtype];
      const start = used;
      const end = start + Math.ceil((length * type.BYTES_PER_ELEMENT) / 8) * 8;
      if (end > memory.maxByteLength) return new type(length);
      used = end;
      if (end > memory.byteLength) memory.resize(end);
      return new type(memory, start, length);
    },
    clear() {
      used = 0;
      if (memory.byteLength > maxKept) memory.resize(0);
    },
    free: () => memory.resize(0),
  };
}
