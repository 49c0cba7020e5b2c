// Where a model comes from: a path, a URL, a Blob, bytes; and what lies beside it, for formats of several files.
import { CajalError } from "@cajal/core";
import { blobSource, bytesSource, type ByteSource } from "@cajal/files";

/**
 * A path (Node), a URL, a Blob or File, bytes; or several files of one model by their names, of which the
 * one that describes it comes first: TF.js' `model.json` and its shards.
 */
export type ModelSource =
  string | URL | Blob | Uint8Array | ArrayBuffer | ReadonlyMap<string, Blob | Uint8Array>;

export interface SourceOptions {
  /** What fetches URLs; default `globalThis.fetch`. */
  readonly fetch?: typeof fetch;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** A source that is open. */
export interface OpenSource extends ByteSource {
  /**
   * A file beside it, by a relative path that does not leave its folder.
   *
   * @throws CajalError `bad-file` for another path, or where there is no such file
   */
  beside(path: string): Promise<ByteSource>;
  close(): Promise<void>;
}

/**
 * Opens a source.
 *
 * @throws CajalError `io` where a file cannot be read, `network` where a URL cannot be fetched,
 *   `bad-argument` for what is no source
 */
export async function openSource(source: ModelSource, options: SourceOptions): Promise<OpenSource> {
  const close = async () => {};
  if (typeof source === "string" && !/^(https?|blob|data):/i.test(source))
    return openPath(source.startsWith("file:") ? new URL(source) : source);
  if (source instanceof URL && source.protocol === "file:") return openPath(source);
  if (typeof source === "string" || source instanceof URL) {
    const url = String(source);
    return {
      ...(await fetched(url, options)),
      close,
      beside: (path) => fetched(new URL(checkRelative(path, url), url).href, options),
    };
  }
  const alone = async (path: string) => {
    throw new CajalError(
      "bad-file",
      `the model is in several files, and ${JSON.stringify(path)} was not given. Give a path, a URL, or a map of its files by name.`,
      { path },
    );
  };
  if (source instanceof Map) {
    const files = [...(source as ReadonlyMap<string, Blob | Uint8Array>)];
    const first = files[0];
    if (!first) throw notASource("an empty map");
    return {
      ...ofData(first[1], first[0]),
      close,
      beside: async (path) => {
        checkRelative(path, first[0]);
        const file = files.find(([name]) => name === path || name.endsWith(`/${path}`));
        return file ? ofData(file[1], path) : alone(path);
      },
    };
  }
  if (source instanceof Blob || source instanceof Uint8Array || source instanceof ArrayBuffer)
    return { ...ofData(source), close, beside: alone };
  throw notASource(source === null ? "null" : typeof source);
}

const notASource = (got: string) =>
  new CajalError(
    "bad-argument",
    `got ${got}, expected a path, a URL, a Blob, bytes, or a map of files by name.`,
    { got },
  );

const ofData = (data: Blob | Uint8Array | ArrayBuffer, name?: string): ByteSource =>
  data instanceof Blob
    ? blobSource(data, name)
    : bytesSource(data instanceof ArrayBuffer ? new Uint8Array(data) : data, name);

/** A path may not leave the folder: files come from strangers. */
function checkRelative(path: string, of: string): string {
  const parts = path.split(/[\\/]/);
  if (path === "" || /^[a-z][a-z0-9+.-]*:/i.test(path) || parts[0] === "" || parts.includes(".."))
    throw new CajalError(
      "bad-file",
      `${of}: it refers to ${JSON.stringify(path)}, which leaves its folder; such paths are not followed.`,
      { path },
    );
  return path;
}

async function fetched(url: string, { fetch = globalThis.fetch, signal }: SourceOptions) {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new CajalError("network", `${url}: it cannot be fetched.`, { url }, { cause });
  }
  if (!response.ok)
    throw new CajalError("network", `${url}: got status ${response.status}, expected 200.`, {
      url,
      status: response.status,
    });
  return bytesSource(new Uint8Array(await response.arrayBuffer()), url);
}

/** Node's own file system, which bundles for browsers need not have. */
async function openPath(path: string | URL): Promise<OpenSource> {
  const builtin = globalThis.process?.getBuiltinModule;
  if (!builtin)
    throw new CajalError(
      "unsupported",
      `${String(path)}: paths are read in Node only. Give a URL, a Blob or bytes.`,
      { path: String(path) },
    );
  const name = path instanceof URL ? builtin("node:url").fileURLToPath(path) : path;
  const { fileSource } = await import("@cajal/files/node");
  const file = await fileSource(name);
  const { dirname, join } = builtin("node:path");
  const opened = [file];
  return {
    name,
    size: file.size,
    read: file.read,
    beside: async (relative) => {
      const next = await fileSource(join(dirname(name), checkRelative(relative, name)));
      opened.push(next);
      return next;
    },
    close: async () => {
      for (const one of opened) await one[Symbol.asyncDispose]();
    },
  };
}
