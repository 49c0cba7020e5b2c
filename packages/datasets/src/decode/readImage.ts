// An image file on disk, decoded.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isMainThread } from "node:worker_threads";
import { CajalError, showValue } from "@cajal/core";
import { ioErrors } from "@cajal/files/node";
import type { Image } from "../images/image";
import { decodeImage, type DecodeOptions } from "./decodeImage";

/**
 * Reads and decodes an image file, see {@link decodeImage}.
 *
 * @returns uint8 `[height, width, channels]`
 * @throws CajalError `io` where it cannot be read, `bad-file`, `missing-peer`
 * @example const image = await readImage("tench.jpg");
 */
export async function readImage(
  path: string | URL,
  options: DecodeOptions = {},
): Promise<Image<"uint8">> {
  if (typeof path !== "string" && !(path instanceof URL))
    throw new CajalError("bad-argument", `readImage: got ${showValue(path)}, expected a path.`);
  const bytes = await readEncoded(path);
  try {
    return await decodeImage(bytes, options);
  } catch (error) {
    if (!(error instanceof CajalError) || error.code !== "bad-file") throw error;
    const message = error.message.replace(/^image:/, `${path}:`);
    throw new CajalError("bad-file", message, { ...error.facts, path: String(path) }, { cause: error.cause }); // prettier-ignore
  }
}

/**
 * The bytes of a file. In a worker thread, which has nobody else to serve, at one stroke: the four trips to Node's pool
 * of threads that are otherwise made take four times what a picture of 30 kB takes to be read.
 */
export async function readEncoded(path: string | URL): Promise<Uint8Array> {
  const read = () => (isMainThread ? readFile(path) : readFileSync(path));
  return ioErrors("reading", String(path), read);
}
