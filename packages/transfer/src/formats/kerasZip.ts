// Keras 3's `.keras`: a zip archive of `config.json`, `metadata.json` and `model.weights.h5`.
// keras/src/saving/saving_lib.py.
import { bytesSource, needEntry, openHdf5, openZip } from "@cajal/files";
import { readKeras, resolve } from "@cajal/models";
import { matchWeights } from "../matchWeights";
import type { OpenSource } from "../source";
import { defineFormat } from "./format";
import { parseObject } from "../parseObject";
import { readPaths } from "./kerasH5";

/** A config above this is none: that of the largest models takes some hundred kilobytes. */
const configAtMost = 32 * 2 ** 20;

export const kerasZip = defineFormat({
  name: "Keras .keras",
  detect: (head) => head[0] === 0x50 && head[1] === 0x4b,
  async readModel(source) {
    const entries = await openZip(source);
    const text = async (name: string) =>
      new TextDecoder().decode(await needEntry(entries, name, source.name).read(configAtMost));
    const config = parseObject(await text("config.json"), `${source.name}, config.json`);
    const metadata = entries.has("metadata.json")
      ? parseObject(await text("metadata.json"), `${source.name}, metadata.json`)
      : {};
    const model = readKeras({ keras_version: "3.0.0", ...metadata, model_config: config });
    const weights = await matchWeights(await stored(source), resolve(model), source.name, model);
    const training = config.compile_config;
    return {
      format: this.name,
      model,
      weights,
      ...(typeof training === "object" && training !== null && { trainingConfig: { ...training } }),
    };
  },
  readWeights: stored,
});

async function stored(source: OpenSource) {
  const name = "model.weights.h5";
  const bytes = await needEntry(await openZip(source), name, source.name).read();
  return readPaths(await openHdf5(bytesSource(bytes, `${source.name}, ${name}`)));
}
