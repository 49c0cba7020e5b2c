// Watches over the process that reads: ends it where it hangs, goes on after the input that did it.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Finding, Line, Tally } from "./feed";

/** An input that has not been read after so long is given up; by the clock, so with room for a busy machine. */
const hangs = 20_000;

export interface Watched {
  readonly tally: Tally;
  readonly findings: readonly Finding[];
}

/**
 * Has a target's inputs `0` … `count` read, or as many as the seconds allow.
 *
 * @param command starts a process that feeds the target, see `feed`; from, to, until, and the file for the place are added
 */
export async function watch(
  command: readonly [string, ...string[]],
  { count, until }: { count: number; until: number },
): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), "cajal-fuzz-"));
  const place = join(folder, "input");
  const findings: Finding[] = [];
  const sum: Tally = {
    inputs: 0,
    accepted: 0,
    refused: {},
    peak_mb: 0,
    slowest: { ms: 0, input: 0 },
  };
  try {
    for (let from = 0; from < count && Date.now() < until;) {
      const whole = await one(command, { from, to: count, until, place }, findings);
      const { tally, last } = whole;
      let { death } = whole;
      // On a busy machine anything may be late: what hangs hangs again, alone.
      if (death?.kind === "hang")
        ({ death } = await one(command, { from: last, to: last + 1, until: Infinity, place }, []));
      if (tally !== undefined) add(sum, tally);
      else sum.inputs += last - from + 1;
      if (death !== undefined) findings.push({ ...death, input: last });
      from = tally === undefined ? last + 1 : from + tally.inputs;
      // A process that cannot even begin will not begin next time.
      if (death !== undefined && Number.isNaN(last)) break;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { tally: sum, findings };
}

/** One process, to its end. */
async function one(
  [file, ...args]: readonly [string, ...string[]],
  { from, to, until, place }: { from: number; to: number; until: number; place: string },
  findings: Finding[],
): Promise<{ tally?: Tally; last: number; death?: Omit<Finding, "input"> }> {
  const child = spawn(file, [...args, String(from), String(to), String(until), place], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr
    .setEncoding("utf8")
    .on("data", (text: string) => (said = (said + text).slice(-2000)));
  let tally: Tally | undefined;
  let ready = false;
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    if ("finding" in line) findings.push(line.finding);
    if ("tally" in line) tally = line.tally;
    if ("ready" in line) ready = true;
  });
  let last = readPlace(place);
  let since = Date.now();
  let hung = false;
  const timer = setInterval(() => {
    const now = readPlace(place);
    if (now !== last) [last, since] = [now, Date.now()];
    else if (ready && tally === undefined && Date.now() - since > hangs) {
      hung = true;
      child.kill("SIGKILL");
    }
  }, 250);
  const how = await new Promise<string>((resolve) =>
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`)),
  );
  clearInterval(timer);
  if (tally !== undefined) return { tally, last: from + tally.inputs - 1 };
  return {
    last: ready ? readPlace(place) : NaN,
    death: hung
      ? { kind: "hang", text: `no answer after ${hangs / 1000} s` }
      : { kind: "death", text: `the process ended (${how})\n${said.trim()}` },
  };
}

function readPlace(path: string): number {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return NaN;
  }
}

function add(sum: Tally, more: Tally): void {
  sum.inputs += more.inputs;
  sum.accepted += more.accepted;
  for (const [code, n] of Object.entries(more.refused))
    sum.refused[code] = (sum.refused[code] ?? 0) + n;
  sum.peak_mb = Math.max(sum.peak_mb, more.peak_mb);
  if (more.slowest.ms > sum.slowest.ms) sum.slowest = more.slowest;
}
