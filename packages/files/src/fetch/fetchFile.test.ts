import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { copyFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { isCajalError, random } from "@cajal/core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../../core/testing/bundle";
import { type Behaviour, fileServer, type FileServer } from "../../testing/fileServer";
import { cacheList } from "@cajal/core";
import type { FetchProgress } from "./download";
import { fetchBytes } from "./fetchBytes";
import { fetchFile, type FetchFileOptions } from "./fetchFile";

const bytes = (length: number, seed = 1) => {
  const numbers = random(seed, "content");
  return Uint8Array.from({ length }, () => numbers.uint32() & 255);
};
const sha256Of = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
const content = bytes(300_000);
const sha256 = sha256Of(content);

// Every test has a cache of its own; servers, processes and folders end with it.
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});
function newCache(): string {
  const cache = mkdtempSync(join(tmpdir(), "cajal-cache-"));
  endings.push(() => rm(cache, { recursive: true, force: true }));
  return cache;
}
async function serve(behaviour: Partial<Behaviour> = {}): Promise<FileServer> {
  const server = await fileServer({ content, ...behaviour });
  endings.push(() => server.close());
  return server;
}
/** An address where nothing listens. */
let dead: string;
beforeAll(async () => {
  const server = await fileServer({ content });
  await server.close();
  dead = server.url;
});

const outcome = async (work: Promise<unknown>) => {
  try {
    return await work;
  } catch (error) {
    if (isCajalError(error)) return error;
    throw error;
  }
};
/** What is in the cache, lock and partial files too. */
const listing = (cache: string) =>
  readdirSync(cache)
    .filter((name) => name !== cacheList)
    .sort();

let program: string;
beforeAll(async () => {
  program = await bundle(new URL("../../testing/fetchProgram.ts", import.meta.url));
  chmodSync(join(program, ".."), 0o755);
  return () => rm(join(program, ".."), { recursive: true, force: true });
});
interface Run {
  child: ChildProcess;
  result: Promise<{ path?: string; code?: string; message?: string }>;
}
/** Runs fetchFile in a process of its own. */
function run(options: FetchFileOptions, uid?: number): Run {
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { uid });
  endings.push(() => child.kill("SIGKILL"));
  let output = "";
  let problems = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (problems += chunk));
  const result = new Promise<Awaited<Run["result"]>>((resolve) =>
    child.on("close", () => resolve(output ? JSON.parse(output) : { message: problems })),
  );
  return { child, result };
}
const until = async (condition: () => boolean | Promise<boolean>) => {
  for (let waited = 0; !(await condition()); waited += 10) {
    if (waited > 10_000) throw new Error("waited in vain");
    await sleep(10);
  }
};
const sizeOfFile = async (path: string) => (await stat(path).catch(() => undefined))?.size ?? 0;

/** A server that has sent 100,000 bytes, and a cache that has them. */
async function interrupted(behaviour: Partial<Behaviour> = {}) {
  const server = await serve({ ...behaviour, stallAfter: 100_000 });
  const options = { urls: [server.url], to: "x", cache: newCache(), sha256 };
  const controller = new AbortController();
  const work = fetchFile({ ...options, signal: controller.signal }).catch((error) => error);
  await until(async () => (await sizeOfFile(join(options.cache, "x.part"))) === 100_000);
  controller.abort();
  expect(await work).toBe(controller.signal.reason);
  server.requests.length = 0;
  server.behaviour = { content, ...behaviour };
  return { server, options };
}

