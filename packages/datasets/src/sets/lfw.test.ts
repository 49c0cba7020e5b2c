// Against scikit-learn 1.9.1 on the 350 original pictures of the shared folder; and the pairs' file by hand.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { describeWithShared, shared } from "../../../core/testing/shared";
import { sha256 } from "../../testing/images";
import { pca } from "../transforms/pca";
import { lfwPairs, lfwPeople, parseLfwPairs } from "./lfw";

describe("parseLfwPairs", () => {
  it("reads folds, the same person first", () => {
    const text = "2\t1\nA\t1\t4\nA\t1\tB\t2\nC\t3\t5\nB\t1\tC\t2\n";
    expect(parseLfwPairs(text)).toEqual([
      { first: ["A", 1], second: ["A", 4], same: true, fold: 0 },
      { first: ["A", 1], second: ["B", 2], same: false, fold: 0 },
      { first: ["C", 3], second: ["C", 5], same: true, fold: 1 },
      { first: ["B", 1], second: ["C", 2], same: false, fold: 1 },
    ]);
  });

  it.each([
    "",
    "1\t2\nA\t1\t2\n",
    "1\t1\nA\t1\nA\t1\tB\t1\n",
    "1\t1\nA\t1\t0\nA\t1\tB\t1\n",
    "x\ty\n",
  ])(
    // prettier-ignore
    "refuses %j",
    (text) => {
      expect(() => parseLfwPairs(text)).toThrow(expect.objectContaining({ code: "bad-file" }));
    },
  );
});

describe("lfw refuses", () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));
  const folder = async () => {
    const path = await mkdtemp(join(tmpdir(), "cajal-lfw-"));
    folders.push(path);
    return path;
  };

  it("a folder without people, and pictures of another size", async () => {
    const empty = await folder();
    await expect(lfwPeople({ folder: empty })).rejects.toThrow(expect.objectContaining({ code: "io" })); // prettier-ignore
    await mkdir(join(empty, "A_B"));
    const other = new URL("../../fixtures/decoding/a_jpeg_noise_420_q75.jpg", import.meta.url);
    await writeFile(join(empty, "A_B/A_B_0001.jpg"), await readFile(other));
    await expect(lfwPeople({ folder: empty })).rejects.toThrow(/43 × 40 pixels, expected 250/);
    await expect(lfwPeople({ folder: empty, minFacesPerPerson: 2 })).rejects.toThrow(/nobody/);
    const pairs = parseLfwPairs("1\t1\nA_B\t1\t2\nA_B\t1\tC\t1\n");
    await expect(lfwPairs({ folder: empty, pairs })).rejects.toThrow(/no picture 2 of A_B/);
  });

  it.each([
    ["unknown-name", { images: "deep" }],
    ["unknown-option", { colour: true }],
    ["bad-argument", { resize: -1 }],
    [
      "bad-argument",
      {
        slice: [
          [5, 5],
          [0, 9],
        ],
      },
    ],
    ["bad-argument", { minFacesPerPerson: 0.5 }],
  ])("%s: %o", async (code, options) => {
    // prettier-ignore
    await expect(lfwPeople(options as never)).rejects.toThrow(expect.objectContaining({ code }));
  });
});

describeWithShared("lfw is scikit-learn's", "reference/datasets/lfw.json", (path) => {
  const { people, eigenfaces, pairs } = JSON.parse(readFileSync(path, "utf8"));
  const folder = shared("data/lfw");

  const load = (options: Record<string, never>) =>
    lfwPeople({
      folder,
      resize: options["resize"]!,
      color: options["color"]!,
      minFacesPerPerson: options["min_faces_per_person"]!,
      slice: options["slice"]!,
    });

  it.each<Record<string, never>>(people)("people: $options", async (each) => {
    const data = await load(each["options"]!);
    const { x, y } = await data.all();
    const { color } = each["options"]! as { color: boolean };
    expect(x.shape.slice(0, color ? 4 : 3)).toEqual(each["shape"]);
    expect(data.classes).toEqual(each["target_names"]);
    expect([...y.data]).toEqual(each["target"]);
    const rounded = new Uint16Array(x.data.length);
    for (let i = 0; i < rounded.length; i++)
      rounded[i] = Math.round(Number(x.data[i]) * (color ? 255 : 765));
    expect(sha256(new Uint8Array(rounded.buffer))).toBe(each["sha256_of_rounded"]);
    const size = x.data.length / data.size;
    (each["image_sums"]! as number[]).forEach((wanted, i) => {
      const sum = x.data.subarray(i * size, (i + 1) * size).reduce((a, b) => a + b, 0);
      expect(Math.abs(sum - wanted)).toBeLessThan(0.05);
    });
  });

  it("eigenfaces", async () => {
    const { full } = eigenfaces;
    const { x } = await (await load(people[0].options)).all();
    const fitted = pca(x, { components: 10 });
    const near = (got: ArrayLike<number>, wanted: number[]) =>
      wanted.forEach((value, i) => expect(Math.abs(Math.abs(got[i]!) / value - 1)).toBeLessThan(1e-5)); // prettier-ignore
    near(fitted.explainedVariance.data, full.explained_variance);
    near(fitted.explainedVarianceRatio.data, full.explained_variance_ratio);
    near(fitted.mean.data, full.mean_first_20);
    near(fitted.transform(x).data, full.projection_abs_of_image_0);
    full.components_abs_first_10.forEach((wanted: number[], i: number) =>
      near(fitted.components.data.subarray(i * 2914), wanted),
    );
  });

  it("pairs.txt", async () => {
    const all = parseLfwPairs(await readFile(join(folder, "pairs.txt"), "utf8"));
    expect(all.length).toBe(pairs.rows);
    expect(all.filter(({ same }) => same).length).toBe(pairs.matched);
    expect(new Set(all.flatMap(({ first, second }) => [first[0], second[0]])).size).toBe(pairs.people); // prettier-ignore
    const fields = ({ first, second, same }: (typeof all)[number]) =>
      same ? [first[0], String(first[1]), String(second[1])] : [...first, ...second].map(String);
    expect(pairs.folds_first_rows).toEqual(
      Array.from({ length: 10 }, (_, fold) => fields(all.find((pair) => pair.fold === fold)!)),
    );
    expect(fields(all.at(-1)!)).toEqual(pairs.last);
    for (const { row, fields: wanted } of pairs.rows_whose_images_are_in_shared_data)
      expect(fields(all[row]!)).toEqual(wanted);
  });

  it("pairs of pictures", async () => {
    const { index, shape, target, sums, first_pixels } = pairs.made_pairs;
    const wanted = (index as string[][]).map(([name, one, other, two]) => ({
      first: [name!, Number(one)] as const,
      second: two === undefined ? ([name!, Number(other)] as const) : ([other!, Number(two)] as const), // prettier-ignore
      same: two === undefined,
      fold: 0,
    }));
    const { data } = await lfwPairs({ folder, pairs: wanted });
    const { x, y } = await data.all();
    expect(x.shape).toEqual([...shape, 1]);
    expect([...y.data]).toEqual(target);
    const size = x.data.length / sums.length / 2;
    (sums as number[][]).flat().forEach((sum, i) => {
      const face = x.data.subarray(i * size, (i + 1) * size);
      expect(Math.abs(face.reduce((a, b) => a + b, 0) - sum)).toBeLessThan(0.05);
      const first = (first_pixels as number[][][]).flat()[i]!;
      first.forEach((value, k) => expect(face[k]).toBeCloseTo(value, 6));
    });
  });
});
