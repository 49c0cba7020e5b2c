// Times training steps one by one and several in one run, in turns, checks that both end with the same weights, and
// says how many bytes of weights and optimizer state cross to the device and back for a step:
//   node scripts/run-source.mjs packages/train/bench/stepsPerExecution.ts lenet5 64 cpu 5
// (network, batch, device, rounds). Medians in milliseconds.
import { random, tensor, type Tensor } from "@cajal/core";
import { modelFacts, resolve } from "@cajal/models";
import { initialize, openTrainStep, type DeviceChoice } from "@cajal/runtime";
import { sgd, sparseCategoricalCrossentropy } from "@cajal/train";

const [name = "lenet5", batchArgument = "64", device = "cpu", roundsArgument = "5"] = process.argv.slice(2); // prettier-ignore
const [batch, rounds] = [Number(batchArgument), Number(roundsArgument)];
/** Steps in a turn, a multiple of all counts. */
const steps = 32;

const { build, input } = modelFacts(name);
const model = build({ classifier_activation: null });
const weights = initialize(model, { seed: 1 });
const numbers = random(1, "x");
const classes = Number(resolve(model).outputs[0]!.shape.at(-1));
const batches = Array.from({ length: steps }, () => {
  const x = tensor("float32", [batch, ...input]);
  x.data.forEach((_, i) => (x.data[i] = numbers.float()));
  const y = tensor("int32", [batch], Array.from({ length: batch }, () => numbers.integer(classes))); // prettier-ignore
  return { x, y };
});

const contestants = [];
for (const count of [1, 4, 16])
  contestants.push({
    count,
    times: [] as number[],
    step: await openTrainStep(model, weights, {
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      optimizer: sgd({ learningRate: 0.001, momentum: 0.9 }),
      device: device as DeviceChoice,
    }),
  });

for (let round = 0; round <= rounds; round++)
  for (const { count, step, times } of contestants) {
    const startTime = performance.now();
    for (let i = 0; i < steps; i += count) await step.runSteps(batches.slice(i, i + count));
    // The first round compiles and warms up.
    if (round > 0) times.push((performance.now() - startTime) / steps);
  }

const bytesOf = (tensors: ReadonlyMap<string, Tensor>) =>
  [...tensors].reduce((sum, [key, { data }]) => sum + (key === "iteration" ? 0 : data.byteLength), 0); // prettier-ignore
const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[all.length >> 1]!;
const [one] = contestants;
const expected = await one!.step.weights();
const crossing = 2 * (bytesOf(expected) + bytesOf(await one!.step.state()));
for (const { count, step, times } of contestants) {
  const got = await step.weights();
  let difference = 0;
  for (const [key, { data }] of expected) data.forEach((w, i) => (difference = Math.max(difference, Math.abs(Number(w) - Number(got.get(key)!.data[i]))))); // prettier-ignore
  console.log(
    `${name}, batch ${batch}, ${step.device}, ${String(count).padStart(2)} a run: ${median(times).toFixed(2)} ms a step, ` +
      `${(median(times) / median(one!.times)).toFixed(2)} of one by one; weights differ by ${difference}; ` +
      (step.device === "webgpu"
        ? "arrays stay on the device"
        : `${(crossing / count / 2 ** 20).toFixed(2)} MB of arrays cross for a step`),
  );
  await step.dispose();
}
