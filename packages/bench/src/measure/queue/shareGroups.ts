// Distributes a suite's measurements to workers on other machines through Redis. Every group is queued under the hash
// of its content, and counts once: the group of a worker that dies is queued again, as is one that Redis lost, and of
// a group that two workers measured the first result is used.
import { setTimeout as sleep } from "node:timers/promises";
import { abortable } from "@cajal/core";
import { type Cell, type CellEvent, failedCell, type MeasureOptions } from "../cells";
import { type GroupJob, type GroupProgress, idOf, parseGroupRecords } from "./groupJob";
import { connectQueue } from "./redis";

export interface ShareOptions extends MeasureOptions {
  /** Whether results of an earlier run in the queue are discarded and measured again. */
  readonly fresh?: boolean;
  /** Milliseconds between polls of the queue; default 1,000. */
  readonly interval?: number;
}

/** Progress of the groups that workers measure; `records` are all of one group. */
export type SharedEvent = Extract<CellEvent, { type: "progress" }> | { type: "measured"; records: Extract<CellEvent, { type: "measured" }>["records"] }; // prettier-ignore

/**
 * Queues groups of cells and yields their records as they arrive. If ended early it withdraws the groups that no worker
 * has begun; if killed it leaves them, and the next call with the same groups continues.
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
  // A group that a worker is measuring cannot be removed.
  const takeBack = (id: string) => queue.remove(id).catch(() => {});
  try {
    for (const [id, job] of pending) {
      signal?.throwIfAborted();
      if (fresh) await takeBack(id);
      await abortable(add(id, job), signal);
    }
    while (pending.size > 0) {
      const doneShare = (total - pending.size) / total;
      if (redis.status !== "ready") {
        yield { type: "progress", done: doneShare, note: `Redis does not answer at ${address}; waiting for it` }; // prettier-ignore
        await sleep(interval, undefined, { signal }).catch(() => signal?.throwIfAborted());
        continue;
      }
      const active: string[] = [];
      for (const [id, job] of pending) {
        signal?.throwIfAborted();
        const state = await abortable(queue.getJob(id), signal);
        // Redis restarted without data that it had not yet written.
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
    const withdrawal = Promise.all(Array.from(pending.keys(), takeBack)).then(() => queue.close());
    withdrawal.catch(() => {});
    // Do not wait for a Redis server that does not answer.
    await Promise.race([
      withdrawal,
      sleep(redis.status === "ready" ? 2000 : 0, undefined, { ref: false }),
    ]);
    redis.disconnect();
  }
}

/** The records of a finished job; for a failed job one failure record per cell. */
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
