// Training steps and predictions in a page of Chromium: Cajal's beside those of TF.js and jax-js, in turns:
//   node scripts/run-source.mjs packages/train/bench/inBrowser.ts [--rounds 5] [--only lenet,mobilenet-predict,...]
//     [--ways "Cajal onnx wasm,jax-js wasm"] [--threads 1] [--limit 120] [--jax FOLDER]
// FOLDER is where `npm install @jax-js/jax` was run; without it jax-js is left out. Prints milliseconds a run, the
// median of the rounds' medians and the least, and how many times as long as Cajal's on wasm it takes. What does not
// end its first two runs within the limit (seconds) is given up; --threads are those of each library's wasm.
// Chromium: CHROMIUM names it, default /usr/bin/chromium. webgl is SwiftShader's, in software.
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { chromium, type Page } from "playwright-core";
import type { Bench } from "./inBrowserPage";
import { workloads } from "./inBrowserWorkloads";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: Object.keys(workloads).join(",") },
    ways: { type: "string" },
    threads: { type: "string", default: "1" },
    limit: { type: "string", default: "120" },
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
const launched = () =>
  chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    headless: true,
    args: [
      ..."--no-sandbox --disable-quic --no-first-run --disable-background-networking".split(" "),
      ..."--use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist".split(" "),
    ],
  });
let browser = await launched();
const [threads, rounds, limit] = [values.threads, values.rounds, values.limit].map(Number) as [number, number, number]; // prettier-ignore
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

async function newTab(): Promise<Page> {
  const tab = await browser.newPage();
  // jax-js has as many workers as there are processors.
  await tab.addInitScript(
    `Object.defineProperty(navigator, "hardwareConcurrency", { value: ${threads} })`,
  );
  tab.on("pageerror", (error) => console.error(String(error)));
  await tab.goto(address);
  await tab.waitForFunction("globalThis.bench !== undefined", undefined, { timeout: 60_000 });
  return tab;
}

/** Calls a method of the page's {@link Bench}. */
const call = <K extends keyof Bench>(tab: Page, method: K, ...given: Parameters<Bench[K]>) =>
  tab.evaluate(`bench.${method}(${given.map((each) => JSON.stringify(each)).join()})`) as Promise<
    Awaited<ReturnType<Bench[K]>>
  >;

const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[times.length >> 1]!;

/** How many runs fit into a second, at least 1 and at most 20. */
const runsIn = (ms: number) => Math.min(20, Math.max(1, Math.round(1000 / ms)));

/** Milliseconds: what takes longer is measured once. */
const tooSlow = 5000;

interface Way {
  readonly name: string;
  readonly problem?: string;
  /** Of a run, when it is warm. */
  readonly warm: number;
  readonly medians: number[];
  readonly times: number[];
}

async function measured(workload: string): Promise<Way[]> {
  let tab = await newTab();
  const names = (await call(tab, "ways", workload)).filter(
    (name) => !values.ways || values.ways.split(",").includes(name),
  );
  const ways: Way[] = [];
  const inTurns = () => ways.filter(({ warm, problem }) => !problem && warm <= tooSlow);
  for (const name of names) {
    const way = { name, warm: 0, medians: [], times: [] };
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<undefined>((end) => {
      timer = setTimeout(() => end(undefined), limit * 1000);
    });
    try {
      const opening = call(tab, "open", workload, name, threads);
      const warm = await Promise.race([opening, over]);
      if (warm !== undefined) {
        ways.push({ ...way, warm, ...(warm > tooSlow && { medians: [warm], times: [warm] }) });
        if (warm > tooSlow) await call(tab, "close", name);
      } else {
        // Nothing interrupts a page, nor the process that draws for all of them, but the browser's end.
        opening.catch(() => undefined);
        ways.push({ ...way, problem: `more than ${limit} s` });
        await browser.close();
        browser = await launched();
        tab = await newTab();
        for (const { name: again } of inTurns()) await call(tab, "open", workload, again, threads);
      }
    } catch (error) {
      ways.push({ ...way, problem: (error as Error).message.split("\n")[0]!.replace(/^page.evaluate: (Error: )?/, "") }); // prettier-ignore
    }
    clearTimeout(timer);
  }
  for (let round = 0; round < rounds; round++)
    for (const { name, warm, medians, times } of inTurns()) {
      const got = await call(tab, "times", name, runsIn(warm));
      medians.push(median(got));
      times.push(...got);
    }
  await tab.close();
  return ways;
}

const ours = "Cajal onnx wasm";
try {
  console.log(`Chromium ${browser.version()}, ${rounds} rounds, threads ${threads}`); // prettier-ignore
  for (const workload of values.only.split(",")) {
    if (!(workload in workloads)) throw new Error(`--only ${workload}: expected of ${Object.keys(workloads).join()}.`); // prettier-ignore
    const ways = await measured(workload);
    const own = ways.find(({ name }) => name === ours)?.medians;
    console.log(`\n${workload.padEnd(18)} ${"median, ms".padStart(11)} ${"least".padStart(9)}`);
    for (const { name, problem, medians, times } of ways) {
      const least = Math.min(...times).toFixed(1);
      const ratio = own && name !== ours ? `   × ${(median(medians) / median(own)).toFixed(2)}` : ""; // prettier-ignore
      console.log(
        `  ${name.padEnd(16)} ${problem ?? `${median(medians).toFixed(1).padStart(11)} ${least.padStart(9)}${ratio}`}`,
      );
    }
  }
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
