// What a training step's time goes into, by operator or by part, beside what its arithmetic alone would
// take at the rate at which this machine multiplies matrices:
//   node scripts/run-source.mjs packages/train/bench/stepProfile.ts resnet50 8 [--steps 5] [--by op|shape|part] [--top 20] [--least]
// Also for the course's steps: unet, lstm, gru, dcgan. With --least each node counts with the least of its times, which other
// programs disturb the least, in place of their mean.
// `part` is forward, gradients, update …, as the nodes are named; `shape` tells operators apart by what
// they are given. ONNX Runtime takes the times; profiling itself costs some microseconds a node.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { random, tensor } from "@cajal/core";
import { modelFacts, resolve, summary } from "@cajal/models";
import { encodeModel, GraphBuilder } from "@cajal/onnx";
import { sgd, sparseCategoricalCrossentropy } from "@cajal/train";
import * as ort from "onnxruntime-node";
import { courseSteps, openTurns, type Turn } from "./courseSteps";

process.env["ORT_DISABLE_TELEMETRY"] ??= "1";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "5" },
    by: { type: "string", default: "op" },
    top: { type: "string", default: "20" },
    threads: { type: "string", default: "2" },
    least: { type: "boolean", default: false },
  },
});
const [name = "lenet5", batchSize] = positionals;
const course = courseSteps[name];
const [batch, steps, threads] = [batchSize ?? course?.batch ?? 64, values.steps, values.threads].map(Number) as [number, number, number]; // prettier-ignore
const turns = course?.turns(batch) ?? [classifying()];

function classifying(): Turn {
  const { build, input } = modelFacts(name);
  const model = build({ classifier_activation: null });
  const numbers = random(1, "profile");
  const x = tensor("float32", [batch, ...input]);
  x.data.forEach((_, i) => (x.data[i] = numbers.float()));
  const classes = Number(resolve(model).outputs[0]!.shape.at(-1));
  const labels = Array.from({ length: batch }, () => numbers.integer(classes));
  return {
    model,
    options: {
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
    },
    batch: { x, y: tensor("int32", [batch], labels) },
  };
}

/** Milliseconds of each of the steps, after two that do not count. */
async function timed(): Promise<number[]> {
  // As a whole: of parts only some run on this thread.
  const formulations = { "a batch in parts, at most": "1" };
  const opened = await openTurns(turns, { device: "cpu", threads, formulations });
  const times: number[] = [];
  for (let i = 0; i < steps + 2; i++) {
    const startTime = performance.now();
    await opened.run();
    times.push(performance.now() - startTime);
  }
  await opened.dispose();
  return times.slice(2);
}

/** Multiply-adds a second, from a product of matrices that fit no cache. */
async function matmulRate(): Promise<number> {
  const side = 1536;
  const g = new GraphBuilder();
  const [a, b] = ["a", "b"].map((name) => g.input(name, "float32", [side, side]));
  g.output(g.matMul(a!, b!), "c");
  const session = await ort.InferenceSession.create(encodeModel(g.build()), {
    intraOpNumThreads: threads,
  });
  const operand = new ort.Tensor(new Float32Array(side * side).fill(0.5), [side, side]);
  const times: number[] = [];
  for (let i = 0; i < 12; i++) {
    const startTime = performance.now();
    await session.run({ a: operand, b: operand });
    times.push(performance.now() - startTime);
  }
  await session.release();
  return side ** 3 / (Math.min(...times) / 1000);
}

interface Event {
  name: string;
  dur: number;
  args: { op_name: string; input_type_shape: object[]; output_type_shape: object[] };
}

/** What ONNX Runtime wrote of each node, the first two runs left out. */
async function profiled(): Promise<Event[]> {
  const folder = mkdtempSync(join(tmpdir(), "cajal-profile-"));
  const { create } = ort.InferenceSession;
  // The step's own options, and profiling; of all sessions those of the steps have the most events.
  Object.assign(ort.InferenceSession, {
    create: (bytes: Uint8Array, options: ort.InferenceSession.SessionOptions) =>
      create.call(ort.InferenceSession, bytes, {
        ...options,
        enableProfiling: true,
        profileFilePrefix: join(folder, "step"),
      }),
  });
  try {
    await timed();
    const logs = readdirSync(folder).map((file): Event[] =>
      JSON.parse(readFileSync(join(folder, file), "utf8")),
    );
    const logsOfTurns = logs.sort((a, b) => b.length - a.length).slice(0, turns.length);
    return logsOfTurns.flatMap((events) => {
      const runs = new Map<string, Event[]>();
      for (const event of events) {
        if (!event.name.endsWith("_kernel_time")) continue;
        const known = runs.get(event.name);
        if (known) known.push(event);
        else runs.set(event.name, [event]);
      }
      return [...runs.values()].flatMap((all) => {
        const counted = all.slice(2);
        if (!values.least) return counted;
        const dur = Math.min(...counted.map((event) => event.dur));
        return counted.map((event) => ({ ...event, dur }));
      });
    });
  } finally {
    Object.assign(ort.InferenceSession, { create });
    rmSync(folder, { recursive: true, force: true });
  }
}

const shapes = (list: object[]) =>
  list
    .map((each) => `[${Object.values(each)[0]}]`)
    .join(" ")
    .slice(0, 90);

const kinds: Record<string, (event: Event) => string> = {
  op: ({ args }) => args.op_name,
  shape: ({ args }) => `${args.op_name} ${shapes(args.input_type_shape)}`,
  part: ({ name }) => /^(gradient|update|loss|finite)\//.exec(name)?.[1] ?? "forward",
};
const kind = kinds[values.by];
if (!kind) throw new Error(`--by: got ${values.by}, expected ${Object.keys(kinds).join(", ")}.`);

const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1]!;
const stepTimes = await timed();
const stepMs = values.least ? Math.min(...stepTimes) : median(stepTimes);
const rate = await matmulRate();
// Forwards, and backwards to the images and to the kernels.
const macs = turns.reduce((sum, { model }) => sum + summary(model).macs, 0);
const arithmetic = (3 * batch * macs) / rate;
const rows = new Map<string, { ms: number; nodes: number }>();
for (const event of await profiled()) {
  const row = rows.get(kind(event)) ?? { ms: 0, nodes: 0 };
  rows.set(kind(event), {
    ms: row.ms + event.dur / 1000 / steps,
    nodes: row.nodes + 1 / steps,
  });
}
const sorted = [...rows].sort(([, a], [, b]) => b.ms - a.ms);
const total = sorted.reduce((sum, [, { ms }]) => sum + ms, 0);
console.log(
  `${name}, batch ${batch}: ${stepMs.toFixed(2)} ms a step; its arithmetic at ${((2 * rate) / 1e9).toFixed(0)} GFLOP/s: ${(arithmetic * 1000).toFixed(2)} ms; in operators, profiled: ${total.toFixed(2)} ms`,
);
for (const [what, { ms, nodes }] of sorted.slice(0, Number(values.top)))
  console.log(
    `${ms.toFixed(3).padStart(9)} ms ${((100 * ms) / total).toFixed(1).padStart(5)} % ${nodes.toFixed(0).padStart(5)} nodes  ${what}`,
  );
