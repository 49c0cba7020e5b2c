// Tests that kill processes or run several at once need a program: a TypeScript file of a package,
// bundled into one module that node runs.
import { build } from "esbuild";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @param entry the program's source, e.g. `new URL("../testing/program.ts", import.meta.url)`
 * @param options.folder where a temporary folder is made: inside the repository, where the program is to
 *   find its packages; packages are left out of the bundle then
 * @returns the path of a module for `node`, in a temporary folder
 */
export async function bundle(
  entry: URL,
  { folder }: { readonly folder?: string } = {},
): Promise<string> {
  const outfile = join(await mkdtemp(join(folder ?? tmpdir(), "cajal-program-")), "program.mjs");
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    ...(folder && { external: ["@tensorflow/*", "onnxruntime-*"] }),
    // Packages stay imports of node; our own are found by their sources.
    tsconfig: fileURLToPath(new URL("../../../tsconfig.base.json", import.meta.url)),
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    logLevel: "error",
  });
  return outfile;
}
