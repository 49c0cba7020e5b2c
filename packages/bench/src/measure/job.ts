// One measurement in a process of its own: what `cajal worker` is given, and what it does with it.
import { createInterface } from "node:readline";
import { CajalError, checkOptions, random, tensor, type Tensor, unknownName } from "@cajal/core";
import { modelFacts, resolve } from "@cajal/models";
import { type DeviceChoice, initialize, open, openTrainStep } from "@cajal/runtime";
import { sgd, sparseCategoricalCrossentropy } from "@cajal/train";
import { median } from "./statistics";
import type { Turn } from "./workers";

export interface Job {
  phase: "predict" | "train";
  /** Name of a network. */
  model: string;
  engine: "onnx" | "tfjs";
  device: DeviceChoice;
  /** Examples per step. */
  batch: number;
  /** Of weights and data; default 42. */
  seed?: number;
  /** Threads of an engine that has them; default: the engine's. */
  threads?: number;
  /** Steps that come before the first that counts; default 2. */
  warmup?: number;
  /** Repeated in the answers, for harnesses that ask several. */
  labels?: Readonly<Record<string, string>>;
}

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
  checkOptions("a worker's job", job, Object.keys({ ...required, ...optional }));
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
const optional = { seed: 0, threads: 0, warmup: 0, labels: 0 };

/**
 * Builds, warms up, says that it is ready, and then does timed steps as it is told, line by line,
 * until its input ends; see workers.ts for the protocol.
 */
export async function serve(
  job: Job,
  { input = process.stdin, say = (line: string) => void process.stdout.write(line) } = {},
): Promise<void> {
  const { step, dispose, device } = await prepare(job);
  const answer = (fields: object) =>
    say(`${JSON.stringify({ ...job.labels, device, ...fields })}\n`);
  const timed = async () => {
    const began = performance.now();
    await step();
    return performance.now() - began;
  };
  let warm = Infinity;
  for (let i = 0; i < (job.warmup ?? 2); i++) warm = Math.min(warm, await timed());
  answer({ ready: true, best_warm_ms: Number.isFinite(warm) ? warm : 0 });
  for await (const line of createInterface({ input })) {
    const times: number[] = [];
    for (let i = 0; i < Number(line); i++) times.push(await timed());
    const turn: Turn = {
      median_ms: round(median(times)),
      n: times.length,
      // The peak since the process began, in KiB on every system but macOS (libuv evens that out).
      rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
      times_ms: times.map(round),
    };
    answer(turn);
  }
  await dispose();
}

/** A step to be timed: the result is on the CPU when its promise resolves. */
async function prepare(
  job: Job,
): Promise<{ step: () => Promise<unknown>; device: string; dispose: () => unknown }> {
  const { model: name, engine, device, batch, seed = 42, threads } = job;
  const { build, input } = modelFacts(name);
  // Trained on logits, so that no probability rounds to 0; timed as its paper has it otherwise.
  const model = build(job.phase === "train" ? { classifier_activation: null } : {});
  const weights = initialize(model, { seed });
  const x = noise([batch, ...input], seed);
  switch (job.phase) {
    case "predict": {
      const session = await open(model, weights, { engine, device, threads });
      return {
        step: () => session.predict(x),
        device: session.device,
        dispose: () => session.dispose(),
      };
    }
    case "train": {
      const step = await openTrainStep(model, weights, {
        engine,
        device,
        loss: sparseCategoricalCrossentropy({ fromLogits: true }),
        optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
        seed,
        threads,
      });
      const [classes = 1] = resolve(model).outputs[0]!.shape.slice(-1).map(Number);
      const labels = random(seed, "labels");
      const y = tensor(
        "int32",
        [batch],
        Array.from({ length: batch }, () => labels.integer(classes)),
      );
      return { step: () => step.run({ x, y }), device: step.device, dispose: () => step.dispose() };
    }
    default:
      throw unknownName("phase", String(job.phase), ["predict", "train"]);
  }
}

/** Random numbers in 0 … 1. */
function noise(shape: readonly number[], seed: number): Tensor<"float32"> {
  const x = tensor("float32", shape);
  const numbers = random(seed, "x");
  for (let i = 0; i < x.data.length; i++) x.data[i] = numbers.float();
  return x;
}

const round = (ms: number): number => Number(ms.toFixed(4));
