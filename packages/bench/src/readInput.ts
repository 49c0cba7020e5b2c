import { readFile } from "node:fs/promises";
import { CajalError, isCajalError } from "@cajal/core";
import { ioErrors } from "@cajal/files/node";

/**
 * A file that the call names.
 *
 * @throws CajalError `bad-argument` where it cannot be read: the call was wrong
 */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await ioErrors("reading", path, () => readFile(path));
  } catch (cause) {
    if (!isCajalError(cause, "io")) throw cause;
    throw new CajalError("bad-argument", cause.message, cause.facts, { cause });
  }
}
