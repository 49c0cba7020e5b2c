// Times a training step on the caller's thread and on one of its own, in turns:
//   node scripts/run-source.mjs packages/train/bench/workerThread.ts lenet5 64 20 30
// (network, batch, rounds, steps a round). Medians in milliseconds.
import { random, tensor } from "@cajal/core";
import { modelFacts, resolve } from "@cajal/models";
import { initialize, openTrainStep, type TrainStep } from "@cajal/runtime";
import { sgd, sparseCategoricalCrossentropy } from "@cajal/train";

const [name = "lenet5", batch = 64, rounds = 20, steps = 30] = process.argv
  .slice(2)
  .map((argument, i) => (i === 0 ? argument : Number(argument))) as [
  string,
  number,
  number,
  number,
];

const { build, input } = modelFacts(name);
const model = build({ classifier_activation: null });
const weights = initialize(model, { seed: 1 });
const numbers = random(1, "x");
const x = tensor("float32", [batch, ...input]);
x.data.forEach((_, i) => (x.data[i] = numbers.float()));
const classes = resolve(model).outputs[0]!.shape.at(-1)!;
const y = tensor(
  "int32",
  [batch],
  Array.from({ length: batch }, () => numbers.integer(classes)),
);

const openStep = (worker: boolean) =>
  openTrainStep(model, weights, {
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer: sgd({ learningRate: 0.001, momentum: 0.9 }),
    worker,
  });

const times: Record<string, number[]> = { here: [], worker: [] };
const variants: [string, TrainStep][] = [
  ["here", await openStep(false)],
  ["worker", await openStep(true)],
];
for (const [, step] of variants) for (let i = 0; i < 3; i++) await step.run({ x, y });
for (let round = 0; round < rounds; round++)
  for (const [where, step] of round % 2 ? variants.toReversed() : variants)
    for (let i = 0; i < steps; i++) {
      const startTime = performance.now();
      await step.run({ x, y });
      times[where]!.push(performance.now() - startTime);
    }
for (const [, step] of variants) await step.dispose();

const median = (all: number[]) => all.toSorted((a, b) => a - b)[all.length >> 1]!;
const [here, worker] = [median(times.here!), median(times.worker!)];
console.log(
  `${name} b${batch}: here ${here.toFixed(3)} ms, worker ${worker.toFixed(3)} ms, ${((worker / here - 1) * 100).toFixed(1)} % more`,
);
