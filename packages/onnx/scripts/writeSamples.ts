// Writes a model of one node for every sample of every operator, for check_with_onnx.py:
//   node scripts/run-source.mjs packages/onnx/scripts/writeSamples.ts FOLDER
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { operators } from "../src/operators";
import { writeModel } from "../src/file/files";
import { sampleGraph } from "../testing/sampleGraph";

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("Which folder? writeSamples.ts FOLDER");
mkdirSync(folder, { recursive: true });
let count = 0;
for (const operator of operators)
  for (const [i, sample] of operator.samples.entries())
    for (const isFree of [false, true]) {
      const name = `${operator.domain ? "microsoft." : ""}${operator.op}_${i}${isFree ? "_free" : ""}`;
      await writeModel(
        join(folder, `${name}.onnx`),
        sampleGraph(operator, sample, { free: isFree }).g.build(),
      );
      count++;
    }
console.log(`${count} models in ${folder}`);
