// What a server gets of one session: callers who each ask for one image after the other, all at the same time.
//   node scripts/run-source.mjs packages/runtime/bench/serving.ts lenet5,mobilenet 64 3 2
// (networks, callers, rounds, seconds a round, a part of the names of the ways to measure). Generated weights, random
// images. All ways take turns; images per second are the median and range of the rounds, milliseconds until a caller has
// the answer those of all answers. "Loop" is the delay of the caller's event loop, without the millisecond at which it is
// sampled, in the round with the least, as other programs only add to it: checked where a network runs on a thread of its own.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { random, tensor, type Tensor } from "@cajal/core";
import { modelFacts, toOnnx } from "@cajal/models";
import { encodeModel } from "@cajal/onnx";
import { initialize, open, type Session } from "@cajal/runtime";
import * as ort from "onnxruntime-node";

const [names = "lenet5,mobilenet", callersArgument = "64", roundsArgument = "3", secondsArgument = "2", part = ""] = process.argv.slice(2); // prettier-ignore
const [callers, rounds, seconds] = [callersArgument, roundsArgument, secondsArgument].map(Number) as [number, number, number]; // prettier-ignore
/** Milliseconds that the event loop of a server may wait while a network runs elsewhere; more where it does so anyway. */
const allowedDelay = 5;

interface Way {
  readonly name: string;
  /** By the caller's number. */
  predict(x: Tensor, caller: number): Promise<unknown>;
  /** Whether the caller's thread is meant to be free. */
  readonly elsewhere?: boolean;
}

interface Figures {
  readonly rate: number[];
  readonly latencies: number[];
  readonly loop: { p50: number; p99: number; max: number }[];
}

const percentile = (all: readonly number[], share: number) =>
  all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) * share)]!;
const median = (all: readonly number[]) => percentile(all, 0.5);

async function measure({ predict }: Way, images: readonly Tensor[], figures: Figures) {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  let answers = 0;
  loop.enable();
  const startTime = performance.now();
  const end = startTime + seconds * 1000;
  await Promise.all(
    images.map(async (x, caller) => {
      while (performance.now() < end) {
        const asked = performance.now();
        await predict(x, caller);
        figures.latencies.push(performance.now() - asked);
        answers++;
      }
    }),
  );
  figures.rate.push((answers / (performance.now() - startTime)) * 1000);
  loop.disable();
  const delay = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - 1);
  figures.loop.push({ p50: delay(loop.percentile(50)), p99: delay(loop.percentile(99)), max: delay(loop.max) }); // prettier-ignore
}

for (const name of names.split(",")) {
  const { build, input } = modelFacts(name);
  const model = build({});
  const weights = initialize(model, { seed: 1 });
  const numbers = random(1, "images");
  const images = Array.from({ length: callers }, () => {
    const x = tensor("float32", [1, ...input]);
    x.data.forEach((_, i) => (x.data[i] = numbers.float()));
    return x;
  });

  const here = await open(model, weights);
  const worker = await open(model, weights, { worker: true });
  const single = { threads: 1, worker: true } as const;
  const pair = [await open(model, weights, single), await open(model, weights, single)];
  const plain = await ort.InferenceSession.create(encodeModel(toOnnx(model, weights)), { logSeverityLevel: 4 }); // prettier-ignore
  const [plainInput] = plain.inputNames;
  const batchedWays = (
    what: string,
    sessions: readonly Session[],
    sizes: readonly number[],
    elsewhere = true,
  ) =>
    // prettier-ignore
    sizes.map((maxBatch): Way => {
      const batched = sessions.map((session) => session.batched({ maxBatch }));
      return { name: `${what}, maxBatch ${maxBatch}`, predict: (x, caller) => batched[caller % batched.length]!.predict(x), elsewhere }; // prettier-ignore
    });
  const ways: Way[] = [
    // What other programs do to the event loop.
    { name: "nothing, for 20 ms", predict: () => new Promise((resolve) => setTimeout(resolve, 20)) }, // prettier-ignore
    { name: "onnxruntime-node itself, one by one", predict: (x) => plain.run({ [plainInput!]: new ort.Tensor("float32", x.data as Float32Array, x.shape) }) }, // prettier-ignore
    { name: "one by one", predict: (x) => here.predict(x) },
    ...batchedWays("batched", [here], [4, 8, 16, 32, 64], false),
    { name: "worker, one by one", predict: (x) => worker.predict(x), elsewhere: true },
    ...batchedWays("worker, batched", [worker], [4, 8, 16, 32, 64]),
    { name: "two workers of one thread, one by one", predict: (x, caller) => pair[caller % 2]!.predict(x), elsewhere: true }, // prettier-ignore
    ...batchedWays("two workers of one thread, batched", pair, [4, 8, 32]),
  ];
  const measured = ways.filter((way, i) => i === 0 || way.name.includes(part));
  const figures = new Map(measured.map((way): [Way, Figures] => [way, { rate: [], latencies: [], loop: [] }])); // prettier-ignore
  for (const way of measured) await Promise.all(images.map(way.predict)); // warms up
  for (let round = 0; round < rounds; round++)
    for (const way of round % 2 ? measured.toReversed() : measured)
      await measure(way, images, figures.get(way)!);

  const leastDisturbed = ({ loop }: Figures) => loop.toSorted((a, b) => a.p99 - b.p99)[0]!;
  const allowed = Math.max(allowedDelay, leastDisturbed(figures.get(measured[0]!)!).p99);
  console.log(`${name}, ${callers} callers, ${rounds} rounds of ${seconds} s`);
  console.log(`${"".padEnd(50)}images/s  (range)          p50 ms  p99 ms  loop p50 / p99 / max ms`);
  for (const [way, measurements] of figures) {
    const { rate, latencies } = measurements;
    const { p50, p99, max } = leastDisturbed(measurements);
    const range = `(${Math.min(...rate).toFixed(0)}–${Math.max(...rate).toFixed(0)})`;
    console.log(
      [
        way.name.padEnd(48),
        median(rate).toFixed(0).padStart(8),
        range.padEnd(16),
        median(latencies).toFixed(1).padStart(6),
        percentile(latencies, 0.99).toFixed(1).padStart(7),
        [p50, p99, max].map((each) => each.toFixed(2).padStart(6)).join(" "),
        way.elsewhere ? (p99 <= allowed ? "✓" : "✗") : "",
      ].join("  "),
    );
    if (way.elsewhere && p99 > allowed) process.exitCode = 1;
  }
  for (const session of [here, worker, ...pair]) await session.dispose();
  await plain.release();
}
