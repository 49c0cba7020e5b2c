// Training steps in a page of Chromium: Cajal's beside those of TF.js and jax-js, in turns, in one page:
//   node scripts/run-source.mjs packages/train/bench/inBrowser.ts [--rounds 5] [--only lenet,convnet,mobilenet]
//     [--threads N] [--jax FOLDER]
// FOLDER is where `npm install @jax-js/jax` was run; without it jax-js is left out. Prints milliseconds a step
// (the median of the rounds' medians), and the ratio to the fastest that is not Cajal's.
// Chromium: CHROMIUM names it, default /usr/bin/chromium. webgl and webgpu are SwiftShader's, in software.
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import type { Bench } from "./inBrowserPage";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "lenet,convnet,mobilenet" },
    threads: { type: "string" },
    jax: { type: "string" },
  },
});
const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cajal-in-browser-"));
await build({
  entryPoints: [join(import.meta.dirname, "inBrowserPage.ts")],
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  splitting: true,
  outdir: folder,
  tsconfig: join(root, "tsconfig.base.json"),
  logLevel: "error",
  plugins: [
    {
      name: "jax-js",
      setup(build) {
        build.onResolve({ filter: /^@jax-js\/jax$/ }, () =>
          values.jax
            ? { path: join(values.jax, "node_modules/@jax-js/jax/dist/index.js") }
            : { path: "absent", namespace: "absent" },
        );
        build.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "export {}" }));
      },
    },
  ],
});

/** What the page fetches from packages, by the first part of its address. */
const packaged = {
  "onnxruntime-web": "node_modules/onnxruntime-web/dist",
  "tfjs-backend-wasm": "node_modules/@tensorflow/tfjs-backend-wasm/dist",
};
const types: Readonly<Record<string, string>> = {
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
};
const server = createServer(async ({ url = "/" }, response) => {
  const [, first = "", ...rest] = url.split("/");
  const from = Object.entries(packaged).find(([name]) => name === first);
  const file = from ? join(root, from[1], ...rest) : join(folder, url);
  const page = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/inBrowserPage.js"></script>'; // prettier-ignore
  const body = url === "/" ? page : await readFile(file).catch(() => undefined);
  response
    .writeHead(body ? 200 : 404, {
      // Threads need a page that is cross-origin isolated.
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "content-type": types[url.split(".").at(-1)!] ?? "text/html",
    })
    .end(body);
});
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
const context = await chromium.launchPersistentContext(join(folder, "profile"), {
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  headless: true,
  args: [
    ..."--no-sandbox --disable-quic --no-first-run --disable-background-networking".split(" "),
    ..."--use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist".split(" "),
  ],
});
try {
  const tab = await context.newPage();
  tab.on("pageerror", (error) => console.error(String(error)));
  await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await tab.waitForFunction("globalThis.bench !== undefined", undefined, { timeout: 60_000 });
  console.log(`${context.browser()?.version() ?? "Chromium"}, ${values.rounds} rounds`);
  for (const network of values.only.split(",")) {
    const outcome = await tab.evaluate(
      ({ name, rounds, threads }) =>
        (globalThis as unknown as { bench: Bench }).bench(name, rounds, threads),
      {
        name: network,
        rounds: Number(values.rounds),
        threads: values.threads === undefined ? undefined : Number(values.threads),
      },
    );
    const others = outcome.flatMap(({ name, ms }) => (ms !== undefined && !name.startsWith("Cajal") ? [ms] : [])); // prettier-ignore
    const best = Math.min(...others);
    console.log(`\n${network}`);
    for (const { name, ms, problem } of outcome)
      console.log(
        ms === undefined
          ? `  ${name.padEnd(28)} ${problem}`
          : `  ${name.padEnd(28)} ${ms.toFixed(1).padStart(9)} ms${name.startsWith("Cajal") ? `   × ${(ms / best).toFixed(2)}` : ""}`,
      );
  }
} finally {
  await context.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
