// Where Cajal keeps what it need not fetch or find out twice.

/**
 * The folder of fetched files: `CAJAL_CACHE` if set; else `cajal` in `XDG_CACHE_HOME` (XDG
 * base directory specification: a relative value is ignored), in `LOCALAPPDATA` on Windows, or in
 * `~/.cache`. It need not exist. In Node only.
 *
 * @param env the environment to read, default that of the process
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const { isAbsolute, join } = process.getBuiltinModule("node:path");
  const { homedir } = process.getBuiltinModule("node:os");
  if (env["CAJAL_CACHE"]) return env["CAJAL_CACHE"];
  const { XDG_CACHE_HOME, LOCALAPPDATA } = env;
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, "cajal");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "cajal");
  return join(homedir(), ".cache", "cajal");
}

/**
 * The file in the folder with what Cajal has put there, which is what emptying the cache removes: lines of JSON,
 * `{"file":"mnist/train-labels-idx1-ubyte.gz"}`, a path within the folder, with slashes.
 */
export const cacheList = ".cajal-cache.jsonl";
