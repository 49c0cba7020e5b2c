import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { isCajalError } from "@cajal/core";
import { afterEach, describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { fileServer } from "../../../files/testing/fileServer";
import { mnist, type MnistOptions } from "./mnist";

const torchvision: Record<"train" | "test", MnistNumbers> = JSON.parse(
  readFileSync(new URL("../../fixtures/mnist.json", import.meta.url), "utf8"),
);
interface MnistNumbers {
  readonly examples: number;
  readonly sum: number;
  readonly sum_of_squares: number;
  /** Of pixels in 0 … 1. */
  readonly mean: number;
  readonly std: number;
  /** How many of each digit. */
  readonly labels: readonly number[];
  readonly first_sums: readonly number[];
  readonly first_labels: readonly number[];
}

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cajal-mnist-"));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
const problem = async (options: MnistOptions) => {
  try {
    await mnist(options);
  } catch (error) {
    if (isCajalError(error)) return error;
    throw error;
  }
  throw new Error("expected an error");
};

const [images, labels] = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"] as const;

describe("without the files", () => {
  it("a folder that lacks them: io, with their names", async () => {
    const folder = newFolder();
    const error = await problem({ folder });
    expect(error).toMatchObject({ code: "io", facts: { folder } });
    // Whichever of the two is missed first.
    expect(error.message).toMatch(/train-(images|labels)-idx\d-ubyte\.gz/);
  });

  it("offline: the file and the folder to put it in", async () => {
    const cache = newFolder();
    const error = await problem({ cache, offline: true, split: "test" });
    expect(error.code).toBe("offline");
    expect(error.message).toContain(join(cache, "mnist"));
    expect(error.message).toMatch(/t10k-(images|labels)-idx\d-ubyte\.gz/);
  });

  it("asks the mirrors for the official names, in turn", async () => {
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = async (url) => {
      asked.push(String(url));
      return new Response("no", { status: 404 });
    };
    const mirrors = ["https://a.invalid/mnist", "https://b.invalid/"];
    const error = await problem({ cache: newFolder(), mirrors, fetch });
    expect(error.code).toBe("network");
    expect(asked).toContain("https://a.invalid/mnist/train-images-idx3-ubyte.gz");
    expect(asked[0]).toContain("https://a.invalid/");
  });

  it.each<[string, object, string]>([
    ["split", { split: "valid" }, "unknown-name"],
    ["option", { foldr: "/" }, "unknown-option"],
  ])("an unknown %s", async (_, options, code) => expect((await problem(options)).code).toBe(code));

  it("aborted before: nothing is asked", async () => {
    const signal = AbortSignal.abort();
    await expect(mnist({ cache: newFolder(), signal })).rejects.toBe(signal.reason);
  });
});

describeWithShared("with the official files", "data/mnist", (folder) => {
  const gz = (name: string) => `${folder}/${name}.gz`;

  it("reads 60,000 and 10,000 images and labels", async () => {
    const [train, test] = await Promise.all([mnist({ folder }), mnist({ folder, split: "test" })]);
    expect([train.size, test.size]).toEqual([60_000, 10_000]);

    expect((await train.take(10).all()).x.shape).toEqual([10, 28, 28, 1]);
    expect(train.classes).toEqual([..."0123456789"]);
  });

  it.each(["train", "test"] as const)("%s: the numbers that torchvision reads", async (split) => {
    const expected = torchvision[split];
    const data = await mnist({ folder, split });
    const labels = Array.from({ length: 10 }, () => 0);
    let [sum, squares, n] = [0, 0, 0];
    for await (const { x, y } of data.batch(1000).batches({ reuse: true })) {
      for (const value of x.data) {
        // A byte, scaled.
        const pixel = Math.round(value * 255);
        sum += pixel;
        squares += pixel * pixel;
      }
      n += x.data.length;
      for (const label of y.data) labels[label]!++;
    }
    expect([data.size, sum, squares, labels]).toEqual([
      expected.examples,
      expected.sum,
      expected.sum_of_squares,
      expected.labels,
    ]);
    const mean = sum / n / 255;
    expect(mean).toBeCloseTo(expected.mean, 10);
    expect(Math.sqrt(squares / n / 255 ** 2 - mean ** 2)).toBeCloseTo(expected.std, 10);
    const first = await data.take(10).all();
    expect([...first.y.data]).toEqual(expected.first_labels);
    const sums = expected.first_sums.map((_, i) => first.x.data.slice(784 * i, 784 * (i + 1)).reduce((total, value) => total + Math.round(value * 255), 0)); // prettier-ignore
    expect(sums).toEqual(expected.first_sums);
  });

  it("reads unpacked files too", async () => {
    const own = newFolder();
    for (const name of [images, labels])
      await writeFile(join(own, name), gunzipSync(readFileSync(gz(name))));
    expect((await mnist({ folder: own, split: "test" })).size).toBe(10_000);
  });

  describe("reads folders as others leave them:", () => {
    const packed = (name: string) => readFileSync(gz(name));
    const unpacked = (name: string) => gunzipSync(packed(name));
    const dotted = (name: string) => name.replace("-idx", ".idx");
    it.each<[string, (name: string) => Record<string, Buffer>]>([
      ["torchvision's root", (name) => ({ [`MNIST/raw/${name}`]: unpacked(name) })],
      ["torchvision's raw, packed too", (name) => ({ [`raw/${name}.gz`]: packed(name) })],
      ["7-Zip's names", (name) => ({ [dotted(name)]: unpacked(name) })],
      ["Kaggle's folders", (name) => ({ [`${name}/${name}`]: unpacked(name) })],
      ["folders by the dotted name", (name) => ({ [`${dotted(name)}/${name}`]: unpacked(name) })],
      ["a folder named as the packed file", (name) => ({ [`${name}.gz/${name}`]: unpacked(name) })],
      ["unpacked by a browser, the name left", (name) => ({ [`${name}.gz`]: unpacked(name) })],
      ["packed without saying so", (name) => ({ [name]: packed(name) })],
      [
        "a damaged copy beside a good one",
        (name) => ({ [`${name}.gz`]: Buffer.from("<html>"), [name]: unpacked(name) }),
      ],
    ])("%s", async (_, layout) => {
      const own = newFolder();
      for (const name of [images, labels])
        for (const [path, bytes] of Object.entries(layout(name))) {
          await mkdir(dirname(join(own, path)), { recursive: true });
          await writeFile(join(own, path), bytes);
        }
      const { y } = await (await mnist({ folder: own, split: "test" })).take(5).all();
      // The first labels of the official test file.
      expect([...y.data]).toEqual([7, 2, 1, 0, 4]);
    });
  });

  it("is fetched over HTTP once, then found in the cache, and fetched anew where that is damaged", async () => {
    const server = await fileServer(
      { content: new Uint8Array() },
      // Packed otherwise than the official files: the content counts.
      {
        [`/m/${images}.gz`]: gzipSync(gunzipSync(readFileSync(gz(images))), { level: 1 }),
        [`/m/${labels}.gz`]: readFileSync(gz(labels)),
      },
    );
    endings.push(() => server.close());
    const cache = newFolder();
    const mirrors = [new URL("/m", server.url).href];
    const uniqueLabels = new Set<string>();
    const options = { cache, mirrors, split: "test" } as const;
    const fetched = await mnist({ ...options, onProgress: ({ path }) => uniqueLabels.add(path) });
    expect(fetched.size).toBe(10_000);
    expect(uniqueLabels.size).toBe(2);
    expect(server.requests.length).toBe(2);

    await mnist({ ...options, offline: true });
    expect(server.requests.length).toBe(2);

    await writeFile(join(cache, "mnist", `${labels}.gz`), "damaged");
    expect((await problem({ ...options, offline: true })).code).toBe("checksum-mismatch");
    await mnist(options);
    expect(server.requests.map(({ path }) => path).at(-1)).toBe(`/m/${labels}.gz`);
    expect(server.requests.length).toBe(3);
    expect(readdirSync(join(cache, "mnist")).sort()).toEqual([`${images}.gz`, `${labels}.gz`]);
  });

  describe("damaged files in the folder", () => {
    const packed = readFileSync(gz(labels));
    const flipped = (at: number) => {
      const bytes = Buffer.from(packed);
      bytes[at]! ^= 4;
      return bytes;
    };
    it.each<[string, Buffer, string]>([
      ["truncated", packed.subarray(0, 2_000), "bad-file"],
      ["empty", Buffer.alloc(0), "checksum-mismatch"],
      ["a flipped bit in the data", flipped(2_000), "bad-file"],
      ["no gzip", Buffer.from("<html>"), "checksum-mismatch"],
      ["other content", gzipSync("other"), "checksum-mismatch"],
      ["more than any of the files", gzipSync(Buffer.alloc(2 ** 26 + 1)), "bad-file"],
    ])("%s", async (_, bytes, code) => {
      const own = newFolder();
      await copyFile(gz(images), join(own, `${images}.gz`));
      await writeFile(join(own, `${labels}.gz`), bytes);
      const error = await problem({ folder: own, split: "test" });
      expect(error).toMatchObject({ code, facts: { path: join(own, `${labels}.gz`) } });
    });
  });
});
