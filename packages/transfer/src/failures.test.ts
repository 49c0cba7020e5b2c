// Every way in which a server fails, before weights: recovered, or an error that names what was tried, in bounded time;
// the cache keeps no file that is none.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mobilenet } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { failingServers, failures, recoverable, whole } from "../../files/testing/failingServers";
import { pretrained } from "./pretrained";
import { readModel } from "./readModel";
import { encodeModel } from "./writeModel";

const model = mobilenet({ alpha: 0.25, include_top: false });
const weights = initialize(model, { seed: 3 });
const bytes = encodeModel({ model, weights }, { format: "h5" }).get("model.h5")!;
const name = "mobilenet_2_5_224_tf_no_top.h5";
const folder = mkdtempSync(join(tmpdir(), "cajal-failures-"));
writeFileSync(join(folder, name), bytes);
const servers = failingServers();
const cache = join(folder, "cache");
const place = join(cache, "weights", name);
afterEach(() => rmSync(cache, { recursive: true, force: true }));
afterAll(() => {
  servers.close();
  rmSync(folder, { recursive: true });
});

const patient = { retries: 40, retryDelay: 5, stallTimeout: 5000, minimumRate: 1 };
const hasty = { retries: 0, retryDelay: 5, stallTimeout: 300, minimumRate: 50_000, rateWindow: 300 }; // prettier-ignore
const selfSignedTls = "self-signed TLS";
const failing = (failure: string) =>
  servers.serve(folder, failures[failure] ?? whole, failure === selfSignedTls);
const kernel = (of: { weights: typeof weights }) => of.weights.get("conv1/kernel")!.data;
const seconds = async (work: () => Promise<unknown>) => {
  const began = performance.now();
  await work();
  expect((performance.now() - began) / 1000).toBeLessThan(15);
};

describe("readModel of a URL", () => {
  it.each(Object.keys(recoverable))("%s: recovered", async (failure) => {
    const server = await servers.serve(folder, recoverable[failure]!);
    await seconds(async () => {
      expect(kernel(await readModel(`${server}${name}`, patient))).toEqual(kernel({ weights }));
    });
  });

  // Where a server gives other bytes of the same length under the same ETag, a hash alone would tell.
  const told = Object.keys(failures).filter((one) => !/checksum|other content/.test(one));
  it.each([...told, selfSignedTls])("%s: an error that names it", async (failure) => {
    const url = `${await failing(failure)}${name}`;
    await seconds(() =>
      expect(readModel(url, hasty)).rejects.toThrow(
        expect.objectContaining({
          code: expect.stringMatching(/^(network|timeout|bad-file)$/),
          message: expect.stringContaining(url),
        }),
      ),
    );
  });

  it("a page in place of a model is called one", async () => {
    const url = `${await failing("HTML instead of data")}${name}`;
    await expect(readModel(url, hasty)).rejects.toThrow(/page of text/);
  });

  it("nobody listens, and no address at all", async () => {
    const gone = failingServers();
    const url = await gone.serve(folder, whole);
    gone.close();
    for (const one of [url, "http://", "https://no host/model.h5"])
      await expect(readModel(one, hasty)).rejects.toMatchObject({ code: "network" });
  });

  it("ends when it is told to, with the reason", async () => {
    const url = `${await failing("stall")}${name}`;
    const stop = new AbortController();
    const reading = readModel(url, { ...patient, signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(reading).rejects.toThrow("enough");
  });

  it("says how much has come", async () => {
    const url = `${await servers.serve(folder, whole)}${name}`;
    let [last, total] = [0, 0];
    await readModel(url, { onProgress: (one) => ([last, total] = [one.loaded, one.total ?? 0]) });
    expect([last, total]).toEqual([bytes.length, bytes.length]);
  });
});

describe("pretrained", () => {
  /** The internet is not asked; as if the file had been there before, its hash is known. */
  const get = (mirror: string, options: typeof hasty, noted = true) => {
    if (noted) {
      mkdirSync(join(cache, "weights"), { recursive: true });
      writeFileSync(`${place}.sha256`, createHash("sha256").update(bytes).digest("hex"));
    }
    return pretrained("MobileNet", {
      alpha: 0.25,
      include_top: false,
      mirror,
      cache,
      fetch: (url, init) =>
        String(url).startsWith(mirror) ? fetch(url, init) : Promise.reject(new Error("offline")),
      ...options,
    });
  };

  it.each(Object.keys(recoverable))("%s: recovered", async (failure) => {
    const server = await servers.serve(folder, recoverable[failure]!);
    await seconds(async () => {
      expect(kernel(await get(server, { ...hasty, ...patient }))).toEqual(kernel({ weights }));
    });
    expect(readFileSync(place).equals(bytes)).toBe(true);
  });

  it.each([...Object.keys(failures), selfSignedTls])(
    "%s: an error that names it, and no file in the cache",
    async (failure) => {
      const server = await failing(failure);
      await seconds(() => expect(get(server, hasty)).rejects.toThrow(/127\.0\.0\.1/));
      expect(existsSync(place)).toBe(false);
      // And the right one at the next try, from another server.
      expect(kernel(await get(await servers.serve(folder, whole), hasty))).toEqual(kernel({ weights })); // prettier-ignore
    },
  );

  it("keeps no file of another network, and no note of it", async () => {
    const other = mkdtempSync(join(folder, "other-"));
    const wide = mobilenet({ alpha: 0.5, include_top: false });
    const file = encodeModel(
      { model: wide, weights: initialize(wide, { seed: 1 }) },
      { format: "h5" },
    );
    writeFileSync(join(other, name), file.get("model.h5")!);
    const server = await servers.serve(other, whole);
    await expect(get(server, hasty, false)).rejects.toMatchObject({ code: "bad-shape" });
    expect([existsSync(place), existsSync(`${place}.sha256`)]).toEqual([false, false]);
  });

  it("believes no note that a killed process has half written", async () => {
    const server = await servers.serve(folder, whole);
    mkdirSync(join(cache, "weights"), { recursive: true });
    writeFileSync(`${place}.sha256`, "0123abc");
    expect(kernel(await get(server, hasty, false))).toEqual(kernel({ weights }));
  });
});
