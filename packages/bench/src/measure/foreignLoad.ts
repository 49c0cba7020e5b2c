// Processor load of other programs during a measurement, which makes its time unreliable.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Ends a watch: returns the share of all cores that other programs used since it began, 0–1; undefined if unknown. */
export type EndWatch = () => number | undefined;

/** Begins a watch; `own` are the processes of the measurement, besides this one. */
export type Watch = (own: readonly number[]) => EndWatch;

/** Times in hundredths of a second, as Linux counts. */
interface Ticks {
  readonly busy: number;
  readonly own: number;
}

/** A watch on Linux; on other systems the load is unknown. */
export const watchOthers: Watch = (own) => {
  const pids = [process.pid, ...own];
  const startTime = performance.now();
  const busyBefore = ticks(pids);
  return () => {
    const busyAfter = ticks(pids);
    const elapsed = (performance.now() - startTime) / 10;
    if (busyBefore === undefined || busyAfter === undefined || elapsed < 10) return undefined;
    const foreign = busyAfter.busy - busyBefore.busy - (busyAfter.own - busyBefore.own);
    return Math.max(0, foreign) / (elapsed * availableParallelism());
  };
};

function ticks(pids: readonly number[]): Ticks | undefined {
  const total = textOf("/proc/stat");
  if (total === undefined) return undefined;
  // cpu user nice system idle iowait irq softirq steal: what was not idle was busy.
  const [user, nice, system, , , irq, softirq, steal] = numbersIn(total.slice(0, total.indexOf("\n"))); // prettier-ignore
  const ownTime = pids.reduce((sum, pid) => {
    // Behind the name, which may hold anything: utime is the 12th field, stime the 13th.
    const stat = textOf(`/proc/${pid}/stat`);
    const fields = numbersIn(stat?.slice(stat.lastIndexOf(")") + 4) ?? "");
    return sum + (fields[10] ?? 0) + (fields[11] ?? 0);
  }, 0);
  return { busy: user! + nice! + system! + irq! + softirq! + steal!, own: ownTime };
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
