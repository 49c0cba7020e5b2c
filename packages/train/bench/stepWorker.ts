// A step of the course as a peer that speaks the worker protocol of @cajal/bench (src/measure/workers.ts):
//   node scripts/run-source.mjs packages/train/bench/stepWorker.ts unet|lstm|gru|dcgan [batch] [device]
// Settings: PEERS_THREADS (default 2). Writes to stderr how many parameters there are, and the losses at first and last.
import { createInterface } from "node:readline";
import type { DeviceName } from "@cajal/runtime";
import { courseSteps, openTurns } from "./courseSteps";

process.env["ORT_DISABLE_TELEMETRY"] ??= "1";

const [name = "unet", batch, device = "cpu"] = process.argv.slice(2);
const course = courseSteps[name];
if (!course) throw new Error(`step: got ${name}, expected ${Object.keys(courseSteps).join(", ")}.`);
const turns = course.turns(Number(batch ?? course.batch));
const { weights, run } = await openTurns(turns, {
  device: device as DeviceName,
  threads: Number(process.env["PEERS_THREADS"] ?? 2),
});
const say = (fields: object) => console.log(JSON.stringify(fields));

async function timed(): Promise<number> {
  const startTime = performance.now();
  losses = await run();
  return performance.now() - startTime;
}

let losses: number[] = [];
const warm = [await timed()];
const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
console.error(`${name}: ${parameters} numbers in weights, loss ${losses.join(", ")}`);
warm.push(await timed());
say({ ready: true, best_warm_ms: Math.min(...warm) });
for await (const line of createInterface({ input: process.stdin })) {
  const times: number[] = [];
  for (let i = 0; i < Number(line); i++) times.push(await timed());
  times.sort((a, b) => a - b);
  say({
    median_ms: (times[times.length >> 1]! + times[(times.length - 1) >> 1]!) / 2,
    n: times.length,
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    times_ms: times,
  });
}
console.error(`${name}: loss ${losses.join(", ")} at the end`);
process.exit(0);
