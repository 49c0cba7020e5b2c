// Finds an installed package and its version without loading it.

/** The version of an installed package; undefined where it is not installed. In Node only. */
export function installedVersion(name: string): string | undefined {
  const path = installedPath(name);
  if (path === undefined) return undefined;
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const { version }: { version?: string } = JSON.parse(
    readFileSync(`${path}/package.json`, "utf8"),
  );
  return version ?? "unknown";
}

/** The folder of an installed package. In Node only. */
export function installedPath(name: string): string | undefined {
  const { createRequire } = process.getBuiltinModule("node:module");
  const { existsSync } = process.getBuiltinModule("node:fs");
  // Searched in the file system, not resolved: a package need not export its package.json, nor have a `require` export.
  return createRequire(import.meta.url)
    .resolve.paths(name)
    ?.map((folder) => `${folder}/${name}`)
    .find((folder) => existsSync(`${folder}/package.json`));
}
