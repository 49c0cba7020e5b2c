// MobileNet in a real browser, by the runtime's own sources bundled as a user's bundler would: its
// exported ONNX file on onnxruntime-web, and the Keras model on both engines.
// Needs Chromium: CHROMIUM names it, default /usr/bin/chromium (Debian: apt-get install chromium).
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tensor } from "@cajal/core";
import { mobilenet, toOnnx } from "@cajal/models";
import { encodeModel } from "@cajal/onnx";
import { build } from "esbuild";
import { chromium, type BrowserContext, type Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generatedImages, generatedWeights } from "../../models/testing/generated";
import { open } from "../src/index";
import type { Outcome, Page } from "./page";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const root = fileURLToPath(new URL("../../../", import.meta.url));

describe.skipIf(!existsSync(executablePath))(
  `MobileNet in a browser${existsSync(executablePath) ? "" : ` (skipped: no ${executablePath})`}`,
  { timeout: 180_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "cajal-browser-"));
    let context: BrowserContext;
    let tab: Tab;
    let expected: readonly number[];
    const problems: string[] = [];
    const server = createServer();

    beforeAll(async () => {
      const model = mobilenet({ classifier_activation: null });
      const weights = generatedWeights(model, { "conv_preds/kernel": 1 });
      const pixels = generatedImages(224).data.subarray(0, 224 * 224 * 3);
      const image = Float32Array.from(pixels, (pixel) => pixel / 127.5 - 1);
      await using session = await open(model, weights, { device: "cpu" });
      expected = Array.from(
        (await session.predict(tensor("float32", [1, 224, 224, 3], image))).data,
        Number,
      );

      const script = await build({
        entryPoints: [join(import.meta.dirname, "page.ts")],
        bundle: true,
        format: "esm",
        platform: "browser",
        target: "es2022",
        splitting: true,
        outdir: folder,
        tsconfig: join(root, "tsconfig.base.json"),
        logLevel: "silent",
      });
      expect(script.errors).toEqual([]);
      const ours: Record<string, Uint8Array | string> = {
        "/": '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>',
        "/model.onnx": encodeModel(toOnnx(model, weights)),
        "/weights": Buffer.concat(
          [...weights.values()].map(({ data }) =>
            Buffer.from(data.buffer, data.byteOffset, data.byteLength),
          ),
        ),
        "/image": new Uint8Array(image.buffer),
      };
      const folders: Record<string, string> = {
        "/onnxruntime-web/": join(root, "node_modules/onnxruntime-web/dist/"),
        "/tfjs-backend-wasm/": join(root, "node_modules/@tensorflow/tfjs-backend-wasm/dist/"),
        "/": `${folder}/`,
      };
      const types: Record<string, string> = {
        js: "text/javascript",
        mjs: "text/javascript",
        wasm: "application/wasm",
      };
      server.on("request", async ({ url = "/" }, response) => {
        try {
          const [mount] = Object.keys(folders).filter((path) => url.startsWith(path));
          const body =
            ours[url] ?? (await readFile(`${folders[mount!]}${url.slice(mount!.length)}`));
          const type =
            url === "/"
              ? "text/html"
              : (types[url.split(".").at(-1)!] ?? "application/octet-stream");
          response.writeHead(200, { "content-type": type }).end(body);
        } catch {
          response.writeHead(404).end();
        }
      });
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));

      context = await chromium.launchPersistentContext(join(folder, "profile"), {
        executablePath,
        headless: true,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
        ],
      });
      tab = await context.newPage();
      tab.on("pageerror", (error) => problems.push(String(error)));
      tab.on("console", (message) => {
        if (message.type() === "error") problems.push(message.text());
      });
      const { port } = server.address() as AddressInfo;
      await tab.goto(`http://127.0.0.1:${port}/`);
      await tab
        .waitForFunction("globalThis.page !== undefined", undefined, { timeout: 30_000 })
        .catch((cause: unknown) => {
          throw new Error(`the page did not start: ${problems.join("; ")}`, { cause });
        });
    }, 180_000);

    afterAll(async () => {
      await context?.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const call = <T>(method: keyof Page, ...args: readonly string[]): Promise<T> =>
      tab.evaluate(`page.${method}(...${JSON.stringify(args)})`);

    it.each([
      ["onnx", "onnx", "wasm"],
      ["keras", "onnx", "wasm"],
      ["keras", "onnx", "auto"],
      ["keras", "tfjs", "wasm"],
    ] as const)("%s on engine %s, device %s gives Node's logits", async (form, engine, device) => {
      const outcome = await call<Outcome>("predict", form, engine, device);
      expect(outcome.logits).toHaveLength(1000);
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const apart = expected.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - outcome.logits[i]!)),
        0,
      );
      console.log(
        `${form} on ${engine}, ${outcome.device}: opened in ${outcome.openMs.toFixed(0)} ms, one image in ${outcome.predictMs.toFixed(0)} ms, error ${(apart / largest).toExponential(1)}`,
      );
      expect(largest).toBeGreaterThan(0.1);
      expect(apart / largest).toBeLessThan(1e-4);
    });

    it("lists the browser's devices", async () => {
      const listed = await call<Awaited<ReturnType<Page["devices"]>>>("devices");
      const at = (engine: string, device: string) =>
        listed.find((each) => each.engine === engine && each.device === device);
      expect(at("onnx", "wasm")).toMatchObject({ available: true });
      expect(at("tfjs", "wasm")).toMatchObject({ available: true });
      expect(at("onnx", "cuda")).toMatchObject({
        available: false,
        reason: expect.stringContaining("Node"),
      });
      expect(at("tfjs", "node")).toMatchObject({ available: false });
    });
  },
);
