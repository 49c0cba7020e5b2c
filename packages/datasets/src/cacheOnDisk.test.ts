// Examples kept on disk: made once, by whoever is first; damaged ones made anew.
import { mkdtemp, open, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { tensor } from "@cajal/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheOnDisk } from "./cacheOnDisk";
import { zip } from "./combine/zip";
import { dataset, fromSource } from "./dataset";

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "cajal-records-"))));
afterAll(() => rm(folder, { recursive: true }));

/** 7 examples of which it is known how often each was made. */
function counted() {
  const counts = [0, 0, 0, 0, 0, 0, 0];
  const data = fromSource({
    size: 7,
    classes: ["a", "b"],
    labels: [0, 1, 0, 1, 0, 1, 0],
    read(indices) {
      for (const index of indices) counts[index]!++;
      return {
        x: tensor("float32", [indices.length, 2, 3], Array.from(indices).flatMap((i) => [i, 1, 2, 3, 4, i / 7])), // prettier-ignore
        y: tensor(
          "int32",
          [indices.length],
          Array.from(indices, (i) => i % 2),
        ),
      };
    },
  });
  return { counts, data };
}

describe("cacheOnDisk", () => {
  it("makes each example once, for all epochs and the next program", async () => {
    const { counts, data } = counted();
    const wanted = await data.all();
    counts.fill(0);
    const options = { folder, key: "once" };
    const cached = cacheOnDisk(data, options).shuffle({ seed: 1 }).batch(2);
    for (const epoch of [0, 1, 2]) for await (const _ of cached.batches({ epoch })) continue;
    // The first is made once more, to know what examples are like.
    expect(counts).toEqual([2, 1, 1, 1, 1, 1, 1]);
    const again = counted();
    const opened = cacheOnDisk(again.data, options);
    expect(await opened.all()).toEqual(wanted);
    expect(again.counts).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect([opened.classes, opened.size]).toEqual([["a", "b"], 7]);
    expect(opened.split(0.5, { stratify: true }).map(({ size }) => size)).toEqual([4, 3]);
  });

  it("makes damaged examples anew, and of another key all", async () => {
    const { counts, data } = counted();
    const wanted = await data.all();
    const before = new Set(await readdir(folder));
    await cacheOnDisk(data, { folder, key: "damaged" }).all();
    const [name] = (await readdir(folder)).filter((each) => !before.has(each));
    const file = await open(join(folder, name!), "r+");
    // 8 bytes, 24 of x, 4 of y a record.
    await file.write(Buffer.from([1]), 0, 1, 3 * 36 + 20);
    await file.truncate(7 * 36 - 5);
    await file.close();
    counts.fill(0);
    expect(await cacheOnDisk(data, { folder, key: "damaged" }).all()).toEqual(wanted);
    expect(counts).toEqual([1, 0, 0, 1, 0, 0, 1]);
    counts.fill(0);
    await cacheOnDisk(data, { folder, key: "other" }).all();
    expect(counts).toEqual([2, 1, 1, 1, 1, 1, 1]);
  });

  it("keeps weights, in a file of their own kind", async () => {
    const [x, y] = [tensor("float32", [3, 1], [1, 2, 3]), tensor("int32", [3], [0, 1, 0])];
    const weight = tensor("float32", [3], [0.5, 2, 7]);
    const options = { folder, key: "weights" };
    await cacheOnDisk(dataset({ x, y }), options).all();
    const before = dataset({ x, y, weight });
    for (let pass = 0; pass < 2; pass++)
      expect(await cacheOnDisk(before, options).all()).toEqual({ x, y, weight });
  });

  it("refuses maps before it that go by their batch", async () => {
    const { data } = counted();
    const odd = data.map((batch, { index }) => ({ ...batch, y: index > 1 ? batch.y : batch.y }));
    await expect(cacheOnDisk(odd, { folder, key: "index" }).all()).rejects.toThrow("Put that map after the cache"); // prettier-ignore
  });

  it("takes maps before it that hand their context on without the number of their batch", async () => {
    const { data } = counted();
    const epochs: number[] = [];
    const after = data
      .map((batch, { epoch, ...rest }) => (epochs.push(epoch, rest.examples.length), batch))
      .map((batch, context) => (epochs.push({ ...context }.epoch), batch));
    expect(await cacheOnDisk(after, { folder, key: "spread" }).all()).toEqual(await data.all());
    // The first example, which tells what all are like, and all of them.
    expect(epochs).toEqual([0, 1, 0, 0, 7, 0]);
    const zipped = zip({ left: after }).map(({ x, y }) => ({ x: x.left, y: y.left }));
    expect((await cacheOnDisk(zipped, { folder, key: "zipped" }).all()).x).toEqual((await data.all()).x); // prettier-ignore
  });

  it("ends no pass where another is aborted", async () => {
    const { data } = counted();
    const slow = data.map(async (batch) => (await sleep(20), batch));
    const cached = cacheOnDisk(slow, { folder, key: "aborted" });
    const control = new AbortController();
    const aborted = cached.all({ signal: control.signal });
    const other = cached.all();
    control.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    expect((await other).x.shape).toEqual([7, 2, 3]);
  });

  it.skipIf(process.platform !== "linux")(
    "closes its file, though the data before it live on",
    async () => {
      setFlagsFromString("--expose-gc");
      const collectGarbage = runInNewContext("gc") as () => void;
      const { data } = counted();
      for (let i = 0; i < 20; i++) await cacheOnDisk(data, { folder, key: "closed" }).all();
      const openFiles = async () => {
        const numbers = await readdir("/proc/self/fd");
        const paths = await Promise.all(numbers.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => ""))); // prettier-ignore
        return paths.filter((path) => path.startsWith(folder)).length;
      };
      // Finalizers run when the system has time.
      for (let i = 0; i < 50 && (await openFiles()) > 2; i++) {
        collectGarbage();
        await sleep(10);
      }
      expect(await openFiles()).toBeLessThan(3);
      expect(data.size).toBe(7);
    },
  );

  it("refuses what cannot be kept", async () => {
    const { data } = counted();
    expect(() => cacheOnDisk(data, { folder } as never)).toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
    expect(() => cacheOnDisk([] as never, { folder, key: "x" })).toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
    const odd = fromSource({
      size: 2,
      read: (indices) => ({ x: tensor("uint8", [indices.length, indices[0]! + 1]), y: tensor("int32", [indices.length]) }), // prettier-ignore
    });
    const some = cacheOnDisk(odd, { folder, key: "odd" }).batch(1);
    await expect(some.batches({ start: 1 }).next()).rejects.toThrow(expect.objectContaining({ code: "bad-shape" })); // prettier-ignore
    const file = cacheOnDisk(data, { folder: join("/dev/null", "x"), key: "x" });
    await expect(file.all()).rejects.toThrow(expect.objectContaining({ code: "io" }));
  });
});
