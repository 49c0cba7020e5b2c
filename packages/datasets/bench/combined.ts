// The first 50 batches of 32 of 400,000 shuffled examples, through zip and interleave, over the same of the data alone:
//   node scripts/run-source.mjs packages/datasets/bench/combined.ts [rounds]
// Medians of interleaved rounds. An order that is made once a batch and not once a pass would make them 30 times as long.
import { tensor } from "@cajal/core";
import { dataset, interleave, zip } from "../src/index";

const examples = 400_000;
const [rounds = "7"] = process.argv.slice(2);
const shuffled = () =>
  dataset({ x: tensor("float32", [examples, 1]), y: tensor("int32", [examples]) }).shuffle({ seed: 1 }); // prettier-ignore

/** Each time a new dataset: one remembers its last order. */
const sets = {
  alone: () => shuffled().batch(32).batches(),
  zip: () => zip({ part: shuffled() }).batch(32).batches(),
  interleave: () => interleave([shuffled()]).batch(32).batches(),
};
const times: Record<string, number[]> = { alone: [], zip: [], interleave: [] };
for (let round = 0; round < Number(rounds); round++)
  for (const [name, batches] of Object.entries(sets)) {
    const began = performance.now();
    let count = 0;
    for await (const _ of batches()) if (++count === 50) break;
    times[name]!.push(performance.now() - began);
  }
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
for (const [name, values] of Object.entries(times))
  console.log(`${name}: ${median(values).toFixed(0)} ms, ${(median(values) / median(times["alone"]!)).toFixed(2)} ×`); // prettier-ignore
