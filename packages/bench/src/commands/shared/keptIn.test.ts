import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keptIn } from "./keptIn";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "cajal-kept-"))));
afterAll(() => rm(folder, { recursive: true }));

it("keeps values by their keys from run to run", async () => {
  const path = join(folder, "kept.json");
  const first = await keptIn<number>(path);
  await first.add("a", 1);
  await first.add("b", 2);
  const second = await keptIn<number>(path);
  expect([second.keys(), second.all()]).toEqual([["a", "b"], [1, 2]]); // prettier-ignore
});

it.each(["", "{}", "3", "null", "[1]", '[["a"]]', "[[1,2]]"])(
  "says of a file with %j that it is damaged, and what to do",
  async (text) => {
    const path = join(folder, "damaged.json");
    await writeFile(path, text);
    const message = expect.stringContaining("it is damaged. Remove it") as string;
    await expect(keptIn(path)).rejects.toMatchObject({ code: "bad-file", message });
  },
);
