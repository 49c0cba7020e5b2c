// The README's examples that stand by themselves run as they are printed.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const home = process.cwd();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cajal-readme-"));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

/** The first example takes longer, and is run where packages are installed. */
async function examples(): Promise<string[]> {
  const text = await readFile(new URL("../README.md", import.meta.url), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code!).slice(1);
}

it("has examples of names, of what is around the loop, and of a model as a file", async () => {
  const [byName, around, asFile] = (await examples()).filter((code) => code.includes(" train("));
  const logged: unknown[][] = [];
  vi.spyOn(console, "log").mockImplementation((...line) => void logged.push(line));
  // Beside the sources, so that packages are found as they find each other.
  for (const [i, code] of [byName!, around!, asFile!].entries()) {
    const file = new URL(`./readme-example-${process.pid}-${i}.ts`, import.meta.url);
    await writeFile(file, code);
    try {
      await import(/* @vite-ignore */ file.pathname);
    } finally {
      await rm(file);
    }
  }
  vi.restoreAllMocks();
  const losses = logged.slice(0, 20).map(([loss]) => Number(loss));
  expect(losses).toHaveLength(20);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  // The slope of 2x + 1.
  for (const slope of logged[20]!) expect(Number(slope)).toBeCloseTo(2, 1);
  // 3x² at 3.
  expect(Number(logged[21]![0])).toBeCloseTo(27, 0);
});
