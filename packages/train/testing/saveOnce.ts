// A process that saves a small checkpoint and then a large one in its place, and says what came of it.
import { isCajalError, tensor } from "@cajal/core";
import { checkpoints } from "../src/checkpoints/checkpointFiles";

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
      totals: {},
    },
    seed: 1,
  });

await save(1, 10);
try {
  await save(1, 1_000_000);
  console.log("saved twice");
} catch (error) {
  console.log(`saved once; then ${isCajalError(error) ? `${error.code} ${String(error.facts.errno)}` : String(error)}`); // prettier-ignore
}
