import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkModels } from "./checkModels";

let folder: string;
const file = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cajal-models-"));
  for (const name of ["a", "b"]) await mkdir(file(name));
  for (const name of ["a/net.keras", "b/net.keras", "a/model.json", "b/model.json"]) await writeFile(file(name), ""); // prettier-ignore
});
afterAll(() => rm(folder, { recursive: true }));

it("takes networks and files that records tell apart", () => {
  checkModels("table", ["lenet5", "MobileNet", file("a/net.keras"), file("a/model.json"), file("b/model.json")]); // prettier-ignore
});

it.each([
  ["two files of one name", () => [file("a/net.keras"), file("b/net.keras")], /both called net\.keras/],
  ["a network twice", () => ["lenet5", "LeNet5"], /both called lenet5 .* Name it once/],
  ["a file that is not there", () => ["lenet5", file("absent.keras")], /absent\.keras is not there/],
] as const)("refuses %s", (_, models, message) => {
  expect(() => checkModels("table", models())).toThrow(expect.objectContaining({ code: "bad-argument", message: expect.stringMatching(message) as string }));
}); // prettier-ignore
