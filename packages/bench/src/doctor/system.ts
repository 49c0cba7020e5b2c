// What the doctor looks at: files, folders and the environment; tests bring made-up ones.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

export interface System {
  readonly platform: string;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  exists(path: string): boolean;
  read(path: string): Uint8Array | undefined;
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): readonly string[];
}

/** @param root a folder that stands for the whole machine's; default: the machine */
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

/** Where Linux looks for a shared library that a program names: ld.so(8). */
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

/** The folders that a configuration of the loader names, and those that it includes. */
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
