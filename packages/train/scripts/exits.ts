// Ends processes in the middle of training and predicting, and counts those that ended otherwise than
// asked:
//   node scripts/run-source.mjs packages/train/scripts/exits.ts [count] [seed]
import { rmSync } from "node:fs";
import { bundleExitProgram, endOf, endsOfWorkers as ends, exits } from "../testing/exits";

const [count = "100", seed = "1"] = process.argv.slice(2);
let wrong = 0;
const program = await bundleExitProgram();
process.once("exit", () => rmSync(program));
for (const [i, exit] of exits(Number(count), Number(seed)).entries()) {
  const { outcome, stderr } = await endOf(program, exit);
  const expected = ends[exit.end];
  if (outcome === expected) continue;
  wrong++;
  console.log(
    `${i} ${exit.work} ${exit.end} after ${exit.ms} ms: ended with ${outcome}, expected ${expected}\n${stderr}`,
  );
}
console.log(`${count} processes, seed ${seed}: ${wrong} ended otherwise than asked`);
process.exitCode = wrong > 0 ? 1 : 0;
