// Real runs of suite `speed`: clean ones are to raise no alarm in any pair of neighbours, nor all pairs together; runs in
// which a network is really slower by 10 %, taken in turns with clean ones, are to raise one. Twenty minutes on a
// quiet machine with two cores:
//   node scripts/run-source.mjs packages/bench/scripts/checkRepeatable.ts [pairs, default 20] [folder to keep the records in]
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCajal, cajal } from "../testing/cajal";
import { groupsOf, measureGroup } from "../src/measure/cells";
import { compare } from "../src/measure/compare";
import { comparePairs, type Pair } from "../src/measure/comparePairs";
import { answersTo, parseJob, takeSteps } from "../src/measure/job";
import { predict } from "../src/measure/tasks/predict";
import { type BenchRecord, identityOf } from "../src/measure/record";
import type { Job, TimedTask } from "../src/measure/tasks/task";
import { speed } from "../src/suites/speed";
import { check, recordsIn } from "./realRuns";

const slowed = "mobilenet";
const factor = 1.1;
const models = ["lenet5", "mobilenet"];
const rounds = 3;
/** Pairs of a clean run and a slowed one, of one round each: the closer in time, the more they have of the machine in common. */
const turns = 60;
const settings = { models, engines: ["onnx"], devices: ["cpu"], batches: [1] };
const command = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

if (process.argv[2] === "worker") await workSlowly(parseJob(process.argv[3]!));
else await main(Number(process.argv[2] ?? 20), process.argv[3]);

/** A worker whose predictions take 10 % longer: it computes for that time. */
async function workSlowly(job: Job): Promise<void> {
  const slowPredict: TimedTask = {
    ...predict,
    async open(job) {
      const opened = await predict.open(job);
      return {
        ...opened,
        async step() {
          const startTime = performance.now();
          await opened.step();
          const end = startTime + factor * (performance.now() - startTime);
          while (performance.now() < end);
        },
      };
    },
  };
  const say = (line: string) => void process.stdout.write(line);
  await takeSteps(slowPredict, job, { input: process.stdin, answer: answersTo(job, say) });
}

