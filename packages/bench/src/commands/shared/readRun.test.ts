import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { recordWith } from "../../../testing/record";
import { readRun } from "./readRun";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "cajal-read-run-"))));
afterAll(() => rm(folder, { recursive: true }));

const line = (model: string) => `${JSON.stringify(recordWith({ model }))}\n`;
const cut = line("b").slice(0, 40);

it.each([
  ["the records of a folder", { "records.jsonl": line("a") + line("b"), "report.json": "none" }, ["a", "b"]],
  ["those before one that was cut off", { "records.jsonl": line("a") + cut }, ["a"]],
  ["the report of a folder without", { "report.json": JSON.stringify({ records: [recordWith({ model: "c" })] }) }, ["c"]],
] as const)("reads %s", async (name, files, models) => {
  const path = join(folder, name);
  await mkdir(path);
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  expect((await readRun(path)).map(({ model }) => model)).toEqual(models);
}); // prettier-ignore

it("refuses a file that is cut off, and what is not there", async () => {
  const path = join(folder, "part.jsonl");
  await writeFile(path, line("a") + cut);
  await expect(readRun(path)).rejects.toMatchObject({ code: "bad-file", facts: { line: 2 } });
  await expect(readRun(join(folder, "absent"))).rejects.toMatchObject({ code: "bad-argument" });
});
