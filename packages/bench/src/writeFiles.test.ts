import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeFiles } from "./writeFiles";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cajal-write-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("makes the folder and replaces what was there", async () => {
  const inner = join(folder, "a", "b");
  await writeFiles(inner, { one: "old" });
  expect(await writeFiles(inner, { one: "new", two: "2" })).toEqual([
    join(inner, "one"),
    join(inner, "two"),
  ]);
  expect(await readFile(join(inner, "one"), "utf8")).toBe("new");
  expect((await readdir(inner)).sort()).toEqual(["one", "two"]);
});

it("leaves nothing behind where it cannot write", async () => {
  // A file where the folder should be; and a folder where a file should be.
  await writeFile(join(folder, "taken"), "");
  await expect(writeFiles(join(folder, "taken"), { one: "1" })).rejects.toMatchObject({
    code: "io",
  });
  await mkdir(join(folder, "two", "full"), { recursive: true });
  await expect(writeFiles(folder, { one: "1", two: "2" })).rejects.toMatchObject({ code: "io" });
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
