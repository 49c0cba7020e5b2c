// A real suite through a queue: three workers, two of them killed (−9) at random moments, and Redis restarted once.
// Redis must be installed. About three minutes, as the measurements of a dead worker wait for half a minute:
//   node scripts/run-source.mjs packages/bench/scripts/checkQueue.ts [seed]
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { random } from "@cajal/core";
import { buildCajal } from "../testing/cajal";
import { connectQueue } from "../src/measure/queue/redis";
import { check, checkComplete, ended, plannedCells, recordsIn, smallTable, start, startCajal } from "./realRuns"; // prettier-ignore

const seed = Number(process.argv[2] ?? Date.now() % 1e6);
const numbers = random(seed, "accidents");
console.log(`accidents of seed ${seed}`);
await buildCajal();
const planned = await plannedCells(smallTable.settings, 1);

const folder = mkdtempSync(join(tmpdir(), "cajal-queue-"));
const out = join(folder, "out");
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
server.close();
const url = `redis://127.0.0.1:${port}`;

async function startRedis(): Promise<ChildProcess> {
  const redis = start("redis-server", ["--port", String(port), "--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--bind", "127.0.0.1"]); // prettier-ignore
  for (;;) {
    try {
      (await connectQueue(url)).redis.disconnect();
      return redis;
    } catch (error) {
      if (redis.exitCode !== null) throw error;
      await sleep(50);
    }
  }
}

let redis = await startRedis();
const startTime = performance.now();
const since = () => `${((performance.now() - startTime) / 1000).toFixed(0)} s`;
const run = startCajal(["run", ...smallTable.args, "--queue", url, "--out", out, "--seed", "1"]);
const workers = [1, 2, 3].map(() => startCajal(["worker", "--queue", url]));
/** How many measurements were there at each accident. */
const accidents: string[] = [];
const note = (what: string) => {
  accidents.push(what);
  console.log(`  after ${since()}, with ${recordsIn(out).length} records: ${what}`);
};
const recordsReach = async (count: number) => {
  while (run.exitCode === null && recordsIn(out).length < count) await sleep(50);
  await sleep(3000 * numbers.float());
};

for (const [i, worker] of workers.slice(0, 2).entries()) {
  await recordsReach(1 + 4 * i);
  worker.kill("SIGKILL");
  note(`worker ${i + 1} killed`);
}
await recordsReach(7);
redis.kill("SIGKILL");
await ended(redis);
note("Redis killed");
await sleep(2000);
redis = await startRedis();
note("Redis is back");

const code = await ended(run);
const isLate = accidents.length === 4 && recordsIn(out).length > 7;
console.log(`  after ${since()}: done`);
check("the run ends with 0", code === 0, String(code));
check("the accidents came before its end", isLate);
checkComplete(recordsIn(out), planned);

for (const child of workers) child.kill("SIGINT");
await Promise.all(workers.map(ended));
redis.kill();
await ended(redis);
rmSync(folder, { recursive: true });
