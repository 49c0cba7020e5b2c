// Class folders, tables of labels and picked files: the reference's three folders, whose orders are Keras' and
// torchvision's.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { sha256 } from "../../testing/images";
import type { Dataset } from "../dataset";
import { resize } from "../images/resize";
import { numpyShuffle } from "../numpyRandom";
import { classFolders } from "./classFolders";
import { imageFiles } from "./imageFiles";
import { imageFolder } from "./imageFolder";
import { imageTable } from "./imageTable";

const fixture = (name: string) =>
  readFile(new URL(`../../fixtures/decoding/${name}`, import.meta.url));

it("shuffles as numpy.random.RandomState", () => {
  // NumPy 2.4: RandomState(42).shuffle(arange(10)).
  expect(numpyShuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 42)).toEqual([8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
});

describe("class folders", () => {
  const paths = ["b/2.png", "b/10.png", "a/x.JPEG", "a/sub/y.png", "a/notes.txt", ".h/z.png", "top.png", "c/w.webp"]; // prettier-ignore

  it("are Keras' or torchvision's", () => {
    expect(classFolders(paths)).toEqual({
      classes: ["a", "b", "c"],
      paths: ["a/x.JPEG", "a/sub/y.png", "b/10.png", "b/2.png"],
      labels: [0, 0, 1, 1],
    });
    const { classes, paths: files } = classFolders(paths, { order: "torchvision" });
    expect(classes).toEqual([".h", "a", "b", "c"]);
    expect(files).toEqual([".h/z.png", "a/x.JPEG", "a/sub/y.png", "b/10.png", "b/2.png", "c/w.webp"]); // prettier-ignore
  });

  it.each([
    ["unknown-name", { order: "sklearn" }],
    ["bad-argument", { validationSplit: 1, subset: "training", seed: 1 }],
    ["bad-argument", { validationSplit: 0.5, seed: 1 }],
    ["bad-argument", { validationSplit: 0.5, subset: "training" }],
    ["bad-argument", { subset: "training" }],
    ["unknown-option", { split: 0.5 }],
  ])("refuses with %s: %o", (code, options) => {
    expect(() => classFolders(paths, options as never)).toThrow(expect.objectContaining({ code }));
  });
});

describe("image folders", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cajal-folder-"));
    for (const name of ["cat", "dog"]) await mkdir(join(folder, name));
    await writeFile(join(folder, "cat/1.png"), await fixture("a_png_palette2.png"));
    await writeFile(join(folder, "dog/2.png"), await fixture("a_png_grey1.png"));
    await writeFile(join(folder, "dog/3.jpg"), await fixture("a_jpeg_noise_420_q75.jpg"));
    await writeFile(join(folder, "labels.csv"), "file,label\r\ncat/1.png,cat\r\ndog/2.png,dog\r\n");
  });
  afterAll(() => rm(folder, { recursive: true }));

  const square = { prepare: (image: Parameters<typeof resize>[0]) => resize(image, { width: 8, height: 8 }) as never }; // prettier-ignore

  it("become batches of one size", async () => {
    const data = await imageFolder(folder, square);
    const { x, y } = await data.all();
    expect([x.dtype, x.shape, [...y.data], data.classes]).toEqual(["uint8", [3, 8, 8, 3], [0, 1, 1], ["cat", "dog"]]); // prettier-ignore
    const picked = imageFiles(
      new Map([["dog/2.png", new Blob([await fixture("a_png_grey1.png")])]]),
      square,
    );
    const one = await picked.all();
    expect(one.x.data).toEqual(x.data.slice(192, 384));
    expect(picked.classes).toEqual(["dog"]);
  });

  // Keras 3.15 lists four of them, torchvision 0.28 five.
  it("may be links to folders", async () => {
    const root = await mkdtemp(join(tmpdir(), "cajal-links-"));
    await mkdir(join(root, "elsewhere/deep"), { recursive: true });
    await mkdir(join(root, "classes/ant"), { recursive: true });
    await mkdir(join(root, "classes/cat"));
    for (const path of [
      "classes/ant/1.png",
      "classes/cat/2.png",
      "elsewhere/3.png",
      "elsewhere/deep/4.png",
    ])
      // prettier-ignore
      await writeFile(join(root, path), await fixture("a_png_grey1.png"));
    await symlink(join(root, "elsewhere"), join(root, "classes/bee"));
    await symlink(join(root, "elsewhere/deep"), join(root, "classes/cat/within"));
    await symlink(join(root, "classes"), join(root, "classes/cat/endless"));
    await symlink(join(root, "nowhere"), join(root, "classes/dangling"));
    const labels = async (order: "keras" | "torchvision") => {
      const data = await imageFolder(join(root, "classes"), { order });
      expect(data.classes).toEqual(["ant", "bee", "cat"]);
      return [...(await data.all()).y.data];
    };
    expect(await labels("keras")).toEqual([0, 1, 1, 2]);
    expect(await labels("torchvision")).toEqual([0, 1, 1, 2, 2]);
    await rm(root, { recursive: true });
  });

  it("say which image has another size", async () => {
    const data = await imageFolder(folder);
    await expect(data.all()).rejects.toThrow(/3\.jpg is \[40,43,3\].*prepare/);
  });

  it("say what prepare gives that is no image", async () => {
    const data = await imageFolder(folder, { prepare: () => undefined as never });
    await expect(data.all()).rejects.toThrow(
      /^prepare of .*[123]\..*: got undefined, expected an image/,
    );
  });

  it("have no size where there are none", async () => {
    const data = await imageTable(join(folder, "labels.csv"), { where: () => false });
    expect(data.size).toBe(0);
    for await (const _ of data) expect.unreachable();
    await expect(data.all()).rejects.toThrow("images: this dataset has no examples");
  });

  it("say which image is damaged", async () => {
    const files = new Map([["cat/1.jpg", new Blob(["no image"])]]);
    await expect(imageFiles(files).all()).rejects.toThrow(/^cat\/1\.jpg: /);
  });

  it("end at once when aborted", async () => {
    const data = await imageFolder(folder, square);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(data.all({ signal })).rejects.toThrow("enough");
  });

  it("come from a table", async () => {
    const data = await imageTable(join(folder, "labels.csv"));
    const { x, y } = await data.all();
    expect([x.shape, [...y.data], data.classes]).toEqual([
      [2, 24, 25, 3],
      [0, 1],
      ["cat", "dog"],
    ]);
    const dogs = await imageTable(join(folder, "labels.csv"), { where: ({ label }) => label === "dog", classes: ["dog"] }); // prettier-ignore
    expect([...(await dogs.all()).y.data]).toEqual([0]);
  });

  it.each([
    ["bad-file", "file,label\n../x.png,cat\n"],
    ["bad-file", "file,label\n/etc/x.png,cat\n"],
    ["bad-file", "file,label\nx.png,\n"],
    ["bad-file", "file,label\nx.png,cat,more\n"],
    ["bad-file", "file,label\nx.png,4294967297\n"],
    ["bad-file", 'file,label\n"x.png,cat\n'],
    ["bad-file", "file,label,label\nx.png,cat,dog\n"],
    ["unknown-name", "image,label\nx.png,cat\n"],
    ["unknown-name", "file,class\nx.png,cat\n"],
  ])("refuse a table with %s: %j", async (code, text) => {
    const path = join(folder, "bad.csv");
    await writeFile(path, text);
    await expect(imageTable(path)).rejects.toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ["io", () => imageFolder(join(folder, "nowhere"))],
    ["io", () => imageFolder(join(folder, "cat"))],
    ["unknown-option", () => imageFolder(folder, { size: 3 } as never)],
    ["bad-argument", () => imageFolder(folder, { channels: 2 as never })],
    ["unknown-name", () => imageFolder(folder, { like: "pilow" as never })],
    ["bad-argument", () => imageFolder(folder, { validationSplit: "0.5" as never, subset: "training", seed: 1 })], // prettier-ignore
    ["bad-argument", () => imageTable(join(folder, "labels.csv"), { where: (async () => false) as never })], // prettier-ignore
    ["bad-argument", () => imageTable(join(folder, "labels.csv"), { classes: "cat" as never })],
    ["bad-argument", () => imageFolder(7 as never)],
    ["bad-argument", async () => imageFiles([] as File[])],
  ])("refuse with %s", async (code, refused) => {
    await expect(refused()).rejects.toThrow(expect.objectContaining({ code }));
  });
});

