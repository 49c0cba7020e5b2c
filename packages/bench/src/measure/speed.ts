// Times networks on engines and devices, each in its own process, interleaved in rounds.
import { CajalError, checkOptions } from "@cajal/core";
import { modelFacts, summary } from "@cajal/models";
import { devices as findDevices } from "@cajal/runtime";
import { recordName, usualBatch } from "../choices/networks";
import { type Cell, measureGroup, type MeasureOptions } from "./cells";
import type { Job } from "./tasks/task";
import { choosePlaces } from "./places";
import type { BenchRecord } from "./record";

export interface SpeedOptions {
  /** Default "predict". */
  phase?: "predict" | "train";
  /** Names of networks, default `["lenet5"]`. */
  models?: readonly string[];
  /** Default `["onnx"]`. */
  engines?: readonly string[];
  /** Devices, used with every engine that has them; `"all"`: all available ones. Default `["auto"]`. */
  devices?: readonly string[];
  /** Batch sizes; default 1 for `predict`; for `train` 64, and 8 for networks of large images. */
  batches?: readonly number[];
  /** Number of rounds, default 5. */
  rounds?: number;
  /** Seconds of each round, at least one step; default 0.6. */
  seconds?: number;
  /** Threads of each engine; default: the engine's. */
  threads?: number;
  /** Seed of weights and data; default 42. */
  seed?: number;
  /** Aborts between two rounds. */
  signal?: AbortSignal;
}

export type SpeedEvent =
  | { type: "stage"; title: string }
  | { type: "progress"; done: number; note: string }
  | { type: "stage-end" }
  | { type: "record"; record: BenchRecord }
  /** A measurement that failed; the others continue. */
  | {
      type: "failed";
      model: string;
      engine: string;
      device: string;
      batch: number;
      error: unknown;
    };

/**
 * Times predict or train steps, on random weights and data. Engines and devices of one network and batch size are
 * interleaved in rounds.
 *
 * @throws CajalError `unknown-name`; `no-device` when a named device is not available here
 */
export async function* speed(
  options: SpeedOptions = {},
): AsyncGenerator<SpeedEvent, void, undefined> {
  checkOptions("speed", options, optionNames);
  const {
    phase = "predict",
    models = ["lenet5"],
    batches,
    rounds = 5,
    seconds,
    threads,
    seed = 42,
    signal,
  } = options;
  const names = models.map(recordName);
  const places = await findDevices({ signal });
  const contestants = choosePlaces(places, {
    engines: options.engines ?? ["onnx"],
    devices: options.devices ?? ["auto"],
  });
  for (const model of names) {
    const { totalParams: params, macs } = summary(modelFacts(model).build());
    for (const batch of batches ?? [phase === "predict" ? 1 : usualBatch(model)]) {
      yield { type: "stage", title: `${model}, ${phase}, batch ${batch}` };
      const group = contestants.map(({ engine, device }): Cell => ({
        suite: "speed",
        job: { phase, model, engine, device, batch, seed, threads },
        facts: { params, macs },
        turns: `${model} ${batch}`,
      }));
      const options: MeasureOptions = { places, rounds, seconds, seed, signal };
      for await (const event of measureGroup(group, options)) {
        if (event.type === "progress") yield event;
        else
          for (const { cell: _cell, ...record } of event.records)
            yield record.failure === undefined
              ? { type: "record", record }
              : failure(event.cell.job, record);
      }
      yield { type: "stage-end" };
    }
  }
}

const failure = (
  { model, engine, device, batch }: Job,
  { failure, reason = "" }: Omit<BenchRecord, "cell">,
): SpeedEvent => ({
  type: "failed",
  model,
  engine,
  device,
  batch,
  error: new CajalError(failure === "timeout" ? "timeout" : "engine", reason, { failure }),
});

const optionNames = [
  "phase",
  "models",
  "engines",
  "devices",
  "batches",
  "rounds",
  "seconds",
  "threads",
  "seed",
  "signal",
] as const satisfies readonly (keyof SpeedOptions)[];