describe("a good mirror", () => {
  it("is asked once; the file is whole, alone in its folder, and then found there", async () => {
    const server = await serve();
    const cache = newCache();
    const reports: FetchProgress[] = [];
    const options = { urls: [server.url], to: "a/b.bin", cache, sha256 };
    const path = await fetchFile({ ...options, onProgress: (progress) => reports.push(progress) });
    expect(path).toBe(join(cache, "a", "b.bin"));
    expect(sha256Of(readFileSync(path))).toBe(sha256);
    expect(listing(join(cache, "a"))).toEqual(["b.bin"]);
    expect(reports.at(-1)).toEqual({ path, url: server.url, loaded: 300_000, total: 300_000 });
    expect(reports.map(({ loaded }) => loaded)).toEqual(
      reports.map(({ loaded }) => loaded).toSorted((a, b) => a - b),
    );
    expect(await fetchFile(options)).toBe(path);
    expect(await fetchFile({ ...options, offline: true })).toBe(path);
    expect(server.requests.length).toBe(1);
  });

  it("serves without hashes, by md5, by the hash of what is packed, and without a length", async () => {
    const packed = gzipSync(content);
    const server = await serve({ content: packed, chunked: true });
    const urls = [server.url];
    const cache = newCache();
    const md5 = createHash("md5").update(packed).digest("hex").toUpperCase();
    for (const [to, checks] of Object.entries({
      none: {},
      md5: { md5, size: packed.length },
      inner: { sha256, gunzip: true },
    }))
      expect(packed.equals(readFileSync(await fetchFile({ urls, to, cache, ...checks })))).toBe(
        true,
      );
    expect(listing(cache)).toEqual(["inner", "md5", "none"]);
  });

  it("gives an empty file", async () => {
    const server = await serve({ content: new Uint8Array() });
    const path = await fetchFile({ urls: [server.url], to: "empty", cache: newCache() });
    expect(readFileSync(path).length).toBe(0);
  });

  it("is fetched with the fetch that is given, to an absolute path", async () => {
    const path = join(newCache(), "x.bin");
    const asked: unknown[] = [];
    const fetch: typeof globalThis.fetch = async (url) => {
      asked.push(url);
      return new Response(content.slice());
    };
    const urls = ["https://nowhere.invalid/x"];
    expect(await fetchFile({ urls, to: path, sha256, fetch })).toBe(path);
    expect(asked).toEqual(urls);
    expect(sha256Of(readFileSync(path))).toBe(sha256);
  });

  it("replaces a cached file that is damaged", async () => {
    const server = await serve();
    const cache = newCache();
    await writeFile(join(cache, "x"), bytes(300_000, 2));
    const path = await fetchFile({ urls: [server.url], to: "x", cache, sha256 });
    expect(sha256Of(readFileSync(path))).toBe(sha256);
  });
});

