// A suite's measurements, handed to workers on other machines through Redis. Every group is queued under the hash of
// its content, and counted once: a group whose worker dies comes back into the queue, one that Redis lost is queued
// again, and one that two workers measured is taken from whoever is first.
import { setTimeout as sleep } from "node:timers/promises";
import { abortable } from "@cajal/core";
import { type Cell, type CellEvent, failedCell, type MeasureOptions } from "../cells";
import { type GroupJob, type GroupProgress, idOf, parseGroupRecords } from "./groupJob";
import { connectQueue } from "./redis";

export interface ShareOptions extends MeasureOptions {
  /** Whether what an earlier run left in the queue is measured again. */
  readonly fresh?: boolean;
  /** Milliseconds between two looks at the queue; default 1,000. */
  readonly interval?: number;
}

/** What is said of groups while they are measured elsewhere; `records` are all of one group. */
export type SharedEvent = Extract<CellEvent, { type: "progress" }> | { type: "measured"; records: Extract<CellEvent, { type: "measured" }>["records"] }; // prettier-ignore

/**
 * Queues groups of cells and gives their records as they come. Ended early, it takes back what no worker has begun;
 * killed, it leaves all of it there, and the next call with the same groups goes on.
 *
 * @param url redis://… or rediss://…
 * @throws CajalError `bad-argument`, `missing-peer`, `network`
 */
export async function* shareGroups(
  groups: readonly (readonly Cell[])[],
  url: string,
  options: ShareOptions,
): AsyncGenerator<SharedEvent, void, undefined> {
  const { rounds, seconds, budget, seed, signal, fresh = false, interval = 1000 } = options;
  const { bullmq, redis, name, address } = await connectQueue(url);
  const queue = new bullmq.Queue<GroupJob>(name, { connection: redis });
  // Reported by what waits for an answer.
  queue.on("error", () => {});
  const common = { rounds, seed, ...(seconds !== undefined && { seconds }), ...(budget !== undefined && { budget }) }; // prettier-ignore
  const jobs = groups.map((cells): GroupJob => ({ cells, options: common }));
  const pending = new Map(jobs.map((job) => [idOf(job), job]));
  const total = pending.size;
  const add = (id: string, job: GroupJob) => queue.add(job.cells[0]!.suite, job, { jobId: id, removeOnComplete: false, removeOnFail: false }); // prettier-ignore
  // What a worker is at cannot be removed.
  const takeBack = (id: string) => queue.remove(id).catch(() => {});
  try {
    for (const [id, job] of pending) {
      signal?.throwIfAborted();
      if (fresh) await takeBack(id);
      await abortable(add(id, job), signal);
    }
    while (pending.size > 0) {
      const done = (total - pending.size) / total;
      if (redis.status !== "ready") {
        yield { type: "progress", done, note: `Redis does not answer at ${address}; waiting for it` }; // prettier-ignore
        await sleep(interval, undefined, { signal }).catch(() => signal?.throwIfAborted());
        continue;
      }
      const active: string[] = [];
      for (const [id, job] of pending) {
        signal?.throwIfAborted();
        const state = await abortable(queue.getJob(id), signal);
        // Redis began again without what it had not yet written.
        if (state === undefined) await abortable(add(id, job), signal);
        else if (state.finishedOn !== undefined) {
          yield { type: "measured", records: recordsOf(state, job, options) };
          pending.delete(id);
          await takeBack(id);
        } else if (state.progress && typeof state.progress === "object") {
          const { host, note } = state.progress as Partial<GroupProgress>;
          active.push([note, host].filter(Boolean).join(", on "));
        }
      }
      if (pending.size === 0) break;
      const workers = await abortable(queue.getWorkersCount(), signal);
      const note = workers === 0 ? `no worker is here: cajal worker --queue ${address}` : `${workers} ${workers === 1 ? "worker" : "workers"}${active.length === 0 ? "" : `: ${active.join("; ")}`}`; // prettier-ignore
      yield { type: "progress", done: (total - pending.size) / total, note };
      await sleep(interval, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  } finally {
    const withdrawn = Promise.all(Array.from(pending.keys(), takeBack)).then(() => queue.close());
    withdrawn.catch(() => {});
    // A Redis that is away answers nothing, and is not waited for.
    await Promise.race([
      withdrawn,
      sleep(redis.status === "ready" ? 2000 : 0, undefined, { ref: false }),
    ]);
    redis.disconnect();
  }
}

/** The records of a job that is over; where it failed, one of each cell that says so. */
function recordsOf(
  { returnvalue, failedReason }: { readonly returnvalue?: unknown; readonly failedReason?: string },
  job: GroupJob,
  options: MeasureOptions,
) {
  try {
    if (failedReason) throw new Error(failedReason);
    return parseGroupRecords(job, returnvalue, "a worker");
  } catch (error) {
    return job.cells.map((cell) => failedCell(cell, error, options));
  }
}
