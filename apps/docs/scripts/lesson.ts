// Runs one lesson and records what its page shows. `npm run lessons` calls it, a process a lesson:
//   node scripts/run-source.mjs apps/docs/scripts/lesson.ts 05-lenet [--full]
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { resultsOf, type Exports, type Run } from "../lessons/results";

const [name = ""] = process.argv.slice(2);
const root = fileURLToPath(new URL("../lessons/recorded/", import.meta.url));

const began = performance.now();
const exported: Exports = await import(`../lessons/${name}.ts`);
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage();
const { claims, values, pictures } = await resultsOf(exported);
const run: Run = {
  form: process.argv.includes("--full") ? "full" : "small",
  date: new Date().toISOString().slice(0, 10),
  seconds: Number(seconds.toPrecision(2)),
  processorSeconds: Number(((user + system) / 1e6).toPrecision(2)),
  processors: availableParallelism(),
  node: process.version,
};
console.log(name, run, claims);
const untrue = Object.keys(claims).filter((claim) => !claims[claim]);
if (untrue.length > 0) {
  console.error(`${name}: not recorded, for this is not so: ${untrue.join("; ")}`);
  process.exit(1);
}
// Photographs of others are not published here: of these lessons the small form's pictures stay.
const photographs = run.form === "full" && ["06-cifar", "08-transfer"].includes(name);
if (!photographs) rmSync(`${root}${name}`, { recursive: true, force: true });
mkdirSync(`${root}${name}`, { recursive: true });
writeFileSync(`${root}${name}/results.json`, JSON.stringify({ run, claims, ...values }));
for (const [file, bytes] of photographs ? [] : pictures)
  writeFileSync(`${root}${name}/${file}`, bytes);
process.exit(0);
