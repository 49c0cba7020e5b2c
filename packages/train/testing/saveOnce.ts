// A process that saves a small checkpoint and then a large one, and says what came of it.
import { isCajalError, tensor } from "@cajal/core";
import { checkpoints } from "../src/checkpointFiles";

const target = checkpoints(process.argv[2]!);
const save = (step: number, size: number) =>
  target.save({
    weights: new Map([["dense/kernel", tensor("float32", [size])]]),
    state: new Map(),
    position: {
      step,
      epoch: 0,
      batch: step,
      data: { size: 1, batchSize: 1 },
      sums: { examples: 0, loss: 0, metrics: {} },
    },
    seed: 1,
  });

await save(1, 10);
try {
  await save(2, 1_000_000);
  console.log("saved 2");
} catch (error) {
  console.log(`saved 1; then ${isCajalError(error) ? `${error.code} ${String(error.facts.errno)}` : String(error)}`); // prettier-ignore
}
