// Every way in which a server fails, before a data set: recovered from another mirror or the same one, or an error that
// names what was tried, in bounded time; the cache holds only verified files.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import {
  failingServers,
  failures,
  recoverable,
  whole,
} from "../../../files/testing/failingServers";
import { mnist } from "./mnist";

const servers = failingServers();
const { serve } = servers;
afterAll(servers.close);
const selfSignedTls = "self-signed TLS";

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
    it.each(Object.keys(recoverable))("%s: recovered", async (name) => {
      const mirror = await serve(folder, recoverable[name]!);
      const settings = { ...options(), retries: 40, stallTimeout: 5000, minimumRate: 1 };
      const began = performance.now();
      const data = await mnist({ ...settings, mirrors: [mirror] });
      expect((performance.now() - began) / 1000).toBeLessThan(bound);
      expect([data.size, kept(settings.cache)]).toEqual([10_000, files]);
    });

    it.each([...Object.keys(failures), selfSignedTls])(
      "%s: an error that names it",
      async (name) => {
        // prettier-ignore
        const mirror = await serve(folder, failures[name] ?? whole, name === selfSignedTls);
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

  it.each([...Object.keys(failures), selfSignedTls])(
    "%s: recovered from another mirror",
    async (name) => {
      // prettier-ignore
      const bad = await serve(folder, failures[name] ?? whole, name === selfSignedTls);
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
