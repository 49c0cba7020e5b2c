// Every way in which a server fails, before a data set: recovered from another mirror or the same one, or an error that
// names what was tried, in bounded time; the cache holds only verified files.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { selfSigned } from "../../testing/selfSigned";
import { mnist } from "./mnist";

/** Answers a request for a file as badly as it can; `count` is how often it was asked for this file before. */
type Failure = (
  file: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
  count: number,
) => void;

const rangeOf = ({ headers }: IncomingMessage) =>
  Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);

/** The rest of the file from where it is asked for, of which `most` bytes are sent before the connection ends. */
const part: (most: number, etag?: string) => Failure =
  (most, etag = '"v1"') =>
  (file, request, response) => {
    // prettier-ignore
    const from = rangeOf(request);
    response.writeHead(from > 0 ? 206 : 200, {
      etag,
      "content-length": file.length - from,
      ...(from > 0 && { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` }),
    });
    const end = Math.min(file.length, from + most);
    response.write(file.subarray(from, end), () => (end === file.length ? response.end() : setTimeout(() => response.destroy(), 5))); // prettier-ignore
  };
const whole = part(Infinity);
const damaged = (file: Buffer) => {
  const other = Buffer.from(file);
  other[other.length >> 1]! ^= 1;
  return other;
};
const status = (code: number, headers: Record<string, string> = {}): Failure => (_, __, response) => void response.writeHead(code, headers).end("no"); // prettier-ignore

/** Of itself: it needs no other mirror. */
const recovered: Record<string, Failure> = {
  "dies at each 64 KB": part(65_536),
  "no Range": (file, request, response, count) => {
    delete request.headers.range;
    part(count === 0 ? 65_536 : Infinity)(file, request, response, count);
  },
  "429, then well": (...all) => (all[3] === 0 ? status(429, { "retry-after": "0" }) : whole)(...all), // prettier-ignore
  "500, then well": (...all) => (all[3] === 0 ? status(500) : whole)(...all),
  "another version on resume": (...all) => (all[3] === 0 ? part(65_536) : part(Infinity, '"v2"'))(...all), // prettier-ignore
};
const failures: Record<string, Failure> = {
  "a shorter file, whole to its server": (file, ...all) => whole(file.subarray(0, 1000), ...all),
  "a length that is not its": (file, _, response) => void response.writeHead(200, { "content-length": file.length + 7 }).end(file), // prettier-ignore
  "wrong checksum": (file, ...all) => whole(damaged(file), ...all),
  "403": status(403),
  "404": status(404),
  "429": status(429),
  "500": status(500),
  "HTML instead of data": (_, __, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Moved.</html>"), // prettier-ignore
  "redirect loop": (_, request, response) => void response.writeHead(302, { location: request.url! }).end(), // prettier-ignore
  stall: (file, _, response) => void response.writeHead(200, { "content-length": file.length }).write(file.subarray(0, 1000)), // prettier-ignore
  "slow drip": (file, _, response) => {
    response.writeHead(200, { "content-length": file.length });
    const timer = setInterval(() => response.write("x"), 20);
    response.once("close", () => clearInterval(timer));
  },
  "other content on resume": (file, request, response, count) =>
    (count === 0 ? part(2000) : part(Infinity))(count === 0 ? file : damaged(file), request, response, count), // prettier-ignore
};

const opened: { close(): void; closeAllConnections(): void }[] = [];
afterAll(() => opened.forEach((server) => (server.closeAllConnections(), server.close())));

async function serve(folder: string, failure: Failure, tls = false): Promise<string> {
  const counts = new Map<string, number>();
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const name = basename(request.url!);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    failure(readFileSync(join(folder, name)), request, response, count);
  };
  const server = tls ? createTlsServer(selfSigned, answer) : createServer(answer);
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http${tls ? "s" : ""}://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describeWithShared("MNIST from servers that fail", "data/mnist", (folder) => {
  const caches: string[] = [];
  afterAll(() => caches.forEach((cache) => rmSync(cache, { recursive: true, force: true })));
  const options = () => {
    const cache = mkdtempSync(join(tmpdir(), "cajal-failures-"));
    caches.push(cache);
    return { split: "test", cache, retries: 0, retryDelay: 5, stallTimeout: 300, minimumRate: 50_000, rateWindow: 300 } as const; // prettier-ignore
  };
  const files = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];
  /** What is in the cache under names that are taken for whole. */
  const kept = (cache: string) => {
    const at = join(cache, "mnist");
    return existsSync(at) ? readdirSync(at).filter((name) => files.includes(name)).sort() : []; // prettier-ignore
  };
  /** Whatever happens, in seconds. */
  const bound = 15;

  describe("alone", () => {
    it.each(Object.keys(recovered))("%s: recovered", async (name) => {
      const mirror = await serve(folder, recovered[name]!);
      const settings = { ...options(), retries: 40, stallTimeout: 5000, minimumRate: 1 };
      const began = performance.now();
      const data = await mnist({ ...settings, mirrors: [mirror] });
      expect((performance.now() - began) / 1000).toBeLessThan(bound);
      expect([data.size, kept(settings.cache)]).toEqual([10_000, files]);
    });

    it.each([...Object.keys(failures), "self-signed TLS"])(
      "%s: an error that names it",
      async (name) => {
        // prettier-ignore
        const mirror = await serve(folder, failures[name] ?? whole, name === "self-signed TLS");
        const settings = options();
        const began = performance.now();
        const failed = mnist({ ...settings, mirrors: [mirror] });
        await expect(failed).rejects.toThrow(expect.objectContaining({ code: expect.stringMatching(/^(network|timeout|checksum-mismatch)$/), message: expect.stringContaining(mirror) })); // prettier-ignore
        expect((performance.now() - began) / 1000).toBeLessThan(bound);
        // A file may have come whole before the other failed.
        for (const each of kept(settings.cache))
        expect(readFileSync(join(settings.cache, "mnist", each))).toEqual(readFileSync(join(folder, each))); // prettier-ignore
      },
    );
  });

  it.each([...Object.keys(failures), "self-signed TLS"])(
    "%s: recovered from another mirror",
    async (name) => {
      // prettier-ignore
      const bad = await serve(folder, failures[name] ?? whole, name === "self-signed TLS");
      const good = await serve(folder, whole);
      const settings = options();
      const began = performance.now();
      const data = await mnist({ ...settings, mirrors: [bad, good] });
      expect((performance.now() - began) / 1000).toBeLessThan(bound);
      const { x, y } = await data.take(3).all();
      expect([x.shape, [...y.data]]).toEqual([[3, 28, 28, 1], [7, 2, 1]]); // prettier-ignore
      expect(kept(settings.cache)).toEqual(files);
    },
  );
});
