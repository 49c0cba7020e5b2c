// In Chromium, on a page without a server side: a .h5 that the user chooses is read, shown, run, saved as ONNX.
// CHROMIUM names the browser, default /usr/bin/chromium; Debian: apt-get install chromium.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { initialize, open } from "@cajal/runtime";
import { build } from "esbuild";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeModel } from "../src/index";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const hasChromium = existsSync(executablePath);

function small() {
  const net = functional("small");
  const image = net.input([5, 5, 2]);
  const conv = net.layer("Conv2D", { filters: 3, kernel_size: 3, name: "conv" }, image);
  const pool = net.layer("GlobalAveragePooling2D", { name: "pool" }, conv);
  const model = net.model(image, net.layer("Dense", { units: 4, name: "out" }, pool));
  return { model, weights: initialize(model, { seed: 3 }) };
}

describe.skipIf(!hasChromium)(
  `in Chromium${hasChromium ? "" : ` (skipped: no ${executablePath})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "cajal-page-"));
    const server = createServer();
    let context: BrowserContext;
    let tab: Page;

    beforeAll(async () => {
      await build({
        entryPoints: [join(import.meta.dirname, "page.ts")],
        bundle: true,
        format: "esm",
        platform: "browser",
        target: "es2022",
        splitting: true,
        outdir: folder,
        external: ["node:*"],
        tsconfig: join(root, "tsconfig.base.json"),
        logLevel: "silent",
      });
      const types = { js: "text/javascript", mjs: "text/javascript", wasm: "application/wasm" };
      const page =
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><input type="file" id="file"><pre id="result"></pre><a id="save">save</a><script type="module" src="/page.js"></script>';
      server.on("request", async ({ url = "/" }, response) => {
        const packaged = "/onnxruntime-web/";
        const file = url.startsWith(packaged)
          ? join(root, "node_modules/onnxruntime-web/dist", url.slice(packaged.length))
          : join(folder, url);
        const body = url === "/" ? page : await readFile(file).catch(() => undefined);
        const type = url === "/" ? "text/html" : types[url.split(".").at(-1) as keyof typeof types];
        response.writeHead(body ? 200 : 404, { "content-type": type }).end(body);
      });
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      context = await chromium.launchPersistentContext(join(folder, "profile"), {
        executablePath,
        headless: true,
        acceptDownloads: true,
        args: "--no-sandbox --no-first-run --disable-background-networking".split(" "),
      });
      tab = await context.newPage();
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    }, 120_000);

    afterAll(async () => {
      await context?.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** What the page shows of a file that is chosen. */
    async function chosen(name: string, bytes: Uint8Array): Promise<string> {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      await tab.evaluate('document.getElementById("result").textContent = ""');
      await tab.setInputFiles("#file", path);
      await tab.waitForFunction('document.getElementById("result").textContent !== ""', undefined, {
        timeout: 60_000,
      });
      return (await tab.textContent("#result"))!;
    }

    it("reads, shows, runs and saves a .h5 that is chosen", { timeout: 120_000 }, async () => {
      const { model, weights } = small();
      const [bytes] = encodeModel({ model, weights }, { format: "h5" }).values();
      const text = await chosen("mine.h5", bytes!);
      expect(text).not.toMatch(/^error/);
      const shown = JSON.parse(text) as { format: string; totalParams: number; output: number[]; names: string[] }; // prettier-ignore
      expect(shown).toMatchObject({ format: "Keras .h5", totalParams: 57 + 16 });
      expect(shown.names).toEqual(expect.arrayContaining(["conv", "pool", "out"]));
      const x = tensor(
        "float32",
        [1, 5, 5, 2],
        Array.from({ length: 50 }, (_, i) => Math.sin(i)),
      );
      await using session = await open(model, weights);
      const { data } = await session.predict(x);
      const [download] = await Promise.all([tab.waitForEvent("download"), tab.click("#save")]);
      expect(download.suggestedFilename()).toBe("model.onnx");
      await using saved = await open(readFileSync(await download.path()));
      const { data: again } = await saved.predict(x);
      data.forEach((value, i) => {
        expect(shown.output[i]).toBeCloseTo(Number(value), 5);
        expect(Number(again[i])).toBeCloseTo(Number(value), 5);
      });
    });

    it("shows what is wrong with another file", { timeout: 120_000 }, async () => {
      const text = await chosen("page.h5", new TextEncoder().encode("<!doctype html>"));
      expect(text).toMatch(/^error: page\.h5: it is a page of text/);
    });
  },
);
