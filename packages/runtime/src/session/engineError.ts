import { CajalError, isCajalError } from "@cajal/core";
import type { EngineName } from "../device/device";

/** Wraps an error from inside an engine; a CajalError is returned as it is. */
export function engineError(engine: EngineName, activity: string, cause: unknown): CajalError {
  if (isCajalError(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new CajalError(
    "engine",
    `engine ${engine}, ${activity}: ${message}`,
    { engine, doing: activity },
    { cause },
  );
}
