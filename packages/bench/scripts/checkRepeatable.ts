// Real runs of suite `speed`, one after the other: clean ones are to raise no alarm in any pair of neighbours, and one in
// which a network is really slower by 10 % is to raise one. Eight minutes on a quiet machine with two cores:
//   node scripts/run-source.mjs packages/bench/scripts/checkRepeatable.ts [pairs, default 20]
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCajal, cajal } from "../testing/cajal";
import { groupsOf, measureGroup } from "../src/measure/cells";
import { compare } from "../src/measure/compare";
import { answersTo, parseJob, takeSteps } from "../src/measure/job";
import { predict } from "../src/measure/tasks/predict";
import { type BenchRecord, identityOf } from "../src/measure/record";
import type { Job, TimedTask } from "../src/measure/tasks/task";
import { speed } from "../src/suites/speed";
import { check, recordsIn } from "./realRuns";

const slowed = "lenet5";
const factor = 1.1;
const models = ["lenet5", "mobilenet"];
const rounds = 5;
const settings = { models, engines: ["onnx"], devices: ["cpu"], batches: [1], rounds };
const command = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

if (process.argv[2] === "worker") await workSlowly(parseJob(process.argv[3]!));
else await main(Number(process.argv[2] ?? 20));

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

async function main(pairs: number): Promise<void> {
  await buildCajal();
  const folder = mkdtempSync(join(tmpdir(), "cajal-repeatable-"));
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
    const text = `${before} and ${after}, ratio ${ratio.toFixed(3)}${interval ? `, 95 % ${interval.map((end) => end.toFixed(3)).join(" to ")}` : ""}`; // prettier-ignore
    const isDirty = [first, second].flatMap(recordsIn).some((record) => identityOf(record) === what && (record.dirty_rounds ?? 0) > 0); // prettier-ignore
    check(`  ${what}, ${measure}${isDirty ? ", while other programs ran" : ""}`, isDirty || verdict === "same", text); // prettier-ignore
  }

  // In this process, as the suite does it, with another worker for one network.
  const slow = join(folder, "slow.jsonl");
  const { cells, places } = await speed.plan(settings, { seed: 42 });
  const isSlowed = (job: Job) => job.model === slowed && job.phase === "predict";
  const commandOf = (job: Job): [string, ...string[]] => [process.execPath, isSlowed(job) ? fileURLToPath(import.meta.url) : command, "worker", JSON.stringify(job)]; // prettier-ignore
  for (const group of groupsOf(cells))
    for await (const event of measureGroup(group, {
      places,
      rounds,
      budget: 30,
      seed: 42,
      command: commandOf,
    }))
      // prettier-ignore
      if (event.type === "measured")
        appendFileSync(slow, event.records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const found = spawnSync(process.execPath, [command, "compare", join(second, "records.jsonl"), slow], { encoding: "utf8" }); // prettier-ignore
  console.log(`cajal compare of a clean run with one in which ${slowed} takes ${factor} times as long:\n${found.stdout}`); // prettier-ignore
  check("it ends with 1", found.status === 1, String(found.status));
  const regressions = found.stdout.split("\n").filter((line) => line.includes("regression"));
  check(`it names ${slowed}, and nothing else`, regressions.length === 1 && regressions[0]!.includes(`${slowed} · predict`), regressions.map((line) => line.trim()).join("; ")); // prettier-ignore

  const ratios: number[] = [];
  const alarms: string[] = [];
  let [measured, clean] = [0, 0];
  while (runs.length <= pairs) {
    const [before, after] = [recordsIn(runs.at(-1)!), recordsIn(await run())];
    // Rounds in which other programs took much of the processor say nothing of ours.
    const dirty = new Set([...before, ...after].filter(({ dirty_rounds = 0 }) => dirty_rounds > 0).map(({ cell }) => cell)); // prettier-ignore
    const isClean = ({ cell }: BenchRecord) => !dirty.has(cell);
    measured += after.length;
    clean += after.filter(isClean).length;
    const { comparisons } = compare(before.filter(isClean), after.filter(isClean));
    for (const { what, measure, ratio, interval, verdict } of comparisons) {
      if (measure === "median_ms") ratios.push(ratio);
      if (verdict !== "regression") continue;
      alarms.push(what);
      console.log(`  alarm at run ${runs.length}: ${what}, ${measure}: ${ratio.toFixed(3)}×, 95 % ${interval?.map((end) => end.toFixed(3)).join(" to ")}`); // prettier-ignore
    }
  }
  // The first pair was looked at above.
  check(`no false alarm in ${runs.length - 1} pairs of neighbours`, alarms.length === 0, `${alarms.length} alarms, of ${clean} measurements without dirty rounds of ${measured}`); // prettier-ignore
  const furthest = Math.max(0, ...ratios.map((ratio) => Math.abs(Math.log(ratio))));
  console.log(`times of clean neighbours differ by ${(100 * Math.expm1(furthest)).toFixed(1)} % at most; ${((performance.now() - startTime) / 1000).toFixed(0)} s`); // prettier-ignore
  rmSync(folder, { recursive: true });
}