describeWithShared("image folders of the reference", "reference/datasets/files.json", (path) => {
  const root = join(path, "../folders");
  const { folders } = JSON.parse(readFileSync(path, "utf8"));

  const hashes = async (data: Dataset<"uint8", "int32">) => {
    const visited: string[] = [];
    for await (const { x } of data.batch(1)) visited.push(sha256(x.data));
    return visited;
  };

  it("class folders, as Keras and torchvision", async () => {
    const { keras, torchvision_ImageFolder: torchvision, pixels_sha256 } = folders.class_folders;
    const data = await imageFolder(join(root, "class-folders"));
    expect(data.classes).toEqual(keras.class_names);
    const wanted = keras.files_in_order.map((file: string) => pixels_sha256[file]);
    expect(await hashes(data)).toEqual(wanted);
    expect([...(await data.all()).y.data]).toEqual(keras.labels);
    const other = await imageFolder(join(root, "class-folders"), { order: "torchvision" });
    expect(other.classes).toEqual(torchvision.classes);
    const labels: number[] = [];
    for await (const { y } of other.batch(1)) labels.push(y.data[0]!);
    expect(labels).toEqual(torchvision.samples.map(([, label]: [string, number]) => label));
  });

  it("Keras' validation split", async () => {
    const { pixels_sha256, ...all } = folders.class_folders;
    const parts: string[][] = all["keras_split_0.25_seed_1"];
    for (const [i, subset] of (["training", "validation"] as const).entries()) {
      const options = { validationSplit: 0.25, seed: 1, subset };
      const data = await imageFolder(join(root, "class-folders"), options);
      expect(await hashes(data)).toEqual(parts[i]!.map((file) => pixels_sha256[file]));
    }
  });

  it("labels.csv", async () => {
    const { rows } = folders.labels_csv;
    const data = await imageTable(join(root, "labels-csv/labels.csv"), { channels: 1 });
    expect(await hashes(data)).toEqual(rows.map((row: { pixels_sha256: string }) => row.pixels_sha256)); // prettier-ignore
    const { y } = await data.all();
    const names = Array.from(y.data, (label) => data.classes![label]);
    expect(names).toEqual(rows.map(({ label }: { label: string }) => label));
    const where = ({ split }: Record<string, unknown>) => split === "test";
    const test = await imageTable(join(root, "labels-csv/labels.csv"), { where });
    expect(test.size).toBe(rows.filter(where).length);
  });

  it("metadata.jsonl", async () => {
    const { rows } = folders.metadata_jsonl;
    const data = await imageTable(join(root, "metadata-jsonl/train/metadata.jsonl"), { channels: 1 }); // prettier-ignore
    expect(await hashes(data)).toEqual(rows.map((row: { pixels_sha256: string }) => row.pixels_sha256)); // prettier-ignore
    expect([...(await data.all()).y.data]).toEqual(
      rows.map(({ label }: { label: number }) => label),
    );
  });
});
