// The list of sets against what public repositories say of them; their readers on small files made here; and the
// statistics of those whose files are in the shared folder.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encodeZip } from "@cajal/files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithShared, shared } from "../../../core/testing/shared";
import { channelStatistics } from "../transforms/channelStatistics";
import { cifar10 } from "./cifar10";
import { cifar100, decodeCifar100 } from "./cifar100";
import { digits } from "./digits";
import { emnist } from "./emnist";
import { fashionMnist } from "./fashionMnist";
import { dataSetFacts, dataSets } from "./index";
import { iris } from "./iris";
import { kmnist } from "./kmnist";
import { imagenette } from "./imagenette";
import { mnist } from "./mnist";

const tar = (files: Record<string, Uint8Array>) =>
  Buffer.concat([
    ...Object.entries(files).flatMap(([name, content]) => {
      const header = Buffer.alloc(512);
      header.write(name, 0);
      header.write(content.length.toString(8).padStart(11, "0"), 124);
      header.write("0", 156);
      header.fill(" ", 148, 156);
      header.write(`${header.reduce((a, b) => a + b, 0).toString(8).padStart(6, "0")}\0 `, 148); // prettier-ignore
      return [header, content, Buffer.alloc(-content.length & 511)];
    }),
    Buffer.alloc(1024),
  ]);

describe("the list of sets", () => {
  it("has names that differ, mirrors wherever there are files, hashes for all", () => {
    expect(new Set(dataSets.map(({ name }) => name)).size).toBe(dataSets.length);
    for (const { name, files, mirrors, splits } of dataSets) {
      expect(
        Object.values(splits).every((n) => n > 0),
        name,
      ).toBe(true);
      for (const file of files) {
        expect(file.md5 ?? file.sha256, `${name} ${file.name}`).toMatch(/^[0-9a-f]{32,64}$/);
        expect((file.urls ?? mirrors).length, name).toBeGreaterThan(0);
      }
    }
    expect(() => dataSetFacts("minst")).toThrow(/mnist/);
  });

  it.each(["iris", "digits"])("reads %s", async (name) => {
    const { load, splits, shape, classes } = dataSetFacts(name);
    const data = await load({});
    expect([data.size, data.classes]).toEqual([splits["all"], classes]);
    expect((await data.take(1).all()).x.shape).toEqual([1, ...shape!]);
  });
});

describe("readers", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cajal-sets-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("cifar100: coarse and fine labels, planes to pixels", async () => {
    const record = Uint8Array.from({ length: 3074 }, (_, i) => (i < 2 ? [4, 51][i]! : i & 255));
    const { x, y } = decodeCifar100(record, "fine");
    expect([...y.data]).toEqual([51]);
    expect([...decodeCifar100(record, "coarse").y.data]).toEqual([4]);
    // By hand: pixel 1 is byte 2 + 1 of each plane of 1,024.
    expect([...x.data.subarray(3, 6)]).toEqual([3, (3 + 1024) & 255, (3 + 2048) & 255]);
    const { classes } = dataSetFacts("cifar100");
    expect([classes!.length, new Set(classes).size, classes!.toSorted()]).toEqual([100, 100, classes]); // prettier-ignore
    await writeFile(join(folder, "train.bin"), record);
    await expect(cifar100({ folder })).rejects.toThrow(/got 3074 bytes.*expected 153700000/);
    const archive = gzipSync(tar({ "cifar-100-binary/test.bin": record }));
    await writeFile(join(folder, "cifar-100-binary.tar.gz"), archive);
    await expect(cifar100({ folder, split: "test" })).rejects.toThrow(/test\.bin: got 3074 bytes/);
  });

  it("imagenette: class folders within the archive, in order", async () => {
    const picture = await readFile(new URL("../../fixtures/decoding/a_jpeg_noise_444_q95.jpg", import.meta.url)); // prettier-ignore
    const files = ["train/n03888257/b.JPEG", "val/n02102040/a.JPEG", "train/n01440764/z.JPEG", "noisy.csv"]; // prettier-ignore
    const archive = tar(Object.fromEntries(files.map((name) => [`imagenette2-160/${name}`, picture]))); // prettier-ignore
    await writeFile(join(folder, "imagenette2-160.tgz"), gzipSync(archive));
    const data = await imagenette({ folder });
    const { x, y } = await data.all();
    expect([x.shape, [...y.data], data.classes![9]]).toEqual([[2, 40, 43, 3], [0, 9], "parachute"]);
    expect([...(await (await imagenette({ folder, split: "validation" })).all()).y.data]).toEqual([1]); // prettier-ignore
    await writeFile(join(folder, "imagenette2-320.tgz"), gzipSync(tar({ "a/b.txt": picture })));
    await expect(imagenette({ folder, size: 320 })).rejects.toThrow(expect.objectContaining({ code: "bad-file" })); // prettier-ignore
  });

  it("emnist: another archive, and another number of pictures, are told", async () => {
    const idx = gzipSync(Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 1, 7]));
    const name = "gzip/emnist-digits-test";
    const zip = encodeZip(new Map([[`${name}-images-idx3-ubyte.gz`, idx], [`${name}-labels-idx1-ubyte.gz`, idx]])); // prettier-ignore
    await writeFile(join(folder, "gzip.zip"), zip);
    await expect(emnist({ folder, subset: "digits", split: "test" })).rejects.toThrow(/expected \[40000,28,28\]/); // prettier-ignore
    await expect(emnist({ folder })).rejects.toThrow(/emnist-balanced-train-images/);
  });

  it("fashionMnist and kmnist check the packed file, and of an unpacked one the shape", async () => {
    const idx = Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 1, 7]);
    for (const name of ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
      await writeFile(join(folder, name), idx);
    await expect(kmnist({ folder, split: "test" })).rejects.toThrow(/expected \[10000,28,28\]/);
    await writeFile(join(folder, "t10k-images-idx3-ubyte.gz"), gzipSync(idx));
    await rm(join(folder, "t10k-images-idx3-ubyte"));
    const refused = fashionMnist({ folder, split: "test" });
    await expect(refused).rejects.toThrow(expect.objectContaining({ code: "checksum-mismatch" }));
  });

  it.each([
    ["unknown-name", () => cifar100({ split: "val" as "test" })],
    ["unknown-name", () => cifar100({ labels: "rough" as "fine" })],
    ["unknown-name", () => emnist({ subset: "all" as "digits" })],
    ["unknown-name", () => imagenette({ size: 224 as 160 })],
    ["unknown-option", () => kmnist({ part: "test" } as never)],
    ["bad-argument", () => fashionMnist("test" as never)],
  ])("refuse with %s", async (code, refused) => {
    await expect(refused()).rejects.toThrow(expect.objectContaining({ code }));
  });
});

