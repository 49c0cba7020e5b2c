// Errors of the file system as CajalErrors that say where, why and what to do.
import { CajalError, checkArgument } from "@cajal/core";

/**
 * Returns what `work` returns or resolves to; errors of the file system become CajalError `io`, whose facts have
 * the path and the system's code (`errno`, e.g. "ENOSPC"). Other errors are rethrown unchanged.
 *
 * @param action what was tried with the path, e.g. "reading"
 * @param options.advice what to do; default: advice by the system's code
 */
export function ioErrors<T>(
  action: string,
  path: string,
  work: () => T,
  options: { advice?: string } = {},
): T {
  checkArgument(action, "path", path, "path");
  checkArgument(action, "work", work, "function");
  try {
    const result = work();
    return result instanceof Promise
      ? (result.catch((cause: unknown) => {
          throw ioError(action, path, cause, options);
        }) as T)
      : result;
  } catch (cause) {
    throw ioError(action, path, cause, options);
  }
}

/** The system's code of an error, e.g. "ENOSPC"; undefined for errors that are not the system's. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && "syscall" in error ? String(error.code) : undefined;

function ioError(
  action: string,
  path: string,
  cause: unknown,
  { advice }: { advice?: string },
): unknown {
  const errno = systemCode(cause);
  if (errno === undefined) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const [why, remedy] = explanations[errno] ?? [message, "Check the path, or choose another"];
  return new CajalError(
    "io",
    `${path}: ${action} failed: ${why} (${errno}). ${advice ?? `${remedy}.`}`,
    { path, errno },
    { cause },
  );
}

const permissionDenied = [
  "permission was denied",
  "Choose another place, or ask for the permission",
] as const;

const explanations: Readonly<Record<string, readonly [why: string, what: string]>> = {
  ENOSPC: ["the disk is full", "Free some space"],
  EDQUOT: ["the disk quota is used up", "Free some space"],
  EROFS: ["the file system is read-only", "Choose another place"],
  EACCES: permissionDenied,
  EPERM: permissionDenied,
  ENOENT: ["it is not there", "Check the path"],
  ENOTDIR: ["a part of this path is a file", "Choose another place"],
  EEXIST: ["a file has the name that a folder needs", "Choose another place"],
  EISDIR: ["it is a folder", "Name a file"],
  ELOOP: ["its links go round in a circle", "Mend the links"],
};
