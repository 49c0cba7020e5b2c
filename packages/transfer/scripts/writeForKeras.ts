// Writes every model of a folder of Keras files in the forms that Keras opens, for checkKeras.py.
//   node scripts/run-source.mjs packages/transfer/scripts/writeForKeras.ts FROM TO
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isCajalError } from "@cajal/core";
import { readModel } from "../src/readModel";
import { writeModel } from "../src/writeModel";

const [from, to] = process.argv.slice(2);
if (!from || !to) throw new Error("expected two folders: where models are, and where they go");
for (const name of readdirSync(from).filter((name) => name.endsWith(".keras")))
  try {
    const read = await readModel(join(from, name), { optimizer: true });
    const base = name.replace(/\.keras$/, "");
    for (const ending of ["keras", "h5", "weights.h5"])
      await writeModel(join(to, `${base}.${ending}`), read);
  } catch (error) {
    if (!isCajalError(error)) throw error;
    console.log(`${name}: ${error.code}: ${error.message.slice(0, 100)}`);
  }
