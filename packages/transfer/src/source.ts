// Where a model comes from: a path, a URL, a Blob, bytes; and what lies beside it, for formats of several files.
import { CajalError, showValue } from "@cajal/core";
import {
  blobSource,
  bytesSource,
  fetchBytes,
  requestOptions,
  type ByteSource,
  type RequestOptions,
} from "@cajal/files";

/**
 * A path (Node), a URL, a Blob or File, bytes; or several files of one model by their names, of which the
 * one that describes it comes first: TF.js' `model.json` and its shards.
 */
export type ModelSource =
  | string
  | URL
  | Blob
  | Uint8Array
  | ArrayBuffer
  | ReadonlyMap<string, Blob | Uint8Array>;

/** How a URL is fetched: a broken connection goes on, a busy server is asked again. */
export interface SourceOptions extends Readonly<RequestOptions> {}

/** Of all options those that say how a URL is fetched. */
export const sourceOptions = (options: SourceOptions): SourceOptions =>
  Object.fromEntries(
    Object.entries(options).filter(
      ([name, value]) => name in requestOptions && value !== undefined,
    ),
  );

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
 * @throws CajalError `io` where a file cannot be read, `network`, `timeout` where a URL cannot be fetched,
 *   `bad-argument` for what is no source
 */
export async function openSource(source: ModelSource, options: SourceOptions): Promise<OpenSource> {
  const close = async () => {};
  if (typeof source === "string" && !/^(https?|blob|data):/i.test(source)) return openPath(source);
  if (source instanceof URL && source.protocol === "file:") return openPath(source);
  if (typeof source === "string" || source instanceof URL) {
    const url = String(source);
    return {
      ...(await fetched(url, options)),
      close,
      beside: async (path) => {
        checkRelative(path, url);
        // Nothing lies beside what an address is made of.
        return /^https?:/i.test(url) ? fetched(besideUrl(path, url), options) : notGiven(path);
      },
    };
  }
  if (source instanceof Map) {
    const files = [...(source as ReadonlyMap<string, Blob | Uint8Array>)];
    const first = files[0];
    if (!first) throw notASource(source);
    return {
      ...ofData(first[1], first[0]),
      close,
      beside: async (path) => {
        checkRelative(path, first[0]);
        const file = files.find(([name]) => name === path || name.endsWith(`/${path}`));
        return file ? ofData(file[1], path) : notGiven(path);
      },
    };
  }
  if (source instanceof Blob || source instanceof Uint8Array || source instanceof ArrayBuffer)
    return alone(ofData(source));
  throw notASource(source);
}

/** A file without others beside it. */
export const alone = (file: ByteSource): OpenSource => ({
  ...file,
  close: async () => {},
  beside: notGiven,
});

async function notGiven(path: string): Promise<never> {
  throw new CajalError(
    "bad-file",
    `the model is in several files, and ${JSON.stringify(path)} was not given. Give a path, a URL, or a map of its files by name.`,
    { path },
  );
}

/** What is at hand where a file comes in, and how the file comes out of it. */
const holders: readonly (readonly [method: string, file: string])[] = [
  ["blob", "await response.blob()"], // a Response
  ["getFile", "await handle.getFile()"], // a file of the origin's private file system
  ["item", "files[0]"], // a FileList
];

function notASource(got: unknown): CajalError {
  const [, file] = holders.find(([method]) => typeof (got as Record<string, unknown>)?.[method] === "function") ?? []; // prettier-ignore
  return new CajalError(
    "bad-argument",
    `got ${got instanceof Map ? "an empty map" : showValue(got)}, expected a path, a URL, a Blob, bytes, or a map of files by name${file ? `: ${file}` : ""}.`,
    { got: showValue(got) },
  );
}

const ofData = (data: Blob | Uint8Array | ArrayBuffer, name?: string): ByteSource =>
  data instanceof Blob
    ? blobSource(data, name)
    : bytesSource(data instanceof ArrayBuffer ? new Uint8Array(data) : data, name);

/** A path may not leave the folder: files come from strangers. */
function checkRelative(path: string, of: string): string {
  const parts = path.split(/[\\/]/);
  if (
    path === "" ||
    path.includes("\0") ||
    /^[a-z][a-z0-9+.-]*:/i.test(path) ||
    parts[0] === "" ||
    parts.includes("..")
  )
    throw leavesFolder(path, of);
  return path;
}

const leavesFolder = (path: string, of: string) =>
  new CajalError(
    "bad-file",
    `${of}: it refers to ${JSON.stringify(path)}, which leaves its folder; such paths are not followed.`,
    { path },
  );

/** With the query of the model's own address, as TF.js asks: it may be what a server lets one in by. */
function besideUrl(path: string, url: string): string {
  // Addresses have more spellings than paths: "%2e%2e" is "..", and spaces and line breaks fall out of "\t//host".
  const folder = new URL(".", url);
  const address = URL.canParse(path, url) ? new URL(path, url) : undefined;
  if (address?.origin !== folder.origin || !address.pathname.startsWith(folder.pathname))
    throw leavesFolder(path, url);
  address.search ||= new URL(url).search;
  return address.href;
}

/** Kept nowhere: what lies at an address may be another model tomorrow. */
const fetched = (url: string, options: SourceOptions) =>
  fetchBytes({ urls: [url], ...sourceOptions(options) });

/** Node's own file system, which bundles for browsers need not have. */
async function openPath(path: string | URL): Promise<OpenSource> {
  const builtin = globalThis.process?.getBuiltinModule;
  if (!builtin)
    throw new CajalError(
      "unsupported",
      `${String(path)}: paths are read in Node only. Give a Blob, bytes or a URL: new URL(${JSON.stringify(String(path))}, location.href).`,
      { path: String(path) },
    );
  const name = pathOf(path, builtin("node:url").fileURLToPath);
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

function pathOf(path: string | URL, fileURLToPath: (url: string | URL) => string): string {
  if (typeof path === "string" && !path.startsWith("file:")) return path;
  try {
    return fileURLToPath(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CajalError("bad-argument", `${String(path)}: it is no address of a file: ${why}. Give its path.`, { path: String(path) }, { cause }); // prettier-ignore
  }
}
