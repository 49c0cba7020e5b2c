import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * The folder of fetched files: `CAJAL_CACHE` if set; else `cajal` in `XDG_CACHE_HOME` (XDG
 * base directory specification: a relative value is ignored), in `LOCALAPPDATA` on Windows, or in
 * `~/.cache`. It need not exist.
 *
 * @param env the environment to read, default that of the process
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if (env.CAJAL_CACHE) return env.CAJAL_CACHE;
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME))
    return join(env.XDG_CACHE_HOME, "cajal");
  if (process.platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "cajal");
  return join(homedir(), ".cache", "cajal");
}
