// What every package's build has in common; a package names its entries, output name → source file.
import { defineConfig } from "tsup";

export const build = (entry: Record<string, string>) =>
  defineConfig({
    entry,
    format: ["esm", "cjs"],
    target: "node20",
    platform: "neutral",
    dts: {
      entry: Object.fromEntries(Object.entries(entry).filter(([, file]) => file.endsWith(".ts"))),
      compilerOptions: { ignoreDeprecations: "6.0" },
      // Sessions have Symbol.dispose, which a project may not have in its own "lib".
      banner: '/// <reference lib="esnext.disposable" />',
    },
    clean: ["!**/*.d.{ts,cts}"], // the build of declarations removes its own; build:js leaves them
    shims: true,
    splitting: true,
    treeshake: true,
    silent: true,
  });
