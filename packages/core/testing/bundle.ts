// Tests that kill processes or run several at once need a program: a TypeScript file of a package,
// bundled into one module that node runs.
import { build } from "esbuild";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @param entry the program's source, e.g. `new URL("../testing/program.ts", import.meta.url)`
 * @returns the path of a module for `node`, in a temporary folder
 */
export async function bundle(entry: URL): Promise<string> {
  const outfile = join(await mkdtemp(join(tmpdir(), "cajal-program-")), "program.mjs");
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // Packages stay imports of node; our own are found by their sources.
    tsconfig: fileURLToPath(new URL("../../../tsconfig.base.json", import.meta.url)),
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    logLevel: "error",
  });
  return outfile;
}
