// MNIST's 70,000 images as normalised float32 batches of 128, files read and unpacked included, beside torchvision's
// DataLoader in this process and with two workers:
//   PYTHON=python3 node scripts/run-source.mjs packages/datasets/bench/mnist.ts FOLDER [rounds]
// FOLDER has the four official files. Python is $PYTHON, or python3, that imports torch and torchvision.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { mnist } from "../src/node";
import { rescale } from "../src/transforms/rescale";

const [folder = "", rounds = "3"] = process.argv.slice(2);

/** The sum of each batch's first image, so that what was computed can be compared. */
async function ours(): Promise<{ seconds: number; examples: number; first: number }> {
  const began = performance.now();
  let [examples, first] = [0, 0];
  for (const split of ["train", "test"] as const) {
    const data = (await mnist({ folder, split })).map(rescale(1 / 0.3081, -0.1307 / 0.3081));
    for await (const { x } of data.batch(128).batches({ reuse: true })) {
      examples += x.shape[0]!;
      for (let i = 0; i < 784; i++) first += x.data[i]!;
    }
  }
  return { seconds: (performance.now() - began) / 1000, examples, first };
}

const root = mkdtempSync(join(tmpdir(), "cajal-mnist-"));
mkdirSync(join(root, "MNIST/raw"), { recursive: true });
for (const name of readdirSync(folder).filter((each) => each.endsWith(".gz")))
  writeFileSync(join(root, "MNIST/raw", name.slice(0, -3)), gunzipSync(readFileSync(join(folder, name)))); // prettier-ignore
const torchvision = async (workers: number) =>
  JSON.parse(
    execFileSync(
      process.env.PYTHON ?? "python3",
      [fileURLToPath(new URL("mnist.py", import.meta.url)), root, String(workers)],
      { encoding: "utf8" },
    ),
  ) as Awaited<ReturnType<typeof ours>>;

const contestants = {
  ours,
  "torchvision, no workers": () => torchvision(0),
  "torchvision, 2 workers": () => torchvision(2),
};
const seconds: Record<string, number[]> = {};
let expected: number | undefined;
for (let round = 0; round < Number(rounds); round++)
  for (const [name, run] of Object.entries(contestants)) {
    const result = await run();
    if (result.examples !== 70_000) throw new Error(`${name}: ${result.examples} examples`);
    (seconds[name] ??= []).push(result.seconds);
    expected ??= result.first;
    if (Math.abs(result.first - expected) > 0.1)
      throw new Error(
        `${name}: the batches' first images sum to ${result.first}, expected ${expected}`,
      );
  }
console.log(`70,000 images; the batches' first sum to ${expected!.toFixed(1)}`);
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
for (const [name, all] of Object.entries(seconds))
  console.log(`${name.padEnd(24)} ${median(all).toFixed(2)} s, × ${(median(all) / median(seconds["torchvision, no workers"]!)).toFixed(3)}`); // prettier-ignore
rmSync(root, { recursive: true });
