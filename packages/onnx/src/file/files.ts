// Models in files. Reading and writing go piece by piece, so that a model is in memory once; a
// file gets its name only when it is complete.
import { realpathSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { CajalError, checkOptions, isCajalError, checkArgument } from "@cajal/core";
import { ioErrors, writeWhole } from "@cajal/files/node";
import { decodeModelWithExternalData, type DataFile } from "./decodeModelWithExternalData";
import { encodeModelParts, encodeModelWithExternalData, lengthOf } from "./encode";
import { checkStructure } from "../model/checkStructure";
import type { OnnxModel } from "../model/model";

/** Bytes read at once. */
const maxWriteBytes = 64 * 2 ** 20;

export interface ReadModelOptions {
  /** Aborts the reading. */
  readonly signal?: AbortSignal;
}

/**
 * Reads an ONNX file and the files with its external data.
 *
 * @throws CajalError `io` where a file cannot be read; `bad-file` for a file that is damaged or refers to
 *   files outside of its folder; `unsupported` as `decodeModel` does
 */
export async function readModel(path: string, options: ReadModelOptions = {}): Promise<OnnxModel> {
  checkOptions("readModel", options, ["signal"]);
  const { signal } = options;
  const bytes = await readWhole(path, signal);
  return withPath(path, () =>
    decodeModelWithExternalData(bytes, filesBeside(path, signal), { inPlace: true }),
  );
}

export interface WriteModelOptions {
  /**
   * Whether weights go to a second file in the model's folder, `NAME.data` or `location`.
   * Default: only where the model exceeds the 2 GB of one file.
   */
  readonly externalData?: boolean | { readonly location?: string; readonly threshold?: number };
  /** Aborts the write; an existing file stays unchanged. */
  readonly signal?: AbortSignal;
}

/**
 * Writes an ONNX file atomically: an existing file is replaced only when the new one is complete.
 *
 * @throws CajalError `io` where it cannot be written, and then leaves nothing behind; `bad-argument`
 *   for a location outside of the model's folder, and for a path that is not a file
 */
export async function writeModel(
  path: string,
  model: OnnxModel,
  options: WriteModelOptions = {},
): Promise<void> {
  checkOptions("writeModel", options, ["externalData", "signal"]);
  const { externalData, signal } = options;
  checkArgument("writeModel", "path", path, "path");
  checkStructure(model, "writeModel");
  const isExternal = externalData === undefined ? !fitsOneFile(model) : externalData !== false;
  if (!isExternal) return writeWhole(path, encodeModelParts(model), { signal });
  const { location = `${basename(path)}.data`, threshold = 1024 } =
    typeof externalData === "object" ? externalData : {};
  const encoded = encodeModelWithExternalData(model, { location, threshold });
  // The data first: a model file never refers to what is not there.
  await writeWhole(join(dirname(path), location), encoded.data, { signal });
  await writeWhole(path, encoded.model, { signal });
}

/** Whether the weights leave room for the rest in the 2 GB that one file holds. */
function fitsOneFile(model: OnnxModel): boolean {
  let bytes = 0;
  for (const tensor of model.graph.initializers.values())
    if (tensor.dtype !== "string") bytes += lengthOf(tensor);
  return bytes < 2 ** 31 - 2 ** 24;
}

/** Opens the files beside a model that its tensors lie in, each once, however its location is spelled. */
function filesBeside(modelPath: string, signal: AbortSignal | undefined) {
  const byPath = new Map<string, DataFile>();
  return async (location: string, where: string): Promise<DataFile> => {
    const { path, size } = await ioErrors("reading", where, () => {
      // Links are followed before it is asked where a file lies. Where the model is one, as in the cache of Hugging Face's
      // hub, so are the files beside it, and what they link to lies beside it again.
      const folder = realpathSync(dirname(modelPath));
      const path = realpathSync(join(folder, location));
      const folders = [folder, dirname(realpathSync(modelPath))];
      if (!folders.some((each) => path.startsWith(each.endsWith(sep) ? each : each + sep)))
        throw new CajalError("bad-file", `${where}: lies outside of the model's folder.`, {
          location,
        });
      return { path, size: statSync(path).size };
    });
    const file = byPath.get(path) ?? {
      size,
      read: (offset, length) =>
        withFile(path, async (handle) => {
          const bytes = new Uint8Array(length);
          await readAt(handle, path, bytes, offset, signal);
          return bytes;
        }),
    };
    byPath.set(path, file);
    return file;
  };
}

async function readWhole(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    if (size >= 2 ** 31)
      throw new CajalError("bad-file", `${path}: ${size} bytes; an ONNX file has less than 2 GB.`, {
        path,
        size,
      });
    const bytes = new Uint8Array(size);
    await readAt(file, path, bytes, 0, signal);
    return bytes;
  });
}

async function readAt(
  file: FileHandle,
  path: string,
  bytes: Uint8Array,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(
      bytes,
      at,
      Math.min(maxWriteBytes, bytes.length - at),
      offset + at,
    );
    if (bytesRead === 0)
      throw new CajalError("bad-file", `${path}: ends at byte ${offset + at}, too early.`, {
        path,
      });
    at += bytesRead;
  }
}

function withFile<T>(path: string, body: (file: FileHandle) => Promise<T>): Promise<T> {
  return ioErrors("reading", path, async () => {
    const file = await open(path, "r");
    try {
      return await body(file);
    } finally {
      await file.close();
    }
  });
}

/** Puts the path before an error of the decoder. */
async function withPath<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    if (!isCajalError(cause)) throw cause;
    throw new CajalError(
      cause.code,
      `${path}: ${cause.message}`,
      { path, ...cause.facts },
      { cause },
    );
  }
}
