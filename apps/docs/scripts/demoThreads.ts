// What WebAssembly's threads are worth to the demos: a training step of LeNet's in the page, and MobileNet on a picture
// as a dropped model, each with one thread and with more, in processes that take turns:
//   node scripts/run-source.mjs apps/docs/scripts/demoThreads.ts [--threads 2] [--rounds 3]
// Prints medians and minima in milliseconds. On a machine that does other things more threads are slower: they wait
// for the one that was interrupted, and minima say more than medians.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { tensor } from "@cajal/core";
import { digits, rescale } from "@cajal/datasets";
import { lenet5, mobilenet } from "@cajal/models";
import { initialize, open, openTrainStep } from "@cajal/runtime";
import { adam, sparseCategoricalCrossentropy } from "@cajal/train";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    only: { type: "string" }, // of a process of its own
  },
});
if (values.only) {
  console.log(JSON.stringify(await times(Number(values.only))));
  process.exit(0);
}
const all = new Map<string, number[]>();
for (let round = 0; round < Number(values.rounds); round++)
  for (const threads of ["1", values.threads]) {
    const again = [fileURLToPath(new URL("../../../scripts/run-source.mjs", import.meta.url)), process.argv[1]!, "--only", threads]; // prettier-ignore
    const { stdout, stderr, status } = spawnSync(process.execPath, again, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    for (const [what, list] of Object.entries<number[]>(JSON.parse(stdout))) {
      const name = `${what}, ${threads} ${threads === "1" ? "thread" : "threads"}`;
      all.set(name, [...(all.get(name) ?? []), ...list]);
    }
  }
for (const [name, list] of [...all].toSorted()) {
  const sorted = list.toSorted((a, b) => a - b);
  console.log(`${name}: median ${sorted[sorted.length >> 1]!.toFixed(1)} ms, least ${sorted[0]!.toFixed(1)} ms`); // prettier-ignore
}

async function times(threads: number): Promise<Record<string, number[]>> {
  const where = { engine: "onnx", device: "wasm", threads } as const;
  const lenet = lenet5({ input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] });
  const training = { loss: sparseCategoricalCrossentropy({ fromLogits: true }), optimizer: adam(), verify: false }; // prettier-ignore
  await using step = await openTrainStep(lenet, initialize(lenet, { seed: 1 }), { ...where, ...training }); // prettier-ignore
  const batch = await digits().map(rescale(1 / 16)).take(64).all(); // prettier-ignore
  const network = mobilenet();
  await using session = await open(network, initialize(network, { seed: 1 }), where);
  const picture = tensor("float32", [1, 224, 224, 3]);
  return {
    "LeNet, a step of 64 digits": await timed(100, () => step.run(batch)),
    "MobileNet, a picture": await timed(12, () => session.predict(picture)),
  };
}

async function timed(n: number, work: () => Promise<unknown>): Promise<number[]> {
  const list: number[] = [];
  for (let i = 0; i < n; i++) {
    const began = performance.now();
    await work();
    if (i >= n / 5) list.push(performance.now() - began);
  }
  return list;
}
