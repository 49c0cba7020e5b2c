// The errors of files that are no well-formed ONNX.
import { CajalError, isCajalError } from "@cajal/core";

export const malformed = (what: string) =>
  new CajalError("bad-file", `not a well-formed ONNX file: ${what}.`);

/** Puts a name before an error's message. */
export function within<T>(where: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    if (!isCajalError(cause)) throw cause;
    throw new CajalError("bad-file", `${where}: ${cause.message}`, cause.facts, { cause });
  }
}
