// A process that saves checkpoint after checkpoint until it is killed; its parent does that.
import { tensor } from "@cajal/core";
import { checkpoints } from "../src/checkpoints/checkpointFiles";

const folder = process.argv[2]!;
const target = checkpoints(folder, { keep: 3 });
for (let step = 1; ; step++) {
  // What a file holds follows from its step, so that the parent can check it.
  const kernel = tensor("float32", [250_000], new Float32Array(250_000).fill(step));
  await target.save({
    weights: new Map([["dense/kernel", kernel]]),
    state: new Map([["iteration", tensor("int64", [], [step])]]),
    position: {
      step,
      epoch: 0,
      batch: step,
      data: { size: 1, batchSize: 1 },
      totals: {},
    },
    seed: 1,
  });
  process.stdout.write(`${step}\n`);
}
