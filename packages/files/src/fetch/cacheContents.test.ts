import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cacheList } from "@cajal/core";
import { cacheContents, clearCache, listAsCached } from "./cacheContents";
import { fetchFile } from "./fetchFile";

let cache: string;
beforeEach(() => (cache = mkdtempSync(join(tmpdir(), "cajal-cache-"))));
afterEach(() => rmSync(cache, { recursive: true, force: true }));

const fetched = (to: string) =>
  fetchFile({ urls: ["https://example.com/x"], to, cache, fetch: async () => new Response("abc") });

const everything = (folder = cache): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap(({ name }) => [
      name,
      // Links are not followed.
      ...(lstatSync(join(folder, name)).isDirectory()
        ? everything(join(folder, name)).map((each) => `${name}/${each}`)
        : []),
    ])
    .sort();

it("lists what was fetched, and counts what was not", async () => {
  await fetched("mnist/a.gz");
  await fetched("b");
  writeFileSync(join(cache, "mnist", "mine.txt"), "mine");
  const { files, others } = await cacheContents(cache);
  expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
    ["b", 3],
    [join("mnist", "a.gz"), 3],
  ]);
  expect(others).toBe(1);
  expect(await cacheContents(join(cache, "absent"))).toEqual({ files: [], others: 0 });
});

it("clears only what was fetched: foreign files, folders and links stay", async () => {
  await fetched("mnist/raw/a.gz");
  await fetched("mine/b");
  writeFileSync(join(cache, "mine", "thesis.txt"), "years");
  writeFileSync(join(cache, "mine", "c.part"), "not of the cache");
  mkdirSync(join(cache, "empty"));
  symlinkSync(cache, join(cache, "link"));
  expect((await cacheContents(cache)).others).toBe(3);
  await clearCache(cache);
  expect(everything()).toEqual(["empty", "link", "mine", "mine/c.part", "mine/thesis.txt"]);
  await clearCache(cache);
});

it("clears what an interrupted download left", async () => {
  await listAsCached(cache, "big/x");
  mkdirSync(join(cache, "big"));
  for (const name of ["x.part", "x.part.json"]) writeFileSync(join(cache, "big", name), "1234");
  expect((await cacheContents(cache)).files.map(({ path }) => path)).toEqual(
    ["x.part", "x.part.json"].map((name) => join("big", name)),
  );
  await clearCache(cache);
  expect(everything()).toEqual([]);
});

it("touches nothing in a folder that has no list, and nothing outside whatever the list says", async () => {
  const inner = join(cache, "inner");
  mkdirSync(inner);
  writeFileSync(join(cache, "mine"), "mine");
  writeFileSync(join(inner, "own"), "own");
  await clearCache(inner);
  const lines = ["../mine", join(cache, "mine"), "a/../../mine", "", ".", "x/.."].map((file) =>
    JSON.stringify({ file }),
  );
  writeFileSync(join(inner, cacheList), [...lines, "no JSON", "null", "[1]"].join("\n"));
  await clearCache(inner);
  expect(everything()).toEqual(["inner", "inner/own", "mine"]);
});

it("clears what interrupted downloads left alone, where asked", async () => {
  await fetched("big/whole");
  await listAsCached(cache, "big/x");
  for (const name of ["x.part", "x.part.json"]) writeFileSync(join(cache, "big", name), "half");
  await clearCache(cache, { unfinished: true });
  const { files, others } = await cacheContents(cache);
  expect([files.map(({ path }) => path), others]).toEqual([[join("big", "whole")], 0]);
});

it("leaves what took the place of its files: folders, and what lies behind links", async () => {
  for (const to of ["mnist/a", "b"]) await fetched(to);
  for (const name of ["mnist", "b"]) rmSync(join(cache, name), { recursive: true });
  mkdirSync(join(cache, "photos"));
  writeFileSync(join(cache, "photos", "a"), "mine");
  symlinkSync("photos", join(cache, "pictures"));
  mkdirSync(join(cache, "b"));
  const outside = mkdtempSync(join(tmpdir(), "cajal-mine-"));
  writeFileSync(join(outside, "a"), "mine");
  symlinkSync(outside, join(cache, "mnist"));
  writeFileSync(join(cache, cacheList), `${JSON.stringify({ file: "c\0" })}\n`, { flag: "a" });
  expect((await cacheContents(cache)).files).toEqual([]);
  await clearCache(cache);
  expect(everything()).toEqual(["b", "mnist", "photos", "photos/a", "pictures"]);
  expect(readdirSync(outside)).toEqual(["a"]);
  rmSync(outside, { recursive: true });
});
