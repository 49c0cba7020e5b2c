// The parts of the system that the doctor reads: files, folders and the environment; tests supply fake ones.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

export interface System {
  readonly platform: string;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  exists(path: string): boolean;
  read(path: string): Uint8Array | undefined;
  /** Names in a folder; empty where there is no such folder. */
  list(folder: string): readonly string[];
}

/** @param root folder to use as the file system's root; default: the real one */
export const thisSystem = (
  root = "",
  env: System["env"] = process.env,
  { platform = process.platform, arch = process.arch }: { platform?: string; arch?: string } = {},
): System => ({
  platform,
  arch,
  env,
  exists: (path) => existsSync(`${root}${path}`),
  read(path) {
    try {
      return readFileSync(`${root}${path}`);
    } catch {
      return undefined;
    }
  },
  list(folder) {
    try {
      return readdirSync(`${root}${folder}`);
    } catch {
      return [];
    }
  },
});

export const textOf = (system: System, path: string): string | undefined => {
  const bytes = system.read(path);
  return bytes && new TextDecoder().decode(bytes);
};

/** The folders in which Linux searches for shared libraries: ld.so(8). */
export function findLibrary(
  system: System,
  name: string,
  first: readonly string[] = [],
): string | undefined {
  const folders = [
    ...first,
    ...(system.env.LD_LIBRARY_PATH ?? "").split(":").filter((folder) => folder !== ""),
    ...configured(system, "/etc/ld.so.conf"),
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
  ];
  return folders.map((folder) => posix.join(folder, name)).find((path) => system.exists(path));
}

/** The folders in a configuration file of the loader, and in the files that it includes. */
function configured(system: System, path: string, depth = 0): string[] {
  const lines = (textOf(system, path) ?? "").split("\n").map((line) => line.replace(/#.*/, "").trim()); // prettier-ignore
  return lines.flatMap((line) => {
    const [, pattern] = /^include\s+(.+)$/.exec(line) ?? [];
    if (pattern === undefined) return line === "" ? [] : [line];
    if (depth > 4) return [];
    const folder = posix.dirname(posix.resolve("/etc", pattern));
    const ending = posix.extname(pattern);
    return system
      .list(folder)
      .filter((name) => name.endsWith(ending))
      .sort()
      .flatMap((name) => configured(system, posix.join(folder, name), depth + 1));
  });
}
