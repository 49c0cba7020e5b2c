// What the checks of real runs share: the command as its users have it, planned measurements, and a line for each check.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keyOf } from "../src/measure/cells";
import { type BenchRecord, parseRecords } from "../src/measure/record";
import { table } from "../src/suites/table";
import type { SuiteSettings } from "../src/suites/suite";

const command = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

const children = new Set<ChildProcess>();
process.once("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** Starts a program, which ends with this one. */
export function start(file: string, args: readonly string[]): ChildProcess {
  const child = spawn(file, args, { stdio: "ignore" });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

export const startCajal = (args: readonly string[]): ChildProcess =>
  start(process.execPath, [command, ...args]);

export async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

/** The records in the folder of a run, without an incomplete last line; none before it has written any. */
export function recordsIn(folder: string): BenchRecord[] {
  const path = join(folder, "records.jsonl");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return text === "" ? [] : parseRecords(text.slice(0, text.lastIndexOf("\n") + 1), path);
}

/** A small table, of measurements that take a second or two each. */
export const smallTable = {
  settings: {
    models: ["lenet1", "lenet5", "convnet"],
    engines: ["onnx", "tfjs"],
    devices: ["cpu", "wasm"],
    batches: [1, 8],
    rounds: 1,
  } satisfies SuiteSettings,
  args: "table --models lenet1,lenet5,convnet --engines onnx,tfjs --device cpu,wasm --batch 1,8 --rounds 1".split(" "), // prettier-ignore
};

/** The measurements that the suite plans here. */
export async function plannedCells(settings: SuiteSettings, seed: number): Promise<string[]> {
  const { cells } = await table.plan(settings, { seed });
  return cells.map(keyOf).toSorted();
}

/** Prints what was checked; a check that does not hold ends the program with 1. */
export function check(what: string, holds: boolean, got = ""): void {
  console.log(`${holds ? "✓" : "✗"} ${what}${got === "" ? "" : `: ${got}`}`);
  if (!holds) process.exitCode = 1;
}

/** That a run has each planned measurement once, and measured. */
export function checkComplete(records: readonly BenchRecord[], planned: readonly string[]): void {
  const cells = records.map(({ cell }) => cell ?? "").toSorted();
  const failed = records.filter(({ failure }) => failure !== undefined);
  const lost = planned.filter((cell) => !cells.includes(cell));
  const twice = cells.filter((cell, i) => cells[i - 1] === cell);
  check("nothing is lost", lost.length === 0, `${planned.length - lost.length} of ${planned.length} measurements ${lost.join(", ")}`); // prettier-ignore
  check("nothing counts twice, and nothing else does", twice.length === 0 && cells.length === planned.length, `${cells.length} records ${twice.join(", ")}`); // prettier-ignore
  check("nothing failed", failed.length === 0, failed.map(({ cell, reason }) => `${cell}: ${reason}`).join("; ")); // prettier-ignore
}
