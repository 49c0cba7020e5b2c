// Runs a TypeScript program in a page of Chromium, without a driver: a local server hands out the page and whatever
// files the program fetches, and takes what it gives.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, it } from "vitest";

const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
);

/** `describe` that skips, saying why in its title, where there is no Chromium. */
export function describeInChromium(title: string, body: () => void): void {
  if (chromium !== undefined) describe(title, body);
  else
    describe.skip(`${title} (skipped: no $CHROMIUM, /usr/bin/chromium or google-chrome)`, () =>
      it("needs it", () => {}));
}

/**
 * @param entry whose default export is an async function; what it gives comes back as JSON
 * @param options.files what the program may fetch, by path: bytes, or a file's path
 * @param options.flags of the browser's command line
 */
export async function runInChromium<T>(
  entry: URL,
  { files = {}, timeout = 60_000, flags = [] }: { files?: Readonly<Record<string, Uint8Array | string>>; timeout?: number; flags?: readonly string[] } = {}, // prettier-ignore
): Promise<T> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import run from ${JSON.stringify(fileURLToPath(entry))};
        const send = (body) => fetch("/result", { method: "POST", body: JSON.stringify(body) });
        run().then((result) => send({ result }), (error) => send({ error: String(error?.stack ?? error) }));`,
      resolveDir: fileURLToPath(new URL(".", entry)),
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    tsconfig: fileURLToPath(new URL("../../../tsconfig.base.json", import.meta.url)),
    logLevel: "error",
  });
  const script = outputFiles[0]!.text;
  const profile = mkdtempSync(join(tmpdir(), "cajal-chromium-"));
  const answer = withResolvers<string>();
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    if (path === "/result") {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        response.end();
        answer.resolve(body);
      });
      return;
    }
    const file = files[path.slice(1)];
    if (path === "/") {
      response.setHeader("content-type", "text/html");
      response.end('<!doctype html><script type="module" src="/program.js"></script>');
    } else if (path === "/program.js") {
      response.setHeader("content-type", "text/javascript");
      response.end(script);
    } else if (file !== undefined)
      response.end(typeof file === "string" ? readFileSync(file) : file);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const browser = execFile(chromium!, [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    `--user-data-dir=${profile}`,
    ...flags,
    `http://127.0.0.1:${port}/`,
  ]);
  const timer = setTimeout(() => answer.reject(new Error(`no answer from Chromium in ${timeout} ms`)), timeout); // prettier-ignore
  browser.once("exit", (code) => answer.reject(new Error(`Chromium ended with ${code}`)));
  try {
    const { result, error } = JSON.parse(await answer.promise);
    if (error !== undefined) throw new Error(`in Chromium: ${error}`);
    return result;
  } finally {
    clearTimeout(timer);
    const exit = new Promise((resolve) => browser.once("exit", resolve));
    if (browser.exitCode === null && browser.kill()) await exit;
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** As Promise.withResolvers, which Node has from 22 on. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}
