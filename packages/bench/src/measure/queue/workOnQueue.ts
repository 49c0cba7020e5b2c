// A worker: measures what suites on other machines have queued, one group of cells at a time.
import { devices } from "@cajal/runtime";
import { measureGroup, type MeasureOptions } from "../cells";
import { host } from "../environment";
import type { BenchRecord } from "../record";
import { type GroupJob, type GroupProgress, parseGroupJob } from "./groupJob";
import { connectQueue } from "./redis";

export interface WorkOptions extends Pick<MeasureOptions, "signal" | "command"> {
  /** Is told what it does, a line at a time. */
  readonly say?: (text: string) => void;
  /** Milliseconds for which a group is a worker's own unless it says that it lives; default 30,000. */
  readonly lockDuration?: number;
}

/** A group comes back so many times from workers that died before it counts as failed. */
const mostDeaths = 10;

/**
 * Measures until it is aborted; what is under way then goes back into the queue. All measuring is in child processes,
 * so that this one can say in time that it lives.
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
      let told = -Infinity;
      try {
        for await (const event of measureGroup(cells, { ...options, places, ...(signal && { signal }), ...(command && { command }) })) {
          if (event.type === "measured") records.push(...event.records);
          else if (performance.now() - told > 1000) {
            told = performance.now();
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
