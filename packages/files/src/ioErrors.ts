import { CajalError } from "@cajal/core";

const advice: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space",
  EDQUOT: "The disk quota is used up: free some space",
  EROFS: "The file system is read-only: choose another cache folder",
  EACCES: "Permission was denied: choose another cache folder",
  EPERM: "Permission was denied: choose another cache folder",
  ENOTDIR: "A part of this path is a file: choose another cache folder",
};

/**
 * Runs `work` on the file system; what the system refuses becomes the error `io`.
 *
 * @param doing what was tried with the path, e.g. "reading"
 */
export async function io<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) throw error;
    const errno = String(error.code);
    throw new CajalError(
      "io",
      `${doing} ${path}: ${error.message}. ${advice[errno] ?? "Check the folder, or choose another"} (the cache folder is set by CAJAL_CACHE, or the option "cache").`,
      { path, errno },
      { cause: error },
    );
  }
}
