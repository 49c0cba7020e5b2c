// Every lesson: its script runs on small data, what it claims is so, and its page shows only what there is.
import { existsSync, readFileSync } from "node:fs";
import { InferenceSession } from "onnxruntime-node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { folder, lessons } from "./list";
import { resultsOf, type Exports } from "./results";

type Create = (model: Uint8Array, options?: InferenceSession.SessionOptions) => Promise<InferenceSession>; // prettier-ignore
const create: Create = InferenceSession.create.bind(InferenceSession);
const onOneThread: Create = (model, options) => create(model, { intraOpNumThreads: 1, ...options });

// What the scripts print is for those who run them. Nor do they say how many threads they want: with networks this
// small a second one spins while it waits, which other tests would pay for.
beforeEach(() => {
  vi.spyOn(InferenceSession, "create").mockImplementation(onOneThread as typeof InferenceSession.create); // prettier-ignore
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "table").mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

const scripts = import.meta.glob<Exports>("./[0-9][0-9]-*.ts");

it("each page has a script, and each script a page", () =>
  expect(Object.keys(scripts).toSorted()).toEqual(lessons.map(({ name }) => `./${name}.ts`)));

describe.each(lessons)("$name", ({ name }) => {
  const page = readFileSync(`${folder}${name}.md`, "utf8");
  const script = readFileSync(`${folder}${name}.ts`, "utf8");
  const recorded = JSON.parse(readFileSync(`${folder}recorded/${name}/results.json`, "utf8"));

  it("does what it claims, on small data", async () => {
    const { claims, values, pictures } = await resultsOf(await scripts[`./${name}.ts`]!());
    expect(Object.keys(claims).length).toBeGreaterThan(0);
    for (const [claim, holds] of Object.entries(claims)) expect(holds, claim).toBe(true);
    // What the page shows was recorded from this very script.
    const { run: _, claims: claimed, ...shown } = recorded;
    expect(Object.keys(shown).toSorted()).toEqual(Object.keys(values).toSorted());
    expect(Object.keys(claimed)).toEqual(Object.keys(claims));
    for (const file of pictures.keys())
      expect(existsSync(`${folder}recorded/${name}/${file}`), file).toBe(true);
  });

  it("its page shows pieces of the script, values and pictures that there are", () => {
    const all = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, found]) => found!);
    const regions = all(/^<<< \.\/(.*)\{ts\}$/gm);
    expect(regions.length).toBeGreaterThan(0);
    for (const region of regions) {
      const [file, piece] = region.split("#");
      expect(file).toBe(`${name}.ts`);
      expect(script).toContain(`// #region ${piece}\n`);
      expect(script).toContain(`// #endregion ${piece}\n`);
    }
    for (const value of all(/\br\.(\w+)/g)) expect(recorded, `r.${value}`).toHaveProperty(value);
    for (const picture of all(/\.\/recorded\/([\w./-]+)/g))
      expect(existsSync(`${folder}recorded/${picture}`), picture).toBe(true);
  });

  it("imports published packages alone", () => {
    for (const [, from] of script.matchAll(/ from "(.*)"/g))
      expect(from).toMatch(/^@cajal\/|^node:|^ml-/);
  });
});
