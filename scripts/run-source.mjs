// Runs a TypeScript program of this repository on the current sources, without a build:
//   node scripts/run-source.mjs packages/onnx/bench/convolutionGradient.ts kernel
// Or only bundles it, for those who run it many times and remove it then; prints where it lies:
//   node scripts/run-source.mjs --bundle packages/train/testing/exitProgram.ts
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const given = process.argv.slice(2);
const bundlesOnly = given[0] === "--bundle";
const [entry, ...rest] = given.slice(Number(bundlesOnly));
if (!entry) {
  console.error("usage: node scripts/run-source.mjs [--bundle] PROGRAM.ts [arguments]");
  process.exit(2);
}
const source = resolve(entry);
// Beside the source, so that its relative paths and its packages are found.
const bundle = `${dirname(source)}/.${basename(source)}.${process.pid}.mjs`;
await build({
  entryPoints: [source],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  plugins: [{ name: "own-urls", setup: ownUrls }],
  alias: Object.fromEntries(
    readdirSync(`${root}packages`).map((name) => [`@cajal/${name}`, `${root}packages/${name}/src`]),
  ),
});
if (bundlesOnly) console.log(bundle);
else {
  process.once("exit", () => rmSync(bundle, { force: true }));
  process.argv = [process.argv[0], source, ...rest];
  globalThis.require ??= createRequire(source);
  await import(pathToFileURL(bundle).href);
}

/** In one file, sources still find what lies beside them. */
function ownUrls({ onLoad }) {
  onLoad({ filter: /[\\/]src[\\/][^.]+\.ts$/ }, ({ path }) => ({
    contents: readFileSync(path, "utf8").replaceAll(
      "import.meta.url",
      JSON.stringify(pathToFileURL(path).href),
    ),
    loader: "ts",
  }));
}
