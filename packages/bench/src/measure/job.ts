// One measurement in its own process: the input of `cajal worker`, and the lines that it writes.
import { createInterface } from "node:readline";
import { CajalError, checkOptions, isCajalError, unknownName } from "@cajal/core";
import { median } from "./statistics";
import type { Job, SingleTask, TimedTask } from "./tasks/task";
import type { Turn } from "./workers";

/** @throws CajalError `bad-argument`, `unknown-option` */
export function parseJob(text: string): Job {
  let job: unknown;
  try {
    job = JSON.parse(text);
  } catch (cause) {
    throw new CajalError(
      "bad-argument",
      `worker: the job is not JSON: ${text}`,
      { text },
      { cause },
    );
  }
  if (typeof job !== "object" || job === null)
    throw new CajalError("bad-argument", `worker: got ${text}, expected a job as a JSON object.`, {
      text,
    });
  checkOptions("a worker's job", job, [...Object.keys(required), ...optional]);
  for (const [field, type] of Object.entries(required)) {
    const got: unknown = Reflect.get(job, field);
    if (typeof got !== type)
      throw new CajalError(
        "bad-argument",
        `worker: got ${field} ${JSON.stringify(got)}, expected a ${type}.`,
        { field, got },
      );
  }
  return job as Job;
}

const required = {
  phase: "string",
  model: "string",
  engine: "string",
  device: "string",
  batch: "number",
};
const optional = ["task", "dataset", "tf32", "seed", "threads", "warmup", "labels", "settings"];

interface Channel {
  readonly input?: NodeJS.ReadableStream;
  readonly say?: (line: string) => void;
}

/**
 * Runs the job. A timed task builds, warms up, reports that it is ready, and runs timed steps for each line of input;
 * a single task reports its progress and its records. See workers.ts for the protocol.
 */
export async function serve(
  job: Job,
  { input = process.stdin, say = (line) => void process.stdout.write(line) }: Channel = {},
): Promise<void> {
  const answer = answersTo(job, say);
  // Imported here: parsing a job needs no engine.
  const { tasks } = await import("./tasks");
  const name = job.task ?? job.phase;
  const task = tasks.find((each) => each.name === name);
  if (task === undefined) throw unknownName("phase", name, tasks.map((each) => each.name)); // prettier-ignore
  try {
    if ("run" in task) await runOnce(task, job, answer);
    else await takeSteps(task, job, { input, answer });
  } catch (error) {
    if (isCajalError(error)) answer({ failed: { code: error.code, message: error.message } });
    throw error;
  }
}

/** Writes answers as lines. */
export const answersTo =
  ({ labels }: Job, say: (line: string) => void) =>
  (fields: object): void =>
    say(`${JSON.stringify({ ...labels, ...fields })}\n`);

async function runOnce(task: SingleTask, job: Job, answer: (fields: object) => void) {
  let lastProgress = -Infinity;
  const records = await task.run({ ...job, settings: job.settings }, (done, note) => {
    if (performance.now() - lastProgress < 200) return;
    lastProgress = performance.now();
    answer({ progress: done, note });
  });
  answer({ records: records.map((record) => ({ ...record, rss_mb: peakMemory() })) });
}

/** Opens a timed task, warms it up, and runs timed steps for each line of input. */
export async function takeSteps(
  task: TimedTask,
  job: Job,
  { input, answer }: { input: NodeJS.ReadableStream; answer: (fields: object) => void },
) {
  const openStart = performance.now();
  const { step, prove, dispose, device } = await task.open(job);
  const open_ms = round(performance.now() - openStart);
  const timedTask = async () => {
    const startTime = performance.now();
    await step();
    return performance.now() - startTime;
  };
  let warm = Infinity;
  for (let i = 0; i < (job.warmup ?? 2); i++) {
    warm = Math.min(warm, await timedTask());
    // Steps that take so long gain little from warming up.
    if (job.warmup === undefined && warm > 5000) break;
  }
  answer({ device, ready: true, best_warm_ms: Number.isFinite(warm) ? warm : 0, open_ms });
  for await (const line of createInterface({ input })) {
    if (line === "prove") {
      const outputs = prove === undefined ? [] : Array.from((await prove()).data, Number);
      answer({ outputs });
      continue;
    }
    const times: number[] = [];
    for (let i = 0; i < Number(line); i++) times.push(await timedTask());
    const turn: Turn = {
      median_ms: round(median(times)),
      n: times.length,
      rss_mb: peakMemory(),
      times_ms: times.map(round),
    };
    answer({ device, ...turn });
  }
  await dispose();
}

/** Peak resident memory of the process, in units of 2²⁰ bytes. */
const peakMemory = (): number => Math.round(process.resourceUsage().maxRSS / 1024);

const round = (ms: number): number => Number(ms.toFixed(4));
