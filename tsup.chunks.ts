// Puts the modules of a package into few files, by Rollup: esbuild makes one of each set of entries that share code, dynamic
// imports among them, though what imports these has loaded that code before. A file costs Node up to a millisecond at every
// start. CommonJS stays as esbuild split it.
import { rm, writeFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { rollup } from "rollup";
import type { Options } from "tsup";

type Plugin = NonNullable<Options["plugins"]>[number];

/** Smaller files, in characters, go into others where no entry then loads what has side effects. */
const small = 10_000;

/** @param entries the names of a package's entries */
export const fewChunks = (entries: readonly string[]): Plugin => ({
  name: "few-chunks",
  async buildEnd({ writtenFiles }) {
    if (this.format !== "esm") return;
    const bundle = await rollup({
      input: Object.fromEntries(entries.map((name) => [name, resolve("dist", `${name}.js`)])),
      external: (id) => !id.startsWith(".") && !isAbsolute(id),
      logLevel: "warn",
      onwarn: ({ message }) => {
        throw new Error(message);
      },
    });
    const { output } = await bundle.generate({
      format: "esm",
      chunkFileNames: ({ name }) => `${name.replace(/-[A-Z\d]{8}$/, "")}-[hash].js`,
      minifyInternalExports: false,
      experimentalMinChunkSize: small,
    });
    await bundle.close();
    await Promise.all(writtenFiles.map(({ name }) => rm(name)));
    for (const file of output) {
      if (file.type !== "chunk") continue;
      const mode = file.code.startsWith("#!") ? 0o755 : 0o644;
      await writeFile(join("dist", file.fileName), file.code, { mode });
    }
  },
});
