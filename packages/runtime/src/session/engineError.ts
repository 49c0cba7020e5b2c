import { CajalError, isCajalError } from "@cajal/core";
import type { EngineName } from "../device/device";

/** What went wrong inside an engine, as our error; our own errors pass as they are. */
export function engineError(engine: EngineName, doing: string, cause: unknown): CajalError {
  if (isCajalError(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new CajalError(
    "engine",
    `engine ${engine}, ${doing}: ${message}`,
    { engine, doing },
    { cause },
  );
}
