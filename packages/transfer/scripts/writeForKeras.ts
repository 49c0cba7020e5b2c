// Writes every model of some folders in the forms that Keras opens, for checkKeras.py: `.keras`, `.h5`, `.weights.h5`, and
// an `.npz` of inputs and the outputs that engine onnx gives for them. Sources are `.keras`, `.h5`, `.hdf5` files and
// folders of TF.js layers models.
//   node scripts/run-source.mjs packages/transfer/scripts/writeForKeras.ts FROM… TO
import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isCajalError, sizeOf, tensor, type Tensor } from "@cajal/core";
import { encodeNpz } from "@cajal/files";
import { open } from "@cajal/runtime";
import type { ReadModel } from "../src/formats/format";
import { readModel } from "../src/readModel";
import { writeModel, type WriteFormat } from "../src/writeModel";

const folders = process.argv.slice(2);
const to = folders.pop();
if (!to || folders.length === 0)
  throw new Error("expected folders: where models are, and last where they go");

for (const folder of folders)
  for (const name of readdirSync(folder))
    if (/\.(keras|h5|hdf5)$/.test(name) || existsSync(join(folder, name, "model.json")))
      try {
        const path = join(folder, name);
        const tfjs = existsSync(join(path, "model.json"));
        const read = await readModel(tfjs ? join(path, "model.json") : path, { optimizer: true });
        const arrays = await inputsAndOutputs(read);
        await writeModel(join(to, `${name}.keras`), read);
        for (const format of ["h5", "weights.h5"] satisfies WriteFormat[])
          await writeModel(join(to, `${name}.${format}`), read).catch((error) => say(name, error));
        await writeFile(join(to, `${name}.npz`), encodeNpz(arrays));
      } catch (error) {
        say(name, error);
      }

function say(name: string, error: unknown): void {
  if (!isCajalError(error)) throw error;
  console.log(`${name}: ${error.code}: ${error.message.slice(0, 150)}`);
}

/** Every input under `input/i`, every output under `output/i`. */
async function inputsAndOutputs({ model, weights }: ReadModel): Promise<Map<string, Tensor>> {
  await using session = await open(model, weights);
  const feeds = session.inputs.map(({ name, shape, dtype }) => {
    const fixed = shape!.map((extent) => (typeof extent === "number" ? extent : 3));
    const data = Array.from({ length: sizeOf(fixed) }, (_, i) =>
      dtype === "float32" ? Math.sin(i) : i % 4,
    );
    return [name, tensor(dtype as "float32", fixed, data)] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  return new Map([
    ...feeds.map(([, value], i) => [`input/${i}`, value] as const),
    ...session.outputs.map(({ name }, i) => [`output/${i}`, outputs[name]!] as const),
  ]);
}
