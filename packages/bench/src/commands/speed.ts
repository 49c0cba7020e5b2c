// cajal speed: prints records, and what could not be measured.
import { checkInteger } from "@cajal/core";
import type { CommonOptions, Context, Outcome } from "../context";
import { engineName, milliseconds, short, times, whole } from "../report/format";
import type { Job } from "../measure/job";
import { textTable } from "../output";
import type { BenchRecord } from "../measure/record";
import { speed as measure } from "../measure/speed";

export interface SpeedOptions extends CommonOptions {
  phase: Job["phase"];
  models: string[];
  engines: string[];
  devices?: string[];
  batch?: string[];
  rounds: number;
  threads?: number;
}

export async function speed(
  { output, progress, seed, signal }: Context,
  { phase, models, engines, devices, batch, rounds, threads }: SpeedOptions,
): Promise<Outcome> {
  const batches = batch?.map(batchSize);
  const records: BenchRecord[] = [];
  let failed = false;
  const options = { phase, models, engines, devices, batches, rounds, threads, seed, signal };
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
}

/** A table, each time beside the fastest of its network and batch. */
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

function batchSize(text: string): number {
  const size = Number(text);
  checkInteger("speed", "batch", size, { least: 1 });
  return size;
}