async function main(pairs: number, kept?: string): Promise<void> {
  await buildCajal();
  const folder = kept ?? mkdtempSync(join(tmpdir(), "cajal-repeatable-"));
  mkdirSync(folder, { recursive: true });
  const runs: string[] = [];
  const run = async () => {
    const out = join(folder, `clean-${runs.length + 1}`);
    const { code, stderr } = await cajal(["run", "speed", "--models", models.join(), "--engines", "onnx", "--device", "cpu", "--batch", "1", "--rounds", String(rounds), "--out", out]); // prettier-ignore
    if (code !== 0) throw new Error(stderr);
    runs.push(out);
    return out;
  };
  const startTime = performance.now();
  const [first, second] = [await run(), await run()];
  console.log(`Two runs of speed, ${models.join(" and ")} on ONNX Runtime's CPU, batch 1, ${rounds} rounds:`); // prettier-ignore
  for (const { what, measure, before, after, ratio, interval, verdict } of compare(
    recordsIn(first),
    recordsIn(second),
  ).comparisons) {
    // prettier-ignore
    const text = `${before} and ${after}, ratio ${ratio.toFixed(3)}${interval ? `, 99 % ${interval.map((end) => end.toFixed(3)).join(" to ")}` : ""}`; // prettier-ignore
    const isDirty = [first, second].flatMap(recordsIn).some((record) => identityOf(record) === what && (record.dirty_rounds ?? 0) > 0); // prettier-ignore
    check(`  ${what}, ${measure}${isDirty ? ", while other programs ran" : ""}`, isDirty || verdict === "same", text); // prettier-ignore
  }

  const { cells, places } = await speed.plan(settings, { seed: 42 });
  const isSlowed = (job: Job) => job.model === slowed && job.phase === "predict";
  /** In this process, as the suite does it, with another worker for one network where it is to be slow. */
  const runHere = async (name: string, slow: boolean) => {
    const path = join(folder, `${name}.jsonl`);
    const commandOf = (job: Job): [string, ...string[]] => [process.execPath, slow && isSlowed(job) ? fileURLToPath(import.meta.url) : command, "worker", JSON.stringify(job)]; // prettier-ignore
    const settings = { places, rounds: 1, budget: 30, seed: 42, command: commandOf };
    for (const group of groupsOf(cells.filter(({ job }) => job.phase === "predict")))
      for await (const event of measureGroup(group, settings))
        if (event.type === "measured")
          appendFileSync(path, event.records.map((record) => `${JSON.stringify(record)}\n`).join("")); // prettier-ignore
    return path;
  };
  const inTurns: string[] = [];
  for (let turn = 1; turn <= turns; turn++) {
    const asItIs = () => runHere(`as-it-is-${turn}`, false);
    const slow = () => runHere(`slow-${turn}`, true);
    // First one, then the other is measured first.
    const firstSlow = turn % 2 === 0 ? await slow() : undefined;
    inTurns.push(await asItIs(), firstSlow ?? (await slow()));
  }
  const found = spawnSync(process.execPath, [command, "compare", ...inTurns], { encoding: "utf8" });
  console.log(`cajal compare of ${turns} runs, in turns with ${turns} in which ${slowed} takes ${factor} times as long:\n${found.stdout}${found.stderr}`); // prettier-ignore
  check("it ends with 1", found.status === 1, String(found.status));
  const regressions = found.stdout.split("\n").filter((line) => line.includes("regression"));
  check(`it names ${slowed}, and nothing else`, regressions.length === 1 && regressions[0]!.includes(`${slowed} · predict`), regressions.map((line) => line.trim()).join("; ")); // prettier-ignore

  const ratios: number[] = [];
  const alarms: string[] = [];
  let [measured, clean] = [0, 0];
  while (runs.length <= pairs) await run();
  const records = runs.map(recordsIn);
  for (const [i, after] of records.slice(1).entries()) {
    const before = records[i]!;
    // Rounds in which other programs took much of the processor say nothing of ours.
    const dirty = new Set([...before, ...after].filter(({ dirty_rounds = 0 }) => dirty_rounds > 0).map(({ cell }) => cell)); // prettier-ignore
    const isClean = ({ cell }: BenchRecord) => !dirty.has(cell);
    measured += after.length;
    clean += after.filter(isClean).length;
    for (const { what, measure, ratio, interval, verdict } of compare(
      before.filter(isClean),
      after.filter(isClean),
    ).comparisons) {
      // prettier-ignore
      if (measure === "median_ms") ratios.push(ratio);
      if (verdict !== "regression") continue;
      alarms.push(what);
      console.log(`  alarm at run ${i + 2}: ${what}, ${measure}: ${ratio.toFixed(3)}×, 99 % ${interval?.map((end) => end.toFixed(3)).join(" to ")}`); // prettier-ignore
    }
    const dirtyAlarms = compare(before, after).comparisons.filter(({ verdict, measure }) => verdict === "regression" && measure === "median_ms"); // prettier-ignore
    for (const { what, ratio } of dirtyAlarms.filter(({ what }) => !alarms.includes(what)))
      console.log(`  while other programs ran, run ${i + 2}: ${what}: ${ratio.toFixed(3)}×`);
  }
  check(`no false alarm in ${runs.length - 1} pairs of neighbours`, alarms.length === 0, `${alarms.length} alarms, of ${clean} measurements without dirty rounds of ${measured}`); // prettier-ignore
  const neighbours = records.flatMap((after, i): Pair[] => (i % 2 === 1 ? [[records[i - 1]!, after]] : [])); // prettier-ignore
  const together = comparePairs(neighbours).comparisons;
  const interval = ({ interval }: (typeof together)[number]) => interval?.map((end) => end.toFixed(3)).join(" to "); // prettier-ignore
  check(`nor in ${neighbours.length} pairs together, those while other programs ran among them`, together.every(({ verdict }) => verdict !== "regression"), together.filter(({ measure }) => measure === "median_ms").map((one) => `${one.what} ${one.ratio.toFixed(3)}, 99 % ${interval(one)}`).join("; ")); // prettier-ignore
  const furthest = Math.max(0, ...ratios.map((ratio) => Math.abs(Math.log(ratio))));
  console.log(`times of clean neighbours differ by ${(100 * Math.expm1(furthest)).toFixed(1)} % at most; ${((performance.now() - startTime) / 1000).toFixed(0)} s`); // prettier-ignore
  if (kept === undefined) rmSync(folder, { recursive: true });
}
