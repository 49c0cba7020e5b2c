// A worker, which measures groups of cells that suites on other machines have queued, one at a time.
import { devices } from "@cajal/runtime";
import { measureGroup, type MeasureOptions } from "../cells";
import { host } from "../environment";
import type { BenchRecord } from "../record";
import { type GroupJob, type GroupProgress, parseGroupJob } from "./groupJob";
import { connectQueue } from "./redis";

export interface WorkOptions extends Pick<MeasureOptions, "signal" | "command"> {
  /** Called with lines of progress. */
  readonly say?: (text: string) => void;
  /** Milliseconds after which a group is queued again unless its worker renews the lock; default 30,000. */
  readonly lockDuration?: number;
}

/** How many workers may die on a group before it counts as failed. */
const mostDeaths = 10;

/**
 * Measures until it is aborted; the current group is then queued again. Measurements run in child processes, so that
 * this process can renew its lock in time.
 *
 * @param url redis://… or rediss://…
 * @throws CajalError `bad-argument`, `missing-peer`, `network`
 */
export async function workOnQueue(url: string, options: WorkOptions = {}): Promise<void> {
  const { signal, command, say = () => {}, lockDuration = 30_000 } = options;
  const { bullmq, redis, name, address } = await connectQueue(url);
  const places = await devices();
  const machine = host();
  const worker = new bullmq.Worker<GroupJob, BenchRecord[]>(
    name,
    async (job, token) => {
      const { cells, options } = parseGroupJob(job.data);
      const title = `${job.name}: ${cells[0]!.job.model}`;
      say(title);
      const records: BenchRecord[] = [];
      let lastReport = -Infinity;
      try {
        for await (const event of measureGroup(cells, { ...options, places, ...(signal && { signal }), ...(command && { command }) })) {
          if (event.type === "measured") records.push(...event.records);
          else if (performance.now() - lastReport > 1000) {
            lastReport = performance.now();
            const progress: GroupProgress = { host: machine, note: `${title}, ${event.note}` };
            await job.updateProgress(progress);
          }
        } // prettier-ignore
      } catch (error) {
        if (!signal?.aborted) throw error;
        await job.moveToWait(token);
        throw new bullmq.WaitingError();
      }
      say(`${title}: ${records.length} ${records.length === 1 ? "record" : "records"}`);
      return records;
    },
    {
      connection: redis,
      lockDuration,
      stalledInterval: lockDuration,
      maxStalledCount: mostDeaths,
    },
  );
  // Of a group that is no longer its own too: Redis began again, and the group is measured once more.
  worker.on("error", (error) => say(error.message));
  worker.on("failed", (job, error) => say(`${job?.name ?? "a group"}: ${error.message}`));
  say(`waits for measurements at ${address}; Ctrl-C ends it`);
  try {
    await new Promise<void>((resolve) => {
      if (signal?.aborted) resolve();
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await worker.close();
    redis.disconnect();
  }
}