describe("bad mirrors, and then a good one", () => {
  const badly: [string, Partial<Behaviour>, string][] = [
    ["404", { status: 404 }, "network"],
    ["503", { status: 503 }, "network"],
    ["a server that never answers", { mute: true }, "timeout"],
    ["a server that stalls", { stallAfter: 100_000 }, "timeout"],
    ["a body that always breaks off", { breakAfter: 50_000, range: false }, "network"],
    [
      "a body that breaks off without a length",
      { breakAfter: 50_000, chunked: true, range: false },
      "network",
    ],
    ["another content", { content: bytes(300_000, 3) }, "checksum-mismatch"],
    ["a shorter content, whole to its server", { content: bytes(1000, 1) }, "checksum-mismatch"],
  ];
  it.each(badly)("%s", async (_, behaviour, code) => {
    const [bad, good] = [await serve(behaviour), await serve()];
    const cache = newCache();
    const options = { to: "x", cache, sha256, stallTimeout: 1000, retryDelay: 5 };
    const started = performance.now();
    const path = await fetchFile({ ...options, urls: [bad.url, good.url] });
    expect(performance.now() - started).toBeLessThan(9000); // the default patience is 10 s
    expect(sha256Of(readFileSync(path))).toBe(sha256);
    expect(listing(cache)).toEqual(["x"]);
    expect(good.requests.length).toBe(1);

    // Alone, it is an error of its own kind, and leaves nothing under the file's name.
    await rm(path);
    const error = await outcome(fetchFile({ ...options, urls: [bad.url] }));
    expect(error).toMatchObject({ code, facts: { attempts: [{ url: bad.url, code }] } });
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}.lock`)).toBe(false);
    if (code === "checksum-mismatch") expect(listing(cache)).toEqual([]);
  });

  it("a dead one", async () => {
    const good = await serve();
    const options = { to: "x", cache: newCache(), sha256 };
    const error = await outcome(fetchFile({ ...options, urls: [dead] }));
    expect(error).toMatchObject({ code: "network" });
    expect(await fetchFile({ ...options, urls: [dead, good.url] })).toContain("x");
  });

  it("all bad: the error tells of each", async () => {
    const [lost, wrong] = [await serve({ status: 404 }), await serve({ content: bytes(9) })];
    const urls = [lost.url, dead, wrong.url];
    const error = await outcome(fetchFile({ urls, to: "x", cache: newCache(), sha256 }));
    expect(error).toMatchObject({
      code: "checksum-mismatch",
      facts: {
        attempts: [
          { url: lost.url, code: "network" },
          { url: dead, code: "network" },
          { url: wrong.url, code: "checksum-mismatch" },
        ],
      },
    });
    expect(String(error)).toContain("404");
    expect(String(error)).toContain("ECONNREFUSED");
  });

  it("one whose length is wrong is not downloaded", async () => {
    const server = await serve({ pause: 20 });
    const options = { urls: [server.url], to: "x", cache: newCache(), size: 299_999 };
    expect(await outcome(fetchFile(options))).toMatchObject({ code: "checksum-mismatch" });
    expect(server.requests[0]!.sent).toBeLessThan(300_000);
  });
});

describe("a mirror that is only busy", () => {
  const quick = { to: "x", sha256, retryDelay: 20 };

  it.each([408, 429, 500, 502, 503, 504])("is asked again after status %i", async (status) => {
    const server = await serve({ status, answers: 2 });
    const path = await fetchFile({ ...quick, urls: [server.url], cache: newCache() });
    expect(sha256Of(readFileSync(path))).toBe(sha256);
    expect(server.requests.map((request) => request.status)).toEqual([status, status, 200]);
  });

  it("is asked again after a break before the first byte, of the answer or its body", async () => {
    for (const behaviour of [{ hangUp: true }, { breakAfter: 0 }]) {
      const server = await serve({ ...behaviour, answers: 2, breaks: 2 });
      const path = await fetchFile({ ...quick, urls: [server.url], cache: newCache() });
      expect(sha256Of(readFileSync(path))).toBe(sha256);
      expect(server.requests.length).toBe(3);
    }
  });

  it("is given up after so many times; what will not change is not asked again", async () => {
    for (const [status, requests] of [
      [503, 3],
      [404, 1],
      [410, 1],
    ] as const) {
      // prettier-ignore
      const server = await serve({ status });
      const options = { ...quick, urls: [server.url], cache: newCache(), retries: 2 };
      expect(await outcome(fetchFile(options))).toMatchObject({ code: "network" });
      expect(server.requests.length).toBe(requests);
    }
  });

  it("is passed over at once where another has the file", async () => {
    const [busy, good] = [await serve({ status: 503 }), await serve()];
    const urls = [busy.url, good.url];
    await fetchFile({ ...quick, urls, cache: newCache(), retryDelay: 60_000 });
    expect(busy.requests.length).toBe(1);
  });

  it("is left alone as long as it asks, in seconds or until a date, but no longer than a minute", async () => {
    const soon = () => new Date(Date.now() + 2000).toUTCString();
    for (const after of [() => "1", soon]) {
      const retryAfter = after();
      const server = await serve({ status: 429, answers: 1, retryAfter });
      const began = performance.now();
      await fetchFile({ ...quick, urls: [server.url], cache: newCache() });
      // A date has whole seconds.
      expect(performance.now() - began).toBeGreaterThan(950);
    }
    const server = await serve({ status: 429, retryAfter: "3600" });
    const error = await outcome(fetchFile({ ...quick, urls: [server.url], cache: newCache() }));
    expect(error).toMatchObject({ code: "network" });
    expect(server.requests.length).toBe(1);
  });

  it("is not waited for once the signal is aborted", async () => {
    const server = await serve({ status: 503 });
    const signal = AbortSignal.timeout(100);
    const options = { ...quick, urls: [server.url], cache: newCache(), retryDelay: 60_000, signal };
    const error = await outcome(fetchFile(options)).catch((reason: unknown) => reason);
    expect(error).toBe(signal.reason);
  });
});

describe("a transfer without an end", () => {
  it("drop by drop is given up, and goes on from another mirror", async () => {
    const slow = await serve({ pause: 50, piece: 100 });
    const options = { to: "x", cache: newCache(), sha256, minimumRate: 20_000, rateWindow: 300 };
    const error = await outcome(fetchFile({ ...options, urls: [slow.url] }));
    expect(error).toMatchObject({ code: "timeout" });
    expect(String(error)).toMatch(/bytes a second, expected at least 20000/);
    const good = await serve();
    expect(await fetchFile({ ...options, urls: [slow.url, good.url] })).toContain("x");
  });

  it("is not read beyond the size that is known", async () => {
    const large = bytes(3_000_000);
    const server = await serve({ content: large, chunked: true, pause: 2 });
    const cache = newCache();
    const error = await outcome(
      fetchFile({ urls: [server.url], to: "x", cache, size: 300_000, sha256 }),
    );
    expect(error).toMatchObject({ code: "checksum-mismatch" });
    expect(server.requests[0]!.sent).toBeLessThan(2_000_000);
    expect(listing(cache)).toEqual([]);
  });
});

it("writes through a link in the cache", async () => {
  const [server, cache, disk] = [await serve(), newCache(), newCache()];
  await symlink(join(disk, "big"), join(cache, "x"));
  await fetchFile({ urls: [server.url], to: "x", cache, sha256 });
  expect(readFileSync(join(disk, "big")).length).toBe(300_000);
  expect(lstatSync(join(cache, "x")).isSymbolicLink()).toBe(true);
  expect(listing(disk)).toEqual(["big"]);
});

describe("resume", () => {
  it("goes on where the connection broke, from the same mirror", async () => {
    const server = await serve({ breakAfter: 100_000 });
    const path = await fetchFile({ urls: [server.url], to: "x", cache: newCache(), sha256 });
    expect(sha256Of(readFileSync(path))).toBe(sha256);
    expect(server.requests.map(({ status }) => status)).toEqual([200, 206, 206]);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      "bytes=100000-",
      "bytes=200000-",
    ]);
    expect(server.requests[1]!.headers["if-range"]).toBe(`"v1"`);
  });

  it.each<[string, Partial<Behaviour>, number, number]>([
    ["goes on in a later call", {}, 206, 200_000],
    [
      "goes on by the time of the last change",
      { etag: null, lastModified: "Mon, 01 Jan 2024 00:00:00 GMT" },
      206,
      200_000,
    ],
    ["starts again where the server knows no ranges", { range: false }, 200, 300_000],
    ["starts again where the server cannot say whether it changed", { etag: null }, 200, 300_000],
    ["starts again where its tag is weak", { etag: `W/"1"` }, 200, 300_000],
  ])("%s", async (_, behaviour, status, sent) => {
    const { server, options } = await interrupted(behaviour);
    const path = await fetchFile(options);
    expect(server.requests.map(({ status, sent }) => [status, sent])).toEqual([[status, sent]]);
    expect(sha256Of(readFileSync(path))).toBe(sha256);
    expect(listing(options.cache)).toEqual(["x"]);
  });

  it("starts again where the file has changed", async () => {
    const { server, options } = await interrupted();
    const changed = bytes(250_000, 5);
    server.behaviour = { content: changed, etag: `"v2"` };
    const path = await fetchFile({ ...options, sha256: sha256Of(changed) });
    expect(server.requests.map(({ status }) => status)).toEqual([200]);
    expect(sha256Of(readFileSync(path))).toBe(sha256Of(changed));
  });

  it("starts again where the range is refused, or is another one", async () => {
    const refused = await interrupted();
    refused.server.behaviour = { content, status: 416 };
    expect(await outcome(fetchFile(refused.options))).toMatchObject({ code: "network" });
    refused.server.behaviour = { content };
    expect(await fetchFile(refused.options)).toContain("x");

    const other = await interrupted({ wrongRange: true });
    expect(sha256Of(readFileSync(await fetchFile(other.options)))).toBe(sha256);
    expect(other.server.requests.map(({ status }) => status)).toEqual([206, 200]);
  });

  it.each<[string, Partial<Behaviour>]>([
    ["with a length", {}],
    ["without one", { chunked: true }],
  ])("asks for the rest where a server gives less than it was asked for, %s", async (_, how) => {
    const server = await serve({ ...how, rangeAtMost: 70_000 });
    // No hash tells that something is missing.
    const path = await fetchFile({ urls: [server.url], to: "x", cache: newCache() });
    expect(sha256Of(readFileSync(path))).toBe(sha256);
    const file = await fetchBytes({ urls: [server.url] });
    expect(sha256Of(await file.read(0, file.size))).toBe(sha256);
    expect(server.requests.slice(5).map(({ headers }) => headers.range)).toEqual([
      undefined,
      "bytes=70000-",
      "bytes=140000-",
      "bytes=210000-",
      "bytes=280000-",
    ]);
  });

  it("starts again where what was left is damaged", async () => {
    const { server, options } = await interrupted();
    await writeFile(join(options.cache, "x.part"), bytes(100_000, 6));
    const path = await fetchFile(options);
    expect(server.requests.map(({ status }) => status)).toEqual([206, 200]);
    expect(sha256Of(readFileSync(path))).toBe(sha256);
  });

  it("does not mix two mirrors", async () => {
    const { options } = await interrupted();
    const other = await serve();
    await fetchFile({ ...options, urls: [other.url] });
    expect(other.requests.map(({ status }) => status)).toEqual([200]);
  });

  it("asks for nothing where the whole file was left", async () => {
    const { server, options } = await interrupted();
    await writeFile(join(options.cache, "x.part"), content);
    await fetchFile(options);
    expect(server.requests).toEqual([]);
  });
});

describe("abort", () => {
  it("ends at once with the signal's reason, keeps what came, frees lock and connection", async () => {
    const server = await serve({ stallAfter: 100_000 });
    const cache = newCache();
    const controller = new AbortController();
    const reason = new Error("enough");
    const options = { urls: [server.url], to: "x", cache, sha256 };
    const work = fetchFile({ ...options, signal: controller.signal });
    void until(async () => (await sizeOfFile(join(cache, "x.part"))) === 100_000).then(() =>
      controller.abort(reason),
    );
    await expect(work).rejects.toBe(reason);
    expect(listing(cache)).toEqual(["x.part", "x.part.json"]);
    expect(await sizeOfFile(join(cache, "x.part"))).toBe(100_000);
    server.behaviour = { content };
    expect(sha256Of(readFileSync(await fetchFile(options)))).toBe(sha256);
    expect(server.requests.at(-1)!.status).toBe(206);
  });

  it("does not begin when aborted before, and ends while waiting for another", async () => {
    const server = await serve({ mute: true });
    const options = { urls: [server.url], to: "x", cache: newCache(), sha256 };
    const aborted = AbortSignal.abort();
    await expect(fetchFile({ ...options, signal: aborted })).rejects.toBe(aborted.reason);
    expect(server.requests).toEqual([]);

    const first = outcome(fetchFile({ ...options, stallTimeout: 1000 }));
    await until(() => server.requests.length === 1);
    const controller = new AbortController();
    const reason = new Error("enough");
    const second = fetchFile({ ...options, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 150);
    await expect(second).rejects.toBe(reason);
    expect(await first).toMatchObject({ code: "timeout" });
  });
});

describe("processes", () => {
  it("two and more at once: one fetches, all have the file", async () => {
    const server = await serve({ pause: 20 });
    const options = { urls: [server.url], to: "x", cache: newCache(), sha256 };
    const runs = [run(options), run(options), run(options)];
    const here = [fetchFile(options), fetchFile(options)];
    const path = join(options.cache, "x");
    for (const { result } of runs) expect(await result).toEqual({ path });
    expect(await Promise.all(here)).toEqual([path, path]);
    expect(server.requests.length).toBe(1);
    expect(listing(options.cache)).toEqual(["x"]);
  });

  it("kill −9 in the middle of a download: the next goes on, at once", async () => {
    const server = await serve({ pause: 150 });
    const options = { urls: [server.url], to: "x", cache: newCache(), sha256 };
    const { child, result } = run(options);
    await until(async () => (await sizeOfFile(join(options.cache, "x.part"))) >= 100_000);
    child.kill("SIGKILL");
    await result;
    expect(listing(options.cache)).toEqual(["x.lock", "x.part", "x.part.json"]);
    server.behaviour = { content };
    const started = performance.now();
    const path = await fetchFile(options);
    expect(performance.now() - started).toBeLessThan(9000); // a lock without a dead owner holds for 15 s
    expect(sha256Of(readFileSync(path))).toBe(sha256);
    expect(listing(options.cache)).toEqual(["x"]);
    expect(server.requests.map(({ status }) => status)).toEqual([200, 206]);
    expect(server.requests[1]!.sent).toBeLessThanOrEqual(200_000);
  });

  it("kill −9 while others wait: one of them goes on", async () => {
    const server = await serve({ pause: 150 });
    const options = { urls: [server.url], to: "x", cache: newCache(), sha256 };
    const first = run(options);
    await until(async () => (await sizeOfFile(join(options.cache, "x.part"))) >= 50_000);
    const others = [run(options), run(options)];
    await sleep(400);
    server.behaviour = { content };
    first.child.kill("SIGKILL");
    for (const { result } of others)
      expect(await result).toEqual({ path: join(options.cache, "x") });
    expect(server.requests.map(({ status }) => status)).toEqual([200, 206]);
    expect(listing(options.cache)).toEqual(["x"]);
  });

  it("any number of kill −9, whenever they come", async () => {
    const server = await serve({ pause: 5 });
    const options = { urls: [server.url], to: "x", cache: newCache(), sha256 };
    const path = join(options.cache, "x");
    for (let kill = 0; kill < 6; kill++) {
      const { child, result } = run(options);
      // From before its first step to after its last: it takes some 150 ms.
      await sleep(20 + kill * 30);
      child.kill("SIGKILL");
      await result;
      if (existsSync(path)) expect(sha256Of(readFileSync(path))).toBe(sha256);
    }
    expect(await fetchFile(options)).toBe(path);
    expect(sha256Of(readFileSync(path))).toBe(sha256);
    expect(listing(options.cache)).toEqual(["x"]);
  });

  it("a lock of another host holds while its time is renewed, and no longer", async () => {
    const server = await serve();
    const options = { urls: [server.url], to: "x", cache: newCache(), sha256 };
    const lock = join(options.cache, "x.lock");
    await writeFile(lock, JSON.stringify({ host: `not-${hostname()}`, pid: 1, token: "t" }));
    await expect(fetchFile({ ...options, signal: AbortSignal.timeout(300) })).rejects.toMatchObject(
      {
        name: "TimeoutError",
      },
    );
    const old = new Date(Date.now() - 60_000);
    await utimes(lock, old, old);
    expect(await fetchFile(options)).toContain("x");
    expect(listing(options.cache)).toEqual(["x"]);
  });
});

describe("what the disk refuses is io, and no reason to try another mirror", () => {
  it.skipIf(process.platform !== "linux")("a full disk (/dev/full)", async () => {
    const server = await serve();
    const cache = newCache();
    const fetch: typeof globalThis.fetch = async (...request) => {
      // In place of the partial file, which is about to be written.
      await symlink("/dev/full", join(cache, "x.part"));
      return globalThis.fetch(...request);
    };
    const urls = [server.url, server.url];
    const error = await outcome(fetchFile({ urls, to: "x", cache, sha256, fetch }));
    expect(error).toMatchObject({ code: "io", facts: { errno: "ENOSPC" } });
    expect(String(error)).toContain("Free some space");
    expect(server.requests.length).toBe(1);
    expect(listing(cache)).toEqual([]);
  });

  it("a read-only cache", async () => {
    const server = await serve();
    const cache = newCache();
    const options = { urls: [server.url], to: "x", cache, sha256 };
    chmodSync(cache, 0o555);
    // The superuser may write anywhere: then another user tries.
    const uid = process.getuid?.() === 0 ? 65534 : undefined;
    const { result } = run(options, uid);
    const { code, message } = await result;
    expect([code, message]).toEqual(["io", expect.stringContaining(cache)]);
    chmodSync(cache, 0o755);
    await fetchFile(options);
    chmodSync(cache, 0o555);
    // What is there can be used.
    expect(await run(options, uid).result).toEqual({ path: join(cache, "x") });
  });

  it("a cache folder below a file", async () => {
    const file = join(newCache(), "file");
    await writeFile(file, "");
    const error = await outcome(fetchFile({ urls: [dead], to: "x", cache: join(file, "c") }));
    expect(error).toMatchObject({ code: "io", facts: { errno: "ENOTDIR" } });
  });

  it("a folder in the file's place", async () => {
    const server = await serve();
    const cache = newCache();
    mkdirSync(join(cache, "x"));
    const error = await outcome(fetchFile({ urls: [server.url], to: "x", cache, sha256 }));
    expect(error).toMatchObject({ code: "io" });
  });
});

describe("offline", () => {
  it("names the file, its folder and where it may be had, and asks nobody", async () => {
    const server = await serve();
    const cache = newCache();
    const error = await outcome(
      fetchFile({ urls: [server.url], to: "d/x.bin", cache, sha256, offline: true }),
    );
    expect(error).toMatchObject({ code: "offline", facts: { path: join(cache, "d", "x.bin") } });
    for (const part of ["x.bin", join(cache, "d"), server.url])
      expect(String(error)).toContain(part);
    expect(server.requests).toEqual([]);
    expect(listing(cache)).toEqual([]);
  });

  it("says that a cached file is damaged, and leaves it", async () => {
    const cache = newCache();
    await writeFile(join(cache, "x"), "other");
    const error = await outcome(fetchFile({ urls: [], to: "x", cache, sha256, offline: true }));
    expect(error).toMatchObject({ code: "checksum-mismatch" });
    expect(listing(cache)).toEqual(["x"]);
  });

  it("takes a file that was put there", async () => {
    const cache = newCache();
    await writeFile(join(cache, "given"), content);
    await copyFile(join(cache, "given"), join(cache, "x"));
    expect(await fetchFile({ urls: [], to: "x", cache, sha256, offline: true })).toContain("x");
  });
});

it.each([
  ["no urls", { urls: [], to: "x" }, "bad-argument"],
  ["a path out of the cache", { urls: ["http://x"], to: "../x" }, "bad-argument"],
  ["an unknown option", { urls: ["http://x"], to: "x", sha265: "" }, "unknown-option"],
])("refuses %s", async (_, options, code) =>
  expect(await outcome(fetchFile(options))).toMatchObject({ code }),
);
