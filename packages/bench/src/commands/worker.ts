// cajal worker: runs one measurement, controlled line by line on standard input, or the jobs of a queue.
import { CajalError } from "@cajal/core";
import { parseJob, serve } from "../measure/job";
import { defineCommand } from "./shared/defineCommand";
import { argument, text } from "./shared/parameters";

export const worker = defineCommand({
  name: "worker",
  examples: [
    ["cajal worker --queue redis://host:6379", "measures for cajal run --queue, until Ctrl-C"],
    [
      `cajal worker '{"phase":"predict","model":"lenet5","engine":"onnx","device":"cpu","batch":1}'`,
      "then numbers on standard input: so many timed steps",
    ],
  ],
  arguments: { job: argument("what to measure, as JSON") },
  options: {
    queue: text("<redis>", "Redis server of which measurements are taken: one that you trust"),
  },
  async run({ progress, signal }, { job, queue }) {
    if ((job === undefined) === (queue === undefined))
      throw new CajalError(
        "bad-argument",
        "worker: expected a job as JSON, or --queue with the address of a Redis server.",
      );
    if (job !== undefined) return serve(parseJob(job));
    const { workOnQueue } = await import("../measure/queue/workOnQueue");
    await workOnQueue(queue!, { signal, say: (line) => progress.say(line) });
  },
});
