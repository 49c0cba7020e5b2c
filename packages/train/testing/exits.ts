// Ends processes that train and predict at random moments, in every way in which a process ends: it must
// end with the exit code that was asked for, or by the signal that it was sent, and never abort.
import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { random } from "@cajal/core";

export const works = ["train", "step", "predict", "open"];

/** Way to end → exit code, or signal. */
export const ends: Readonly<Record<string, number | string>> = {
  exit: 7,
  exitInExit: 8,
  throw: 1,
  reject: 1,
  caught: 9,
  handler: 143,
  default: "SIGTERM",
};

/** The same of work in a Worker, as users have them, which may also be ended alone. */
export const endsOfWorkers: typeof ends = {
  ...ends,
  terminate: 7,
  exitInWorker: 7,
};

export interface Exit {
  readonly work: string;
  readonly end: string;
  /** After the work has begun. */
  readonly ms: number;
}

/** `count` of them: all pairs of work and end in turn, at moments that follow from the seed. Every fourth in a Worker. */
export function exits(count: number, seed: number): Exit[] {
  const draw = random(seed, "exits");
  const [mainThread, inWorkers] = [pairsOf(ends, ""), pairsOf(endsOfWorkers, "own thread: ")];
  return Array.from({ length: count }, (_, i) => ({
    ...(i % 4 === 3
      ? inWorkers[(Math.floor(i / 4) * 7 + 30) % inWorkers.length]!
      : mainThread[(i * 11) % mainThread.length]!),
    ms: Math.floor(draw.float() * 1000),
  }));
}

const pairsOf = (all: typeof ends, where: string) =>
  Object.keys(all).flatMap((end) => works.map((work) => ({ work: `${where}${work}`, end })));

// From here as from scripts/, where this file is part of a program in one file.
const absolutePath = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where exitProgram.ts lies as a module that Node runs; whoever is done with it removes it. */
export async function bundleExitProgram(): Promise<string> {
  const args = [absolutePath("../../../scripts/run-source.mjs"), "--bundle", absolutePath("../testing/exitProgram.ts")]; // prettier-ignore
  return (await promisify(execFile)(process.execPath, args)).stdout.trim();
}

/** The exit code or signal with which such a process ended, and what it wrote to standard error. */
export function endOf(
  program: string,
  { work, end, ms }: Exit,
): Promise<{ outcome: number | string; stderr: string }> {
  const child = spawn(process.execPath, [program, work, end, String(ms)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ outcome: signal ?? code!, stderr }));
  });
}
