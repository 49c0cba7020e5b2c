// Times of networks on engines and devices: each in a process of its own, all taking turns.
import { fileURLToPath } from "node:url";
import { CajalError, checkOptions, unknownName } from "@cajal/core";
import { modelFacts, summary } from "@cajal/models";
import { type DeviceInfo, devices as findDevices } from "@cajal/runtime";
import { host } from "./environment";
import { engineName, figures } from "../report/format";
import type { Job } from "./job";
import { recordName, usualBatch } from "../choices/networks";
import type { BenchRecord } from "./record";
import { median, p90 } from "./statistics";
import { placeOf, versionsOf } from "./versionsOf";
import { startWorker, takeTurns, type Worker } from "./workers";

export interface SpeedOptions {
  /** Default "predict". */
  phase?: Job["phase"];
  /** Names of networks, default `["lenet5"]`. */
  models?: readonly string[];
  /** Default `["onnx"]`. */
  engines?: readonly string[];
  /** Of every engine that has them; `"all"` that are available. Default `["auto"]`. */
  devices?: readonly string[];
  /** Default 1 to predict; to train 64, and 8 for networks of large images. */
  batches?: readonly number[];
  /** Turns that each has, default 5. */
  rounds?: number;
  /** How long a turn is, at least one step; default 0.6. */
  seconds?: number;
  /** Threads of each engine; default: its own choice. */
  threads?: number;
  /** Default 42. */
  seed?: number;
  /** Ends it between two turns. */
  signal?: AbortSignal;
}

export type SpeedEvent =
  | { type: "stage"; title: string }
  | { type: "progress"; done: number; note: string }
  | { type: "stage-end" }
  | { type: "record"; record: BenchRecord }
  /** One that could not be measured; the others go on. */
  | {
      type: "failed";
      model: string;
      engine: string;
      device: string;
      batch: number;
      error: unknown;
    };

/**
 * Measures predict or train steps. Engines and devices of one network and batch size take turns in
 * rounds; random weights and data.
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
  const contestants = choose(places, options);
  for (const model of names) {
    const { totalParams: params, macs } = summary(modelFacts(model).build());
    for (const batch of batches ?? [phase === "predict" ? 1 : usualBatch(model)]) {
      yield { type: "stage", title: `${model}, ${phase}, batch ${batch}` };
      const workers: { worker: Worker; place: DeviceInfo }[] = [];
      try {
        for (const [i, { engine, device }] of contestants.entries()) {
          const name = engineName({ engine, device });
          yield {
            type: "progress",
            done: (0.3 * i) / contestants.length,
            note: `${name} warms up`,
          };
          const job: Job = { phase, model, engine, device, batch, seed, threads };
          try {
            const worker = await startWorker(name, workerCommand(job), { signal });
            const place = placeOf(places, { engine, device: worker.device ?? device });
            workers.push({ worker, place });
          } catch (error) {
            signal?.throwIfAborted();
            yield { type: "failed", model, engine, device, batch, error };
          }
        }
        const turns = takeTurns(
          workers.map(({ worker }) => worker),
          { rounds, seconds },
        );
        let turn = await turns.next();
        for (; turn.done !== true; turn = await turns.next())
          yield { type: "progress", done: 0.3 + 0.7 * turn.value.done, note: turn.value.name };
        for (const [i, { place }] of workers.entries()) {
          const { times_ms, n, rss_mb } = turn.value[i]!;
          yield {
            type: "record",
            record: {
              suite: "speed",
              model,
              phase,
              engine: place.engine,
              device: place.device,
              batch,
              n,
              median_ms: figures(median(times_ms)),
              p90_ms: figures(p90(times_ms)),
              rss_mb,
              params,
              macs,
              seed,
              versions: versionsOf(place),
              host: host(),
              at: new Date().toISOString(),
            },
          };
        }
      } finally {
        for (const { worker } of workers) worker.stop();
      }
      yield { type: "stage-end" };
    }
  }
}

/** The command line beside this file, when both are built. */
const workerCommand = (job: Job): [string, ...string[]] => [
  process.execPath,
  fileURLToPath(new URL("./cli.js", import.meta.url)),
  "worker",
  JSON.stringify(job),
];

/** Engine and device of each that takes part. */
function choose(
  places: readonly DeviceInfo[],
  { engines = ["onnx"], devices = ["auto"] }: SpeedOptions,
): Pick<Job, "engine" | "device">[] {
  for (const engine of engines)
    if (!places.some((place) => place.engine === engine))
      throw unknownName("engine", engine, new Set(places.map((place) => place.engine)));
  const ofEngines = places.filter(({ engine }) => engines.includes(engine));
  const chosen = devices.flatMap((device): Pick<Job, "engine" | "device">[] => {
    // What auto means depends on what is done there, so the runtime decides.
    if (device === "auto")
      return ofEngines.filter(({ auto }) => auto).map(({ engine }) => ({ engine, device: "auto" }));
    const matching = ofEngines.filter((place) => device === "all" || place.device === device);
    if (matching.length === 0)
      throw unknownName(
        `device of ${engines.join(", ")}`,
        device,
        new Set(["auto", "all", ...ofEngines.map((place) => place.device)]),
      );
    // Of engines that share a device name one may lack it; none at all is an error.
    const available = matching.filter((place) => place.available);
    if (available.length === 0) throw unavailable(matching);
    return available.map(({ engine, device }) => ({ engine, device }));
  });
  if (chosen.length === 0) throw unavailable(ofEngines);
  return chosen;
}

const unavailable = (places: readonly DeviceInfo[]): CajalError =>
  new CajalError(
    "no-device",
    `not available here: ${places.map((place) => `${engineName(place)} (${place.reason ?? "not found"})`).join("; ")}. See cajal devices.`,
    { places },
  );

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
