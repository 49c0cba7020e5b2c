// What pages and READMEs say of the repository, and nobody would notice when it changes.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { floors } from "../../scripts/floors.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

it("draws the house as it is", () => {
  const drawing = readFileSync(`${root}apps/docs/public/house.svg`, "utf8");
  const texts = [...drawing.matchAll(/<text[^>]* (?:font-weight="600"|font-style="italic")>([^<]+)/g)]; // prettier-ignore
  const floorsDrawn = floors.map((names, floor) => [...names, String(floor)]).toReversed();
  expect(texts.map(([, text]) => text)).toEqual(floorsDrawn.flat());
});

it.each(readdirSync(`${root}packages`))("the README of %s names files that there are", (name) => {
  const readme = readFileSync(`${root}packages/${name}/README.md`, "utf8");
  const paths = [...readme.matchAll(/`((?:src|scripts|bench|peers|examples)\/[\w./-]+)`/g)];
  for (const [, path] of paths)
    expect(existsSync(`${root}packages/${name}/${path}`), path).toBe(true);
});
