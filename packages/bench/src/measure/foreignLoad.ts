// How much of the processor other programs take while something is timed: where that is much, the time is theirs.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Ends a watch: the share of all cores that went to others since it began, 0–1; undefined where nothing tells. */
export type EndWatch = () => number | undefined;

/** Begins to watch; `own` are processes whose work is ours, besides this one. */
export type Watch = (own: readonly number[]) => EndWatch;

/** Hundredths of a second, as Linux counts. */
interface Ticks {
  readonly busy: number;
  readonly own: number;
}

/** A watch on Linux, which counts both; elsewhere there is no saying. */
export const watchOthers: Watch = (own) => {
  const pids = [process.pid, ...own];
  const began = performance.now();
  const before = ticks(pids);
  return () => {
    const after = ticks(pids);
    const elapsed = (performance.now() - began) / 10;
    if (before === undefined || after === undefined || elapsed < 10) return undefined;
    const foreign = after.busy - before.busy - (after.own - before.own);
    return Math.max(0, foreign) / (elapsed * availableParallelism());
  };
};

function ticks(pids: readonly number[]): Ticks | undefined {
  const total = textOf("/proc/stat");
  if (total === undefined) return undefined;
  // cpu user nice system idle iowait irq softirq steal: what was not idle was busy.
  const [user, nice, system, , , irq, softirq, steal] = numbersIn(total.slice(0, total.indexOf("\n"))); // prettier-ignore
  const own = pids.reduce((sum, pid) => {
    // Behind the name, which may hold anything: utime is the 12th field, stime the 13th.
    const stat = textOf(`/proc/${pid}/stat`);
    const fields = numbersIn(stat?.slice(stat.lastIndexOf(")") + 4) ?? "");
    return sum + (fields[10] ?? 0) + (fields[11] ?? 0);
  }, 0);
  return { busy: user! + nice! + system! + irq! + softirq! + steal!, own };
}

const numbersIn = (text: string): number[] => (text.match(/-?\d+/g) ?? []).map(Number);

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not Linux, or the process has ended.
    return undefined;
  }
}
