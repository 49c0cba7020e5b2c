// JPEGs decoded, resized to 224 × 224 and normalised: ours in two worker threads beside PIL alone, PyTorch's DataLoader
// with two workers, torchvision's tensors with two workers, and sharp on two cores, in interleaved rounds:
//   PYTHON=python3 node scripts/run-source.mjs packages/datasets/bench/jpegs.ts FOLDER [rounds]
// Python is $PYTHON, or python3, that imports torch, torchvision and PIL; without it ours and sharp run alone.
// Images a second and milliseconds of processor time an image, medians of the rounds; × is the time over PIL's, as it
// passed, and what it would be on two idle cores: processor time over two and over PIL's.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tensor, preprocessInput } from "@cajal/core";
import sharp from "sharp";
import { bundle } from "../../core/testing/bundle";
import { inWorkers } from "../src/node";

const [folder = "", rounds = "5"] = process.argv.slice(2);
const files = readdirSync(folder).filter((name) => name.endsWith(".jpg"));
const here = fileURLToPath(new URL(".", import.meta.url));

interface Run {
  readonly seconds: number;
  readonly cpu: number;
}
type Contestant = readonly [name: string, run: () => Promise<Run>];

async function timed(pass: () => Promise<number>): Promise<Run> {
  const [began, used] = [performance.now(), process.cpuUsage()];
  const n = await pass();
  if (n !== files.length) throw new Error(`${n} of ${files.length} images`);
  const { user, system } = process.cpuUsage(used);
  return { seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
}

const program = await bundle(new URL("jpegBatches.ts", import.meta.url), { folder: join(here, "../../../node_modules") }); // prettier-ignore
const contestants: Contestant[] = [];
for (const like of ["pillow", "tensorflow"] as const) {
  const batches = await inWorkers(pathToFileURL(program), {
    workers: 2,
    options: { folder, like },
  });
  contestants.push([
    `ours, like ${like}`,
    () =>
      timed(async () => {
        let n = 0;
        for await (const { x } of batches.batches({ reuse: true }))
          n += (x as { shape: readonly number[] }).shape[0]!;
        return n;
      }),
  ]);
}

sharp.concurrency(1);
contestants.push([
  "sharp",
  () =>
    timed(async () => {
      let next = 0;
      let n = 0;
      const worker = async () => {
        while (next < files.length) {
          const file = sharp(join(folder, files[next++]!));
          const pixels = await file.resize(224, 224, { fit: "fill", kernel: "linear" }).removeAlpha().toColourspace("srgb").raw().toBuffer(); // prettier-ignore
          preprocessInput(tensor("uint8", [224, 224, 3], new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length)), "torch"); // prettier-ignore
          n++;
        }
      };
      await Promise.all([worker(), worker(), worker()]);
      return n;
    }),
]);

const python = spawn(process.env.PYTHON ?? "python3", [join(here, "jpegs.py"), folder], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, OMP_NUM_THREADS: "1" },
});
const answers = createInterface(python.stdout)[Symbol.asyncIterator]();
const peers: string[] = await Promise.race([
  answers.next().then(({ value }) => JSON.parse(value ?? "[]")),
  once(python, "error").then(() => []),
]);
for (const peer of peers)
  contestants.push([
    { pil: "PIL", dataloader: "DataLoader of PIL", torchvision: "torchvision" }[peer]!,
    async () => {
      python.stdin.write(`${peer}\n`);
      return JSON.parse((await answers.next()).value);
    },
  ]);

const runs = new Map<string, Run[]>(contestants.map(([name]) => [name, []]));
// V8 compiles what is hot, and memory settles, within three passes.
for (let pass = 0; pass < 3; pass++) for (const [, run] of contestants) await run();
for (let round = 0; round < Number(rounds); round++)
  for (const [name, run] of round % 2 ? contestants.toReversed() : contestants)
    runs.get(name)!.push(await run());

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const middle = (name: string, of: keyof Run) =>
  median((runs.get(name) ?? []).map((run) => run[of]));
const [pil, pilCpu] = [middle("PIL", "seconds"), middle("PIL", "cpu")];
console.log(`${files.length} images, ${rounds} rounds`);
for (const [name] of contestants) {
  const [seconds, cpu] = [middle(name, "seconds"), middle(name, "cpu")];
  // PIL has one process.
  const cores = name === "PIL" ? 1 : 2;
  const idle = cpu / cores / pilCpu;
  console.log(
    `${name.padEnd(20)} ${(files.length / seconds).toFixed(0).padStart(5)} images/s, ${((1000 * cpu) / files.length).toFixed(2)} ms of processor time, × ${(seconds / pil).toFixed(2)} (on idle cores × ${idle.toFixed(2)})`,
  );
}
rmSync(dirname(program), { recursive: true });
process.exit();
