import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { isCajalError } from "@cajal/core";
import { readTar } from "@cajal/files";
import { afterEach, describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { fileServer } from "../../../files/testing/fileServer";
import { cifar10, type Cifar10Options } from "./cifar10";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cajal-cifar10-"));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
const problem = async (options: Cifar10Options) => {
  try {
    await cifar10(options);
  } catch (error) {
    if (isCajalError(error)) return error;
    throw error;
  }
  throw new Error("expected an error");
};

const archive = "cifar-10-binary.tar.gz";
/** A record of one label and a value for each colour, all pixels alike but the first. */
const record = (label: number, [red, green, blue]: readonly [number, number, number]) =>
  Buffer.concat([
    Buffer.from([label]),
    ...[red, green, blue].map((value) => Buffer.alloc(1024, value).fill(value + 1, 0, 1)),
  ]);
/** Two records, and one. */
const small = {
  "data_batch_2_first2.bin": Buffer.concat([record(3, [10, 20, 30]), record(9, [40, 50, 60])]),
  "data_batch_4_first1.bin": record(0, [70, 80, 90]),
};
function filled(files: Readonly<Record<string, Uint8Array>>, folder = newFolder()): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}
/** A folder with an archive as the official one is, made by the system's tar. */
function packed(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = newFolder();
  const inside = "cifar-10-batches-bin";
  filled(files, join(folder, inside));
  execFileSync("tar", ["--format=ustar", "-czf", archive, inside], { cwd: folder });
  execFileSync("rm", ["-r", inside], { cwd: folder });
  return folder;
}

describe("cifar10, from made files", () => {
  it.each<[string, () => string]>([
    ["in the folder", () => filled(small)],
    [
      "in the folder that the archive unpacks to",
      () => {
        const folder = newFolder();
        filled(small, join(folder, "cifar-10-batches-bin"));
        return folder;
      },
    ],
    ["in the archive", () => packed({ ...small, "batches.meta.txt": Buffer.from("airplane\n") })],
  ])("reads the first records of batches %s", async (_, place) => {
    const data = await cifar10({ folder: place(), partial: true });
    expect(data.size).toBe(3);
    const { x, y } = await data.all();
    expect(x).toMatchObject({ dtype: "float32", shape: [3, 32, 32, 3] });
    expect(y).toMatchObject({ dtype: "int32", shape: [3] });
    expect([...y.data]).toEqual([3, 9, 0]);
    const image = 32 * 32 * 3;
    // Two pixels of each: the colours of a pixel lie side by side.
    [
      [11, 21, 31, 10, 20, 30],
      [41, 51, 61, 40, 50, 60],
      [71, 81, 91, 70, 80, 90],
    ].forEach((expected, i) =>
      expect(bytes(x.data.slice(i * image, i * image + 6))).toEqual(expected),
    );
    expect(data.classes).toHaveLength(10);
  });

  it("prefers more of a batch to less", async () => {
    const folder = filled({ ...small, "data_batch_2_first1.bin": record(1, [1, 2, 3]) });
    expect((await cifar10({ folder, partial: true })).size).toBe(3);
  });

  it("a part is an error that says what is missing, unless it is asked for", async () => {
    const folder = filled(small);
    const error = await problem({ folder });
    expect(error).toMatchObject({
      code: "io",
      facts: { has: ["data_batch_2_first2.bin", "data_batch_4_first1.bin"] },
    });
    expect(error.facts.missing).toContain("data_batch_4.bin");
    expect(error.message).toContain("data_batch_5.bin");
    expect(error.message).toContain('"partial"');
    // Of the other split there is nothing.
    expect((await problem({ folder, split: "test", partial: true })).facts.has).toEqual([]);
  });

  it.each<[string, Record<string, Uint8Array>, string]>([
    ["truncated", { "test_batch_first1.bin": Buffer.alloc(3000) }, "bad-file"],
    ["too long", { "test_batch_first1.bin": Buffer.alloc(2 * 3073) }, "bad-file"],
    ["with labels that are none", { "test_batch_first1.bin": record(10, [0, 0, 0]) }, "bad-file"],
    ["a whole batch, truncated", { "test_batch.bin": Buffer.alloc(3073) }, "bad-file"],
    [
      "a whole batch of other content",
      { "test_batch.bin": Buffer.alloc(30_730_000) },
      "checksum-mismatch",
    ],
    ["an archive that is no gzip file", { [archive]: Buffer.from("<html>") }, "bad-file"],
    ["an archive that is empty", { [archive]: Buffer.alloc(0) }, "bad-file"],
  ])("%s: an error", async (_, files, code) => {
    const folder = filled(files);
    const error = await problem({ folder, split: "test", partial: true });
    expect(error.code).toBe(code);
    expect(error.message).toContain(join(folder, Object.keys(files)[0]!));
  });

  it("an archive that is truncated, or holds a batch that is too large", async () => {
    const folder = packed(small);
    const whole = readFileSync(join(folder, archive));
    writeFileSync(join(folder, archive), whole.subarray(0, whole.length - 20));
    expect((await problem({ folder, partial: true })).code).toBe("bad-file");
    const large = packed({ "test_batch.bin": Buffer.alloc(30_730_001) });
    expect(await problem({ folder: large, split: "test" })).toMatchObject({
      code: "bad-file",
      facts: { size: 30_730_001 },
    });
  });
});

