// A real run, killed (−9) at twenty random moments and started again each time, ends with the measurements of one that
// nobody disturbed. About two minutes:
//   node scripts/run-source.mjs packages/bench/scripts/checkKilled.ts [seed]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { random } from "@cajal/core";
import { buildCajal } from "../testing/cajal";
import { check, checkComplete, ended, plannedCells, recordsIn, smallTable, startCajal } from "./realRuns"; // prettier-ignore

const kills = 20;
const seed = Number(process.argv[2] ?? Date.now() % 1e6);
const numbers = random(seed, "kills");
console.log(`kills of seed ${seed}`);
await buildCajal();
const folder = mkdtempSync(join(tmpdir(), "cajal-killed-"));
const planned = await plannedCells(smallTable.settings, 1);
const start = (out: string) => startCajal(["run", ...smallTable.args, "--out", out, "--seed", "1"]);

let runs = 0;
let killed = 0;
/** Records at the moments of the kills. */
const moments: number[] = [];
while (killed < kills) {
  const out = join(folder, String(++runs));
  for (;;) {
    const startTime = performance.now();
    const run = start(out);
    if (killed < kills) {
      // At first while it plans and starts; else once it has measured something more, and then while it goes on.
      const before = recordsIn(out).length;
      if (numbers.float() < 0.75)
        while (run.exitCode === null && recordsIn(out).length === before) await sleep(20);
      await Promise.race([ended(run), sleep(4000 * numbers.float())]);
      if (run.exitCode === null) {
        run.kill("SIGKILL");
        await ended(run);
        killed++;
        moments.push(recordsIn(out).length);
        continue;
      }
    }
    const code = await ended(run);
    console.log(`  run ${runs} ends with ${code}, ${killed} kills so far, the last start ${((performance.now() - startTime) / 1000).toFixed(0)} s`); // prettier-ignore
    check("ends with 0", code === 0);
    checkComplete(recordsIn(out), planned);
    break;
  }
}
check(`killed ${killed} times, with so many records there`, killed === kills, moments.join(" "));
rmSync(folder, { recursive: true });
