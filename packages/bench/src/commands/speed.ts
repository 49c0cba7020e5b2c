// cajal speed: prints timings, and what could not be measured.
import { engineName, milliseconds, short, times, whole } from "../text/format";
import { textTable } from "../text/tables";
import type { BenchRecord } from "../measure/record";
import { speed as measure } from "../measure/speed";
import { defineCommand } from "./shared/defineCommand";
import { choice, list, number, numbers } from "./shared/parameters";

export const speed = defineCommand({
  name: "speed",
  examples: [
    ["cajal speed --devices all", "LeNet-5, one prediction, every device of ONNX Runtime"],
    ["cajal speed --models mobilenet,resnet50 --batch 1,8", "two networks, two batch sizes"],
    ["cajal speed --engines onnx,tfjs --devices all", "engines against each other"],
    ["cajal speed --phase train --models lenet5 --batch 64 --json", "training steps, as records"],
  ],
  options: {
    phase: choice("what is timed", ["predict", "train"], {
      placeholder: "<phase>",
      default: "predict",
    }),
    models: list("<names>", "networks, separated by commas", { default: ["lenet5"] }),
    engines: list("<names>", "engines", { default: ["onnx"] }),
    devices: list("<names>", "devices, or all that are available", { default: ["auto"] }),
    batch: numbers("<sizes>", "batch sizes; default 1 to predict; to train 64, large networks 8", { least: 1 }), // prettier-ignore
    rounds: number("<n>", "turns that each has", { least: 1, default: 5 }),
    threads: number("<n>", "threads of an engine that has them", { least: 1 }),
  },
  async run(
    { output, progress, seed, signal },
    { phase, models, engines, devices, batch, rounds, threads },
  ) {
    const records: BenchRecord[] = [];
    let failed = false;
    const options = {
      phase,
      models,
      engines,
      devices,
      batches: batch,
      rounds,
      threads,
      seed,
      signal,
    };
    for await (const event of measure(options))
      switch (event.type) {
        case "stage":
          progress.start(event.title);
          break;
        case "progress":
          progress.update(event.done, event.note);
          break;
        case "stage-end":
          progress.finish();
          break;
        case "record":
          records.push(event.record);
          output.line(event.record);
          break;
        case "failed": {
          failed = true;
          const { model, batch, error } = event;
          progress.say(
            `${model}, batch ${batch}: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      }
    output.text(describe(records));
    return failed ? "failed" : undefined;
  },
});

/** A table with each time relative to the fastest of its network and batch. */
function describe(records: readonly BenchRecord[]): string {
  const best = new Map<string, number>();
  const group = ({ model, batch }: BenchRecord) => `${model} ${batch}`;
  for (const record of records)
    best.set(group(record), Math.min(record.median_ms!, best.get(group(record)) ?? Infinity));
  return textTable(
    ["network", "engine", "batch", "median", "p90", "examples/s", "MACs/s", "peak MB", ""],
    records.map((record) => [
      record.model,
      engineName(record),
      String(record.batch),
      milliseconds(record.median_ms!),
      milliseconds(record.p90_ms!),
      whole((1000 * record.batch) / record.median_ms!),
      short((1000 * record.batch * (record.macs ?? NaN)) / record.median_ms!),
      whole(record.rss_mb!),
      record.median_ms === best.get(group(record))
        ? ""
        : `${times(record.median_ms! / best.get(group(record))!)} slower`,
    ]),
  );
}