describe("cifar10, without the files", () => {
  it("a folder that lacks them: io, with their names", async () => {
    const folder = newFolder();
    for (const place of [folder, join(folder, "absent")]) {
      const error = await problem({ folder: place, partial: true });
      expect(error).toMatchObject({ code: "io", facts: { place, has: [] } });
      expect(error.message).toContain(archive);
    }
  });

  it("offline: the file and the folder to put it in", async () => {
    const cache = newFolder();
    const error = await problem({ cache, offline: true });
    expect(error.code).toBe("offline");
    expect(error.message).toContain(join(cache, "cifar10"));
    expect(error.message).toContain(archive);
  });

  it("asks the mirrors for the official archive in turn, and refuses another", async () => {
    const folder = packed(small);
    const server = await fileServer(
      { content: new Uint8Array() },
      {
        [`/b/${archive}`]: readFileSync(join(folder, archive)),
      },
    );
    endings.push(() => server.close());
    const cache = newFolder();
    const mirrors = [new URL("/a", server.url).href, new URL("/b/", server.url).href];
    expect((await problem({ cache, mirrors })).code).toBe("checksum-mismatch");
    expect(server.requests.map(({ path }) => path)).toEqual([`/a/${archive}`, `/b/${archive}`]);
    expect(readdirSync(join(cache, "cifar10"))).not.toContain(archive);
  });

  it.each<[string, object, string]>([
    ["split", { split: "valid" }, "unknown-name"],
    ["option", { foldr: "/" }, "unknown-option"],
  ])("an unknown %s", async (_, options, code) => expect((await problem(options)).code).toBe(code));

  it("aborted before, and while an archive is read", async () => {
    const before = AbortSignal.abort();
    await expect(cifar10({ cache: newFolder(), signal: before })).rejects.toBe(before.reason);
    const controller = new AbortController();
    const { signal } = controller;
    const run = cifar10({ folder: packed(small), partial: true, signal });
    controller.abort();
    await expect(run).rejects.toBe(signal.reason);
  });
});

describeWithShared("cifar10, with batches of the official files", "data/cifar10", (folder) => {
  const partial = true;

  it("reads what is there: images, labels, names", async () => {
    const [train, test] = await Promise.all([
      cifar10({ folder, partial }),
      cifar10({ folder, split: "test", partial }),
    ]);
    expect(train.size).toBeGreaterThanOrEqual(20_000);
    expect(test.size).toBeGreaterThanOrEqual(1_000);
    // The first labels and pixels as keras.datasets.cifar10.load_data() gives them.
    const { x, y } = await train.take(10).all();
    expect([...y.data]).toEqual([6, 9, 9, 4, 1, 1, 2, 7, 8, 3]);
    expect(bytes(x.data.slice(0, 6))).toEqual([59, 62, 63, 43, 46, 45]);
    const tests = await test.take(1000).all();
    expect([...tests.y.data].slice(0, 10)).toEqual([3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    expect(bytes(tests.x.data.slice(0, 3))).toEqual([158, 112, 49]);
    // Of each class among the first thousand.
    const counts = Array.from({ length: 10 }, () => 0);
    for (const label of tests.y.data) counts[label]!++;
    expect(counts).toEqual([103, 89, 100, 103, 90, 86, 112, 102, 106, 109]);
  });

  it("gives pixels of the usual mean and deviation", async () => {
    const train = await cifar10({ folder, partial });
    const [sums, squares] = [[0, 0, 0], [0, 0, 0]]; // prettier-ignore
    let n = 0;
    for await (const { x } of train.take(5000).batch(1000)) {
      x.data.forEach((value, i) => {
        sums[i % 3]! += value;
        squares[i % 3]! += value * value;
      });
      n += x.data.length / 3;
    }
    // Of all 50,000: 0.4914, 0.4822, 0.4465 and 0.2470, 0.2435, 0.2616, as PyTorch's recipes have them.
    // Those of 5,000 come within 0.005 (the deviation of an image's mean, about 0.12, over √5,000, thrice).
    [0.4914, 0.4822, 0.4465].forEach((mean, c) =>
      expect(Math.abs(sums[c]! / n - mean)).toBeLessThan(0.005),
    );
    [0.247, 0.2435, 0.2616].forEach((deviation, c) =>
      expect(Math.abs(Math.sqrt(squares[c]! / n - (sums[c]! / n) ** 2) - deviation)).toBeLessThan(
        0.005,
      ),
    );
  });

  it("names the classes as the archive's own list does", async () => {
    const bytes = gunzipSync(readFileSync(join(folder, archive)));
    const meta = { name: archive, limit: 1000, wants: (name: string) => name.endsWith("meta.txt") };
    const names: string[] = [];
    for await (const { content } of readTar(one(bytes), meta))
      names.push(...new TextDecoder().decode(content).trim().split("\n"));
    const { classes } = await cifar10({ folder, split: "test", partial });
    expect(names).toHaveLength(10);
    expect(classes).toEqual(names);
  });

  it("refuses the archive with a flipped bit", async () => {
    const own = newFolder();
    await copyFile(join(folder, archive), join(own, archive));
    const bytes = readFileSync(join(own, archive));
    bytes[20_000_000]! ^= 4;
    await rm(join(own, archive), { force: true });
    writeFileSync(join(own, archive), bytes);
    expect((await problem({ folder: own, partial })).code).toMatch(/bad-file|checksum-mismatch/);
  });
});

/** Pixels as the file has them. */
const bytes = (pixels: Float32Array) => Array.from(pixels, (value) => Math.round(value * 255));

async function* one(bytes: Uint8Array) {
  yield bytes;
}
