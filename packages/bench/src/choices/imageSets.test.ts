import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { imageSet, imageSets, type LoadedSet } from "./imageSets";

const seed = 1;

/** That data is as the set says, and that augmenting changes what is learned, by the seed. */
async function check(name: string, { training, validation }: LoadedSet): Promise<void> {
  const { shape, classes, recipe } = imageSet(name);
  for (const data of [training, validation]) {
    const { x, y } = await data.take(8).all();
    expect(x).toMatchObject({ dtype: "float32", shape: [data.take(8).size, ...shape] });
    expect(Math.max(...Array.from(y.data, Number))).toBeLessThan(classes.length);
    expect(data.classes).toEqual(classes);
  }
  if (recipe.augment === undefined) return;
  const changed = async (by: number) =>
    (await recipe.augment!.change(training.take(8), by).all()).x.data;
  expect(await changed(seed)).toEqual(await changed(seed));
  expect(await changed(seed)).not.toEqual((await training.take(8).all()).x.data);
  expect(await changed(seed)).not.toEqual(await changed(seed + 1));
}

describe("image sets", () => {
  it("digits: in the package, no folder", async () => {
    const digits = imageSet("digits");
    const loaded = await digits.load({ seed });
    expect([loaded.training.size, loaded.validation.size, loaded.part]).toEqual([
      1438,
      359,
      undefined,
    ]);
    await check("digits", loaded);
    await expect(digits.load({ seed, folder: "/" })).rejects.toMatchObject({
      code: "bad-argument",
    });
  });

  it("cifar10: a part of it is called so", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cajal-sets-"));
    try {
      const record = Buffer.from(Array.from({ length: 3073 }, (_, i) => (i * 7) % 10));
      for (const [name, n] of [
        ["data_batch_1", 9],
        ["test_batch", 2],
      ] as const)
        // prettier-ignore
        await writeFile(
          join(folder, `${name}_first${n}.bin`),
          Buffer.concat(Array.from({ length: n }, () => record)),
        );
      const loaded = await imageSet("cifar10").load({ seed, folder });
      expect(loaded.part).toBe("9 of 50,000 to learn from, 2 of 10,000 held out");
      await check("cifar10", loaded);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("an unknown name lists the known ones", () => {
    expect(() => imageSet("cifar")).toThrow(expect.objectContaining({ code: "unknown-name" }));
    for (const { name } of imageSets) expect(() => imageSet("cifar")).toThrow(name);
  });
});

describeWithShared("image sets from files: MNIST", "data/mnist", (folder) => {
  it("is whole", async () => {
    const loaded = await imageSet("mnist").load({ seed, folder });
    expect(loaded).toMatchObject({ training: { size: 60_000 }, validation: { size: 10_000 } });
    expect(loaded.part).toBeUndefined();
    await check("mnist", loaded);
  });
});
