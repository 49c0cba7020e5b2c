// cajal worker: measures one thing on command, line by line.
import { parseJob, serve } from "../measure/job";
import { defineCommand } from "./shared/defineCommand";
import { argument } from "./shared/parameters";

export const worker = defineCommand({
  name: "worker",
  examples: [
    [
      `cajal worker '{"phase":"predict","model":"lenet5","engine":"onnx","device":"cpu","batch":1}'`,
      "then numbers on standard input: so many timed steps",
    ],
  ],
  arguments: { job: argument("what to measure, as JSON", { required: true }) },
  run: (_context, { job }) => serve(parseJob(job)),
});
