// Cross-origin isolation on a plain static server, which sends no headers, below a base path, in Chromium.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeInChromium } from "../../../../../packages/core/testing/chromium";

const program = `
  import { isolate } from ${JSON.stringify(fileURLToPath(new URL("isolate.ts", import.meta.url)))};
  globalThis.isolation = await isolate(document.body.dataset.script);
  const worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data }) => (globalThis.inWorker = data);
`;
/** Whether memory can be shared in a worker, and in a worker that it starts: ONNX Runtime's threads are such. */
const worker = `
  const inner = new Worker("inner.js", { type: "module" });
  inner.onmessage = ({ data }) => postMessage([self.crossOriginIsolated, data]);
  inner.onerror = () => postMessage([self.crossOriginIsolated, "refused"]);
`;

describeInChromium("isolate", () => {
  let browser: Browser;
  let port = 0;
  const served: string[] = [];
  const files: Record<string, [type: string, body: string]> = {
    "isolate.js": ["text/javascript", readFileSync(new URL("../../../public/isolate.js", import.meta.url), "utf8")], // prettier-ignore
    "idle.js": ["text/javascript", ""],
    "worker.js": ["text/javascript", worker],
    "inner.js": ["text/javascript", "postMessage(self.crossOriginIsolated)"],
  };
  for (const script of ["isolate", "idle", "absent"])
    files[`with-${script}`] = ["text/html", `<!doctype html><link rel="icon" href="data:,"><body data-script="${script}.js"><script type="module" src="program.js"></script>`]; // prettier-ignore
  const server = createServer(({ url }, response) => {
    const name = url!.startsWith("/some/base/") ? url!.slice("/some/base/".length) : "";
    served.push(name);
    const [type, body] = files[name] ?? [];
    response.writeHead(type ? 200 : 404, type ? { "content-type": type } : {}).end(body);
  });

  beforeAll(async () => {
    const { outputFiles } = await build({ stdin: { contents: program, resolveDir: "." }, bundle: true, write: false, format: "esm", target: "es2022" }); // prettier-ignore
    files["program.js"] = ["text/javascript", outputFiles[0]!.text];
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    ({ port } = server.address() as AddressInfo);
    browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--host-resolver-rules=MAP plain.test 127.0.0.1"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    server.close();
  });

  /** A visit of somebody who was never here. */
  async function visit(page: string, host = "127.0.0.1") {
    const context = await browser.newContext();
    const tab = await context.newPage();
    served.length = 0;
    await tab.goto(`http://${host}:${port}/some/base/${page}`);
    await tab.waitForFunction("globalThis.inWorker && globalThis.isolation !== 'reloading'");
    const seen = await tab.evaluate("[isolation, crossOriginIsolated, inWorker]");
    const loads = served.filter((name) => name === page).length;
    await context.close();
    return { seen, loads };
  }

  it("isolates a page and its workers, with one reload", async () => {
    const { seen, loads } = await visit("with-isolate");
    expect(seen).toEqual(["isolated", true, [true, true]]);
    expect(loads).toBe(2);
  });

  it("leaves a page as it is where it cannot be isolated, without reloading it for ever", async () => {
    const asItWas = ["not to be had", false, [false, false]];
    // A worker that adds no headers; none at all; plain http, where there are no service workers.
    expect(await visit("with-idle")).toEqual({ seen: asItWas, loads: 2 });
    expect(await visit("with-absent")).toEqual({ seen: asItWas, loads: 1 });
    expect(await visit("with-isolate", "plain.test")).toEqual({ seen: asItWas, loads: 1 });
  });
});
