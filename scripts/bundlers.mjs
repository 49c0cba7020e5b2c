// How users bundle: each bundler as it comes, with nothing configured that a user would have to know.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

/**
 * A program that uses one engine, where no other is installed.
 * What bundlers print of those is a warning; what is not used need not be there.
 */
export const program = `
import { tensor } from "@cajal/core";
import { lenet5 } from "@cajal/models";
import { initialize, open } from "@cajal/runtime";
const model = lenet5();
const weights = initialize(model, { seed: 1 });
const session = await open(model, weights, { device: "wasm" });
const y = await session.predict(tensor("float32", [1, 28, 28, 1]));
const { code } = await open(model, weights, { engine: "tfjs", device: "cpu" }).catch((error) => error);
console.log(JSON.stringify([session.device, y.shape, code]));
`;
const printed = '["wasm",[1,10],"missing-peer"]\n';

const withEsbuild = (platform) => (entry, outdir) =>
  esbuild({
    entryPoints: [entry],
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform,
    logLevel: "silent",
  });

/** Name → bundles a program into a folder, or throws. */
const bundlers = {
  "esbuild, browser": withEsbuild("browser"),
  "esbuild, Node": withEsbuild("node"),
  webpack: (entry, path) =>
    new Promise((done, fail) =>
      // Development: minifying changes nothing here, and takes half a minute.
      webpack({ mode: "development", entry, output: { path } }, (error, stats) => {
        if (error || stats.hasErrors()) fail(error ?? new Error(stats.toString("errors-only")));
        else done();
      }),
    ),
  Vite: (entry, outDir) =>
    vite({
      root: join(entry, ".."),
      configFile: false,
      logLevel: "silent",
      build: { outDir, minify: false, target: "es2022", rollupOptions: { input: entry } },
    }),
  async Rollup(input, dir) {
    const bundle = await rollup({ input, onwarn: () => {} });
    await bundle.write({ dir, format: "esm" });
    await bundle.close();
  },
};

/** The bundles that Node can run as they are; the others need a page. */
const runInNode = ["esbuild, Node", "Rollup"];

/**
 * Bundles the program with every bundler.
 *
 * @param entry the program's file, in a project with one engine, onnxruntime-web
 * @returns what went wrong, "" for nothing
 */
export async function checkBundlers(entry) {
  const problems = [];
  for (const [name, bundle] of Object.entries(bundlers)) {
    const folder = join(entry, "..", "bundles", name.replace(/\W+/g, "-"));
    try {
      await bundle(entry, folder);
      if (!runInNode.includes(name)) continue;
      const file = join(folder, "bundled.js");
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder });
      if (stdout !== printed) throw new Error(`its program printed ${stdout}for ${printed}`);
    } catch (error) {
      problems.push(`${name}: ${error.message}`);
    }
  }
  return problems.join("\n");
}
