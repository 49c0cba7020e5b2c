// Feeds every reader with mutated inputs: nothing but CajalErrors may come back, within 2 s and 500 MB.
//   node scripts/run-source.mjs scripts/fuzz.ts                       10,000 inputs each
//   … scripts/fuzz.ts --seconds 60 --seed 7                           a minute, shared by all
//   … scripts/fuzz.ts --target idx --count 100000                     one of them, longer
//   … scripts/fuzz.ts --target idx --seed 7 --input 4711 --save x.idx  one input again, kept as a file
//
// Last result, seed 20261126: 100,000 inputs to hdf5, npy, safetensors and zip, 36,000 to modelFiles, kerasConfigs and
// onnxBytes: no findings, at most 166 MB. Since safetensors and .keras are read by ranges, seed 20261127: 122,567 inputs to
// safetensors, zip, modelFiles and hdf5, no findings, at most 143 MB.
// Exits 1 where something was found; each finding comes with the call that repeats it.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isCajalError } from "@cajal/core";
import { feed, type Finding, inputOf, stackOf } from "./fuzz/feed";
import type { Target } from "./fuzz/target";
import { targets } from "./fuzz/targets/index";
import { watch, type Watched } from "./fuzz/watch";

const limits = { slow: 2_000, memory: 500 };
/** Findings of one kind that are shown in full. */
const shown = 3;

/** In the watched process: `target seed from to until place`. */
async function feedHere([name = "", seed, from, to, until, place = ""]: string[]): Promise<void> {
  await feed(targetOf(name), {
    seed: Number(seed),
    from: Number(from),
    to: Number(to),
    until: Number(until),
    place,
    limits,
  });
  process.exit();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: "string", multiple: true },
      count: { type: "string" },
      seconds: { type: "string" },
      seed: { type: "string", default: "42" },
      input: { type: "string" },
      save: { type: "string" },
    },
  });
  const chosen = values.target?.map(targetOf) ?? targets;
  const seed = Number(values.seed);
  if (values.input !== undefined) return again(chosen[0]!, seed, Number(values.input), values.save);
  const seconds = values.seconds === undefined ? Infinity : Number(values.seconds);
  const count = Number(values.count ?? (seconds === Infinity ? 10_000 : Infinity));
  let inputs = 0;
  let findings = 0;
  let peak = 0;
  const end = Date.now() + 1000 * seconds;
  for (const [i, { name }] of chosen.entries()) {
    const began = Date.now();
    // What is left of the time, in equal parts.
    const until = seconds === Infinity ? 1e15 : began + (end - began) / (chosen.length - i);
    const watched = await watch(
      [process.execPath, fileURLToPath(import.meta.url), "--feed", name, String(seed)],
      { count, until },
    );
    report(name, seed, watched, (Date.now() - began) / 1000);
    inputs += watched.tally.inputs;
    peak = Math.max(peak, watched.tally.peak_mb);
    findings += watched.findings.length;
  }
  console.log(
    `${inputs} inputs to ${chosen.length} readers, seed ${seed}: ${findings} findings; at most ${peak} MB`,
  );
  process.exitCode = findings === 0 ? 0 : 1;
}

function report(name: string, seed: number, { tally, findings }: Watched, seconds: number): void {
  const refused = Object.entries(tally.refused)
    .sort(([, a], [, b]) => b - a)
    .map(([code, n]) => `${code} ${n}`)
    .join(", ");
  console.log(
    `${name}: ${tally.inputs} inputs in ${seconds.toFixed(1)} s; accepted ${tally.accepted}; ${refused}; slowest ${tally.slowest.ms.toFixed(0)} ms (input ${tally.slowest.input}); peak ${tally.peak_mb} MB`,
  );
  const kinds = new Map<string, Finding[]>();
  for (const finding of findings) {
    const kind = kindOf(finding);
    kinds.set(kind, [...(kinds.get(kind) ?? []), finding]);
  }
  for (const alike of kinds.values()) {
    console.log(`  FOUND ${alike.length}×`);
    for (const { kind, input, text } of alike.slice(0, shown))
      console.log(
        `  ${kind}: ${text.replaceAll("\n", "\n    ")}\n    again: node scripts/run-source.mjs scripts/fuzz.ts --target ${name} --seed ${seed} --input ${input}`,
      );
  }
}

/** Findings that come from the same line are of one kind. */
const kindOf = ({ kind, text }: Finding) =>
  `${kind} ${kind === "error" ? (/\n\s+at .*/.exec(text)?.[0] ?? text.slice(0, 60)) : ""}`;

/** One input once more, here, where a debugger may look. */
async function again(
  target: Target<unknown>,
  seed: number,
  number: number,
  save: string | undefined,
): Promise<void> {
  const input = await inputOf(target, await target.corpus(), seed, number);
  if (save !== undefined) {
    const {
      encode = (value) =>
        value instanceof Uint8Array || typeof value === "string" ? value : JSON.stringify(value),
    } = target;
    writeFileSync(save, encode(input));
  }
  const began = process.cpuUsage();
  try {
    console.log("accepted:", await target.read(input));
  } catch (error) {
    console.log(isCajalError(error) ? `refused, ${error.code}: ${error.message}` : stackOf(error));
  }
  const { user, system } = process.cpuUsage(began);
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${Math.round((user + system) / 1000)} ms of processor time, ${peak} MB at most`);
}

function targetOf(name: string): Target<unknown> {
  const match = targets.find((target) => target.name === name);
  if (match !== undefined) return match;
  console.error(`no target ${name}; there are ${targets.map((target) => target.name).join(", ")}`);
  process.exit(2);
}

if (process.argv[2] === "--feed") await feedHere(process.argv.slice(3));
else await main();
