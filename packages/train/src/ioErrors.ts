// Failures of the file system as errors that say where and why.
import { CajalError } from "@cajal/core";

/** What `work` gives; where the system fails it, CajalError `io` with the path and the system's code. */
export function ioErrors<T>(path: string, work: () => T): T {
  try {
    const result = work();
    return result instanceof Promise
      ? (result.catch((cause: unknown) => {
          throw ioError(path, cause);
        }) as T)
      : result;
  } catch (cause) {
    throw ioError(path, cause);
  }
}

/** The system's code of an error, e.g. "ENOSPC"; undefined for other errors. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" && "errno" in error
    ? error.code
    : undefined;

function ioError(path: string, cause: unknown): unknown {
  const code = systemCode(cause);
  if (code === undefined) return cause;
  const known: Readonly<Record<string, string>> = {
    ENOSPC: "the disk is full",
    EACCES: "no permission",
    EROFS: "the folder is read-only",
    ENOENT: "it is not there",
  };
  const why = known[code] ?? (cause instanceof Error ? cause.message : code);
  return new CajalError("io", `${path}: ${why} (${code}).`, { path, errno: code }, { cause });
}
