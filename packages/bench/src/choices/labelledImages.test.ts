import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classNumbers, labelledImages } from "./labelledImages";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "cajal-labelled-"))));
afterAll(() => rm(folder, { recursive: true }));

async function folderWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, name, path, ".."), { recursive: true });
    await writeFile(join(folder, name, path), content);
  }
  return join(folder, name);
}
const listed = (root: string) =>
  labelledImages(root).map(({ path, label }) => [
    relative(root, path).replaceAll("\\", "/"),
    label,
  ]);

describe("labelledImages", () => {
  it("reads folders of classes, also where they lie in val", async () => {
    const files = {
      "val/n01443537/b.JPEG": "",
      "val/n01440764/a.JPEG": "",
      "val/n01440764/notes.txt": "",
    };
    const expected = [["n01440764/a.JPEG", "n01440764"], ["n01443537/b.JPEG", "n01443537"]]; // prettier-ignore
    const root = await folderWith("folders", files);
    expect(listed(join(root, "val"))).toEqual(expected);
    const linked = await folderWith("linked", { "n01440764/a.JPEG": "" });
    await symlink(join(root, "val/n01443537"), join(linked, "n01443537"));
    await symlink(join(root, "nowhere"), join(linked, "n01484850"));
    expect(listed(linked)).toEqual(expected);
    expect(listed(join(root, "val"))).toEqual(labelledImages(join(root, "val")).map(({ path, label }) => [relative(join(root, "val"), path), label])); // prettier-ignore
  });

  it("reads the tables that such sets come with", async () => {
    const csv = await folderWith("csv", { "labels.csv": "file,wnid,class_index,label\na.jpg,n01440764,0,tench\n" });
    expect(listed(csv)).toEqual([["a.jpg", 0]]);
    const names = await folderWith("names", { "labels.csv": "label,file\ntench,a.jpg\n" });
    expect(listed(names)).toEqual([["a.jpg", "tench"]]);
    const kaggle = await folderWith("kaggle", {
      "LOC_val_solution.csv": "ImageId,PredictionString\nILSVRC2012_val_00048981,n03995372 85 1 499 272 \n",
      "ILSVRC2012_img_val/ILSVRC2012_val_00048981.JPEG": "",
    });
    expect(listed(kaggle)).toEqual([["ILSVRC2012_img_val/ILSVRC2012_val_00048981.JPEG", "n03995372"]]);
    const caffe = await folderWith("caffe", { "val.txt": "ILSVRC2012_val_00000001.JPEG 65\n" });
    expect(listed(caffe)).toEqual([["ILSVRC2012_val_00000001.JPEG", 65]]);
  }); // prettier-ignore

  it("takes images of every kind that is decoded", async () => {
    const names = ["a.BMP", "b.gif", "c.jpg", "d.jpeg", "e.pgm", "f.png", "g.tif", "h.webp"];
    const files = Object.fromEntries([...names, "notes.txt"].map((name) => [`cat/${name}`, ""]));
    expect(listed(await folderWith("kinds", files))).toEqual(names.map((name) => [`cat/${name}`, "cat"])); // prettier-ignore
    const table = await folderWith("kind", { "val.txt": "a.webp 3\n" });
    expect(listed(table)).toEqual([["a.webp", 3]]);
  });

  it("reads names and labels with commas, quotes and spaces, of Windows too", async () => {
    const csv = '\uFEFFfile,label\r\n"a, b.jpg","tench, Tinca ""tinca"""\r\nc d.jpg , hen\r\n';
    const quoted = await folderWith("quoted", { "labels.csv": csv });
    expect(listed(quoted)).toEqual([["a, b.jpg", 'tench, Tinca "tinca"'], ["c d.jpg", "hen"]]);
    const empty = await folderWith("unused", { "labels.csv": 'note,file,label\n,a.jpg,tench\n"",b.jpg,hen\n' });
    expect(listed(empty)).toEqual([["a.jpg", "tench"], ["b.jpg", "hen"]]);
    const spaced = await folderWith("spaced", { "val.txt": "my cat.jpg 3\nb.jpg\t12\n" });
    expect(listed(spaced)).toEqual([["my cat.jpg", 3], ["b.jpg", 12]]);
  }); // prettier-ignore

  it.each([
    ["labels.csv", "file,label\na.jpg,tench\n\nb.jpg\n", 4],
    ["labels.csv", "file,label\na.jpg,\n", 2],
    ["labels.csv", "file,class_index\na.jpg,0\nb.jpg,\n", 3],
    ["labels.csv", "file,class_index\na.jpg,0.5\n", 2],
    ["LOC_val_solution.csv", "ImageId,PredictionString\na\n", 2],
    ["val.txt", "a.jpg 1\nb.jpg\n", 2],
    ["val.txt", "a.jpg one\n", 1],
  ])("names the line of %s that has no label: %j", async (name, text, line) => {
    const root = await folderWith(`bad-${name}-${text.length}`, { [name]: text });
    expect(() => labelledImages(root)).toThrow(expect.objectContaining({ code: "bad-file", facts: { path: join(root, name), line } }));
  }); // prettier-ignore

  it("says what it expects where nothing tells what images show", async () => {
    const flat = await folderWith("flat", { "a.jpg": "" });
    expect(() => labelledImages(flat)).toThrow(expect.objectContaining({ code: "bad-argument" }));
    expect(() => labelledImages(join(folder, "absent"))).toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
  });
});

describe("classNumbers", () => {
  const images = (...labels: (string | number)[]) => labels.map((label) => ({ path: "x.jpg", label })); // prettier-ignore

  it("knows ImageNet's ids, a network's labels, and sorted folders", () => {
    // imagenet_class_index.json: 0 n01440764, 385 n02504013.
    expect(classNumbers(images("n02504013", "n01440764", 7), { outputs: 1000, name: "net" })).toEqual([385, 0, 7]);
    expect(classNumbers(images("rose", "tulip"), { outputs: 3, labels: ["tulip", "lily", "rose"], name: "net" })).toEqual([2, 0]);
    expect(classNumbers(images("cat", "ant", "cat"), { outputs: 2, name: "net" })).toEqual([1, 0, 1]);
  }); // prettier-ignore

  it("refuses folders of other names than the network's classes, where there are as many", () => {
    for (const labels of [["dog", "feline"], ["hund", "katze"]])
      expect(() => classNumbers(images(...labels), { outputs: 2, labels: ["cat", "dog"], name: "net" })).toThrow(/(feline|hund).*none of the 2 classes of net \(cat, dog\)/); // prettier-ignore
  }); // prettier-ignore

  it("refuses what is no class of the network", () => {
    for (const label of ["zebra", 3, -1, 0.5, 0.5 / 0])
      expect(() => classNumbers(images(label), { outputs: 3, labels: ["a", "b", "c"], name: "net" })).toThrow(/none of the 3 classes/); // prettier-ignore
  });
});
