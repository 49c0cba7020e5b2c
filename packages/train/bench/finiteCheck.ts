// What it costs a training step to look whether all that it writes is finite: steps as they are and steps whose
// graph has no such check, in turns, in processor time, which other programs on the machine disturb least:
//   node scripts/run-source.mjs packages/train/bench/finiteCheck.ts [T1,T2,T3,T4] [--rounds 15] [--seconds 0.5]
// T1 … T4 are the workloads of `npm run bench:speed` (packages/bench/peers/workloads.mjs). A round is as many
// steps of each as take --seconds.
import { parseArgs } from "node:util";
import { random, tensor } from "@cajal/core";
import { modelFacts, resolve } from "@cajal/models";
import {
  decodeModel,
  encodeModel,
  type ExternalData,
  type Node,
  type OnnxModel,
} from "@cajal/onnx";
import { initialize, openTrainStep, type TrainStep } from "@cajal/runtime";
import { sgd, sparseCategoricalCrossentropy } from "@cajal/train";
import * as ort from "onnxruntime-node";

process.env["ORT_DISABLE_TELEMETRY"] ??= "1";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "15" },
    seconds: { type: "string", default: "0.5" },
    threads: { type: "string", default: "2" },
  },
});
const [names = "T1,T2,T3,T4"] = positionals;

/** Network and batch. */
const workloads: Readonly<Record<string, readonly [network: string, batch: number]>> = {
  T1: ["lenet5", 64],
  T2: ["convnet", 64],
  T3: ["mobilenet", 8],
  T4: ["resnet50", 8],
};

/** What a graph keeps beside its bytes. */
const outsideOf =
  ({ externalData = [] }: ort.InferenceSession.SessionOptions) =>
  ({ location, offset, length }: ExternalData): Uint8Array => {
    const file = externalData.find((each) => typeof each === "object" && each.path === location);
    const { data } = file as { data: Uint8Array };
    return data.subarray(Number(offset ?? 0), length && Number(offset ?? 0) + Number(length));
  };

/** The graph with 0 for the sum of all that it writes; what only that sum read is gone with it. */
function unchecked({ graph, ...model }: OnnxModel): OnnxModel {
  const isCheck = ({ name }: Node) => name.startsWith("finite/");
  const sum = graph.nodes.findLast(isCheck);
  if (!sum) return { graph, ...model };
  const zero: Node = {
    ...sum,
    op: "Constant",
    inputs: [],
    attributes: { value: { type: "tensor", value: tensor("float32", [], [0]) } },
  };
  return {
    ...model,
    graph: { ...graph, nodes: [zero, ...graph.nodes.filter((n) => !isCheck(n))] },
  };
}

interface Batch {
  readonly x: ReturnType<typeof tensor<"float32">>;
  readonly y: ReturnType<typeof tensor<"int32">>;
}

async function openStep(name: string, batch: Batch, withCheck: boolean): Promise<TrainStep> {
  const model = modelFacts(name).build({ classifier_activation: null });
  const { create } = ort.InferenceSession;
  // Both are read and written anew, so that nothing but the check tells them apart.
  Object.assign(ort.InferenceSession, {
    create(model: Uint8Array, options: ort.InferenceSession.SessionOptions) {
      const graph = decodeModel(model, { externalData: outsideOf(options) });
      const bytes = encodeModel(withCheck ? graph : unchecked(graph));
      return create.call(ort.InferenceSession, bytes, options);
    },
  });
  try {
    const step = await openTrainStep(model, initialize(model, { seed: 1 }), {
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
      device: "cpu",
      threads: Number(values.threads),
      verify: false,
    });
    for (let i = 0; i < 2; i++) await step.run(batch);
    return step;
  } finally {
    Object.assign(ort.InferenceSession, { create });
  }
}

/** Milliseconds of processor time a step. */
async function timed(step: TrainStep, batch: Batch, steps: number): Promise<number> {
  const startTime = process.cpuUsage();
  for (let i = 0; i < steps; i++) await step.run(batch);
  const { user, system } = process.cpuUsage(startTime);
  return (user + system) / 1000 / steps;
}

const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1]!;

for (const workload of names.split(",")) {
  const workloadDefinition = workloads[workload];
  if (!workloadDefinition)
    throw new Error(`got ${workload}, expected ${Object.keys(workloads).join(", ")}.`);
  const [name, examples] = workloadDefinition;
  const facts = modelFacts(name);
  const numbers = random(1, "finite");
  const x = tensor("float32", [examples, ...facts.input]);
  x.data.forEach((_, i) => (x.data[i] = numbers.float()));
  const { outputs } = resolve(facts.build({ classifier_activation: null }));
  const classes = Number(outputs[0]!.shape.at(-1));
  const labels = Array.from({ length: examples }, () => numbers.integer(classes));
  const batch = { x, y: tensor("int32", [examples], labels) };

  const steps = [await openStep(name, batch, true), await openStep(name, batch, false)] as const;
  const one = await timed(steps[0], batch, 2);
  const count = Math.max(1, Math.round((Number(values.seconds) * 1000) / one));
  const rounds: [number, number][] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    const times: [number, number] = [0, 0];
    for (const variant of order) times[variant] = await timed(steps[variant]!, batch, count);
    rounds.push(times);
  }
  for (const step of steps) await step.dispose();
  const [withIt, without] = [0, 1].map((variant) => median(rounds.map((times) => times[variant]!)));
  const shares = rounds.map(([a, b]) => a / b - 1).toSorted((a, b) => a - b);
  const [low, mid, high] = [0.25, 0.5, 0.75].map((share) => shares[Math.floor(share * (shares.length - 1))]!); // prettier-ignore
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  console.log(
    `${workload} ${name}, batch ${examples}: ${withIt!.toFixed(2)} ms of processor time a step with the check, ${without!.toFixed(2)} without: ${percent(mid!)} more (quartiles ${percent(low!)} … ${percent(high!)}, ${rounds.length} rounds of ${count} steps)`,
  );
}