describeWithShared("sets are those of the sources", "reference/datasets/sources.json", (path) => {
  interface Source {
    files: { file: string; bytes?: number; md5?: string; sha256?: string }[];
    classes: unknown;
  }
  const sources: Record<string, Source> = JSON.parse(readFileSync(path, "utf8")).datasets;
  // A set of which no copy of the source is kept here has its hashes from the source itself.
  const compared = dataSets.flatMap((set) => {
    const source = sources[set.name.replace("-", "_")];
    return source && set.files.length > 0 ? [{ ...set, source }] : [];
  });
  it("are compared, most of them", () => expect(compared.length).toBeGreaterThanOrEqual(8));

  it.each(compared)("$name", ({ files, classes, source }) => {
    for (const file of files) {
      const { bytes, md5, sha256 } = source.files.find((each) => each.file === file.name)!;
      if (file.bytes !== undefined) expect(file.bytes).toBe(bytes);
      if (file.md5 !== undefined) expect(file.md5).toBe(md5);
      if (file.sha256 !== undefined) expect(file.sha256).toBe(sha256);
    }
    if (Array.isArray(source.classes)) expect(classes).toEqual(source.classes);
  });
});

describeWithShared("statistics", "reference/datasets/statistics.json", (path) => {
  const reference = JSON.parse(readFileSync(path, "utf8"));
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

  it.each(["train", "test"] as const)("mnist %s", async (split) => {
    const wanted = reference.mnist[split];
    const data = (await mnist({ split, folder: shared("data/mnist") })).batch(5000);
    const { mean, std, classCounts } = await channelStatistics(data);
    expect(mean[0]).toBeCloseTo(wanted.mean_0_1[0], 7);
    expect(std[0]).toBeCloseTo(wanted.std_0_1[0], 7);
    expect(classCounts).toEqual(wanted.class_counts);
    if (split === "test") {
      const { x, y } = await data.all();
      const pixels = new Uint8Array(x.data.length);
      for (let i = 0; i < pixels.length; i++) pixels[i] = Math.round(Number(x.data[i]) * 255);
      expect(sha256(pixels)).toBe(wanted.sha256_of_pixels);
      expect(sha256(Uint8Array.from(y.data))).toBe(wanted.sha256_of_labels);
    } else {
      const facts = dataSetFacts("mnist");
      expect(facts.mean![0]).toBeCloseTo(mean[0]!, 7);
      expect(facts.std![0]).toBeCloseTo(std[0]!, 7);
    }
  });

  it("cifar10: the batches that are there", async () => {
    const wanted = reference.cifar10.data_batch_1_and_2;
    const data = (await cifar10({ folder: shared("data/cifar10"), partial: true })).batch(2000);
    const { mean, std, classCounts } = await channelStatistics(data);
    mean.forEach((value, c) => expect(value).toBeCloseTo(wanted.mean_0_1[c], 7));
    std.forEach((value, c) => expect(value).toBeCloseTo(wanted.std_0_1[c], 7));
    expect(classCounts).toEqual(wanted.class_counts);
  });

  it("digits and iris", async () => {
    for (const [name, data] of [
      ["digits", digits()],
      ["iris", iris()],
    ] as const) {
      // prettier-ignore
      const wanted = reference[name].all ?? reference[name];
      const { classCounts } = await channelStatistics(data);
      expect(classCounts).toEqual(wanted.class_counts);
    }
  });
});
