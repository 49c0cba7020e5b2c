// What a page that trains LeNet-5 (lenetPage.ts) fetches until it has done so, in Chromium: bundled, minified and
// split by esbuild, and the .wasm file beside it, where ONNX Runtime looks for it.
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

export interface Fetched {
  readonly losses: readonly number[];
  /** In the order of the requests. */
  readonly files: readonly { readonly name: string; readonly body: Buffer }[];
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/lenetPage.js"></script>'; // prettier-ignore
const types: Readonly<Record<string, string>> = { js: "text/javascript", mjs: "text/javascript", wasm: "application/wasm" }; // prettier-ignore

/** @param queries an engine and a device each: `engine=onnx&device=wasm` */
export async function bytesFetched(queries: readonly string[]): Promise<Fetched[]> {
  const folder = mkdtempSync(join(tmpdir(), "cajal-bytes-"));
  await build({
    entryPoints: [fileURLToPath(new URL("lenetPage.ts", import.meta.url))],
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    outdir: folder,
    tsconfig: join(root, "tsconfig.base.json"),
    logLevel: "error",
  });
  let files: { name: string; body: Buffer }[] = [];
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const name = basename(pathname) || "index.html";
    const from = name.startsWith("ort-wasm") ? join(root, "node_modules/onnxruntime-web/dist") : folder; // prettier-ignore
    const body = pathname === "/" ? Buffer.from(page) : await readFile(join(from, name)).catch(() => undefined); // prettier-ignore
    if (body) files.push({ name, body });
    const type = types[name.split(".").at(-1)!] ?? "text/html";
    response.writeHead(body ? 200 : 404, { "content-type": type, "cache-control": "no-store" });
    response.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const context = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    headless: true,
    args: "--no-sandbox --disable-quic --no-first-run --disable-background-networking".split(" "),
  });
  try {
    const all: Fetched[] = [];
    for (const query of queries) {
      files = [];
      const tab = await context.newPage();
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?${query}`);
      await tab.waitForFunction("globalThis.trained !== undefined");
      all.push({ losses: await tab.evaluate<number[]>("trained"), files });
      await tab.close();
    }
    return all;
  } finally {
    await context.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
