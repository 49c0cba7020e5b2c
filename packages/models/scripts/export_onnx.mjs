// Writes the networks as ONNX files, with random weights, for check_onnx.py. After `npm run build`:
//
//   node packages/models/scripts/export_onnx.mjs FOLDER [MODEL ...]
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { random, sizeOf, tensor } from "@cajal/core";
import { modelFacts, models, toOnnx, weightSpecs } from "@cajal/models";
import { writeModel } from "@cajal/onnx/node";

const [folder, ...names] = process.argv.slice(2);
if (!folder) throw new Error("say the folder to write to");
await mkdir(folder, { recursive: true });
for (const { name, build } of names.length > 0 ? names.map(modelFacts) : models) {
  const model = build();
  const weights = new Map(
    weightSpecs(model).map(({ key, shape }) => {
      // Positive, so that it serves as a variance too. One random number a thousand: enough to tell tensors apart.
      const numbers = random(0, key);
      const drawn = Array.from({ length: 1000 }, () => numbers.float() + 0.01);
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => drawn[i % 1000]);
      return [key, tensor("float32", shape, data)];
    }),
  );
  await writeModel(join(folder, `${name}.onnx`), toOnnx(model, weights));
  console.log(name);
}
