// What every package's build has in common; a package names its entries, output name → source file.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "tsup";
import { fewChunks } from "./tsup.chunks";
import { slim } from "./tsup.slim";

const root = fileURLToPath(new URL("./", import.meta.url));

/** @param options.forTests properties of definitions that only tests read: lists, empty in what is built */
export const build = (
  entry: Record<string, string>,
  { forTests = [] }: { forTests?: readonly string[] } = {},
) =>
  defineConfig(({ dts, env }) => ({
    entry,
    format: ["esm", "cjs"],
    target: "node20",
    platform: "neutral",
    // `build:js` leaves declarations out (--no-dts), `build:dts` the rest (--dts-only would put its own options here).
    dts: dts !== false && {
      only: env?.only === "dts",
      entry: declarations(entry),
      compilerOptions: { ignoreDeprecations: "6.0" },
      // Sessions have Symbol.dispose, which a project may not have in its own "lib".
      banner: '/// <reference lib="esnext.disposable" />',
    },
    clean: ["!**/*.d.{ts,cts}"], // the build of declarations removes its own; build:js leaves them
    plugins: [slim(forTests), fewChunks(Object.keys(entry))],
    shims: true,
    splitting: true,
    treeshake: true,
    silent: true,
  }));

/**
 * The declarations of each file, which tsup then puts together: TypeScript 7 checks and writes them in a tenth of the time
 * that tsup takes with 6.
 */
function declarations(entry: Record<string, string>): Record<string, string> {
  const sources = Object.entries(entry).filter(([, file]) => file.endsWith(".ts"));
  const folder = `${root}.nx/declarations/${basename(process.cwd())}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const config = {
    extends: `${root}tsconfig.base.json`,
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: resolve("src"),
      outDir: folder,
      paths: {}, // other packages as they are built
    },
    files: sources.map(([, file]) => resolve(file)),
  };
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config));
  const compiler = `${root}node_modules/typescript-7/bin/tsc`;
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, "-p", folder], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  return Object.fromEntries(
    sources.map(([name, file]) => [
      name,
      `${folder}/${relative("src", file).replace(/\.ts$/, ".d.ts")}`,
    ]),
  );
}
