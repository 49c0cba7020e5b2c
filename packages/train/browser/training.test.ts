// One training on every engine and device: in Node, each in a process of its own, and in Chromium.
// Chromium (CHROMIUM names it, default /usr/bin/chromium; Debian: apt-get install chromium) brings
// SwiftShader, a Vulkan driver in software, with which WebGPU runs where there is no GPU.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { chromium, type BrowserContext, type Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../core/testing/bundle";
import { smallTraining, type Where } from "../testing/smallTraining";
import type { Page } from "./page";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const hasChromium = existsSync(executablePath);
const skipReason = hasChromium ? "" : ` (skipped: no ${executablePath})`;

/** Whether ONNX Runtime on WebGPU proves itself first; in software that takes most of a minute. */
const verify = process.env.CAJAL_ALL_ENGINES === "1";

/** Engines add up in other orders; Adam makes ±rate of what is rounding, and steps carry it on. */
const tolerance = 2e-3;

let ofSmall: readonly number[];
beforeAll(async () => {
  ofSmall = await smallTraining({ engine: "onnx", device: "cpu" });
});

function compare(where: string, losses: readonly number[], expected = ofSmall): void {
  console.log(`${where.padEnd(34)}${losses.map((loss) => loss.toFixed(4)).join(" ")}`);
  expect(losses).toHaveLength(expected.length);
  losses.forEach((loss, step) => {
    const relativeError = Math.abs(loss - expected[step]!) / expected[step]!;
    expect(relativeError, `${where}, step ${step + 1}: ${loss} for ${expected[step]}`).toBeLessThan(
      tolerance,
    );
  });
}

it("learns", () => {
  compare("onnx cpu, Node", ofSmall);
  expect(ofSmall).toHaveLength(16);
  expect(ofSmall[0]).toBeGreaterThan(2);
  expect(ofSmall.at(-1)).toBeLessThan(0.8 * ofSmall[0]!);
});

/** Each beside its own thread's number, for the names of tests. */
const titled = (cells: readonly Where[]) =>
  cells.map((where) => {
    const { engine, device, threads } = where;
    const name = `${engine} ${device}${threads ? `, threads ${threads}` : ""}`;
    return [name, where] as const;
  });

describe("in Node", () => {
  // A bundle lies where it finds the packages.
  let program: string;
  beforeAll(async () => {
    program = await bundle(new URL("../testing/smallTrainingProgram.ts", import.meta.url), {
      folder: import.meta.dirname,
    });
  });
  afterAll(() => rm(dirname(program), { recursive: true, force: true }));

  async function train(where: Where, env: NodeJS.ProcessEnv = {}): Promise<number[]> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, JSON.stringify(where)],
      { env: { ...process.env, ...env }, timeout: 590_000 },
    ).catch((error: { stdout: string; stderr: string }) => {
      // Killed by itself, once all is said.
      if (error.stdout.endsWith("]")) return error;
      throw new Error(error.stderr);
    });
    return JSON.parse(stdout);
  }

  it.each(
    titled([
      { engine: "onnx", device: "wasm", threads: 1 },
      { engine: "onnx", device: "wasm", threads: 2 },
      { engine: "tfjs", device: "cpu" },
    ]),
  )("%s gives the losses of onnx cpu", { timeout: 600_000 }, async (name, where) =>
    compare(`${name}, Node`, await train(where)),
  );

  const icd = "/usr/lib/chromium/vk_swiftshader_icd.json";
  const env = {
    VK_DRIVER_FILES: icd,
    VK_ICD_FILENAMES: icd,
    LD_LIBRARY_PATH: dirname(icd), // Vulkan's loader lies there, too
  };
  const driver = existsSync(icd);
  describe.skipIf(!driver)(
    `on a GPU in software${driver ? "" : ` (skipped: no ${icd}, which Debian's chromium brings)`}`,
    () => {
      it.each(
        titled([
          { engine: "onnx", device: "webgpu", verify },
          { engine: "tfjs", device: "webgpu" },
        ]),
      )("%s gives the losses of onnx cpu", { timeout: 600_000 }, async (name, where) => {
        compare(`${name}, Node`, await train(where, env));
      });

      it("LeNet-5 on onnx webgpu gives the losses of onnx cpu", { timeout: 600_000 }, async () => {
        const losses = await smallTraining({ engine: "onnx", device: "cpu", lenet: true });
        const where = { engine: "onnx", device: "webgpu", lenet: true, verify } as const;
        compare("LeNet-5, onnx webgpu, Node", await train(where, env), losses);
      });
    },
  );
});

describe.skipIf(!hasChromium)(`in Chromium${skipReason}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "cajal-training-"));
  const server = createServer();
  let context: BrowserContext;

  beforeAll(async () => {
    await build({
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
    const types = { js: "text/javascript", mjs: "text/javascript", wasm: "application/wasm" };
    server.on("request", async ({ url = "/" }, response) => {
      // Threads need a page that is cross-origin isolated.
      const headers = {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      };
      const page =
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
      const packaged = "/onnxruntime-web/";
      const file = url.startsWith(packaged)
        ? join(root, "node_modules/onnxruntime-web/dist", url.slice(packaged.length))
        : join(folder, url);
      const body = url === "/" ? page : await readFile(file).catch(() => undefined);
      const type = url === "/" ? "text/html" : types[url.split(".").at(-1) as keyof typeof types];
      response.writeHead(body ? 200 : 404, { ...headers, "content-type": type }).end(body);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    context = await chromium.launchPersistentContext(join(folder, "profile"), {
      executablePath,
      headless: true,
      args: [
        ..."--no-sandbox --disable-quic --no-first-run --disable-background-networking".split(" "),
        ..."--disable-component-update --disable-sync".split(" "),
        ..."--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader".split(" "),
        // ONNX Runtime in Node leaves this out as well: to set all memory of a workgroup to zeros first is code in each
        // shader, whose translation for the processor takes a third of the test's time.
        "--enable-dawn-features=allow_unsafe_apis,disable_workgroup_init",
        ..."--use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist".split(" "),
      ],
    });
  }, 120_000);

  afterAll(async () => {
    await context?.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** In a page of its own: how many threads wasm has is settled once a page. */
  async function openTab(): Promise<Tab> {
    const tab = await context.newPage();
    const problems: string[] = [];
    tab.on("pageerror", (error) => problems.push(String(error)));
    const { port } = server.address() as AddressInfo;
    await tab.goto(`http://127.0.0.1:${port}/`);
    await tab
      .waitForFunction("globalThis.page !== undefined", undefined, { timeout: 60_000 })
      .catch((cause: unknown) => {
        throw new Error(`the page did not start: ${problems.join("; ")}`, { cause });
      });
    return tab;
  }

  it.each(
    titled([
      { engine: "onnx", device: "wasm", threads: 1 },
      { engine: "onnx", device: "wasm", threads: 2 },
      { engine: "onnx", device: "webgpu", verify },
      { engine: "tfjs", device: "webgl" },
      { engine: "tfjs", device: "webgpu", verify: false }, // Node's proves itself, above
    ]),
  )("%s gives the losses of onnx cpu", { timeout: 600_000 }, async (name, where) => {
    const tab = await openTab();
    const call: `page.${keyof Page}` = "page.train";
    const losses = await tab.evaluate<number[]>(`${call}(${JSON.stringify(where)})`);
    if (where.device === "wasm") {
      expect(await tab.evaluate("crossOriginIsolated")).toBe(true);
      expect(await tab.evaluate("page.threads()")).toBe(where.threads);
    }
    await tab.close();
    compare(`${name}, Chromium`, losses);
  });
});
