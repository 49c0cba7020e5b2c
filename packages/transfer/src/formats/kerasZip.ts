// Keras 3's `.keras`: a zip archive of `config.json`, `metadata.json` and `model.weights.h5`.
// keras/src/saving/saving_lib.py.
import { looksLikeZip, needEntry, openHdf5, openZip } from "@cajal/files";
import { readKeras, resolve } from "@cajal/models";
import { matchWeights } from "../matchWeights";
import { readState, unread } from "../optimizer/optimizerState";
import { byOutputLayers } from "../optimizer/trainingConfig";
import { checkLabels, parseObject } from "../parseObject";
import type { OpenSource } from "../source";
import { encodeKerasZip } from "./encodeKeras";
import { defineFormat } from "./format";
import { readPaths, readVariables } from "./kerasH5";
import { beginsWithNpy } from "./npz";
import { isPickled } from "./pickled";

/** A config above this is none: that of the largest models takes some hundred kilobytes. */
const configAtMost = 32 * 2 ** 20;

export const kerasZip = defineFormat({
  name: "Keras .keras",
  detect: (head) => looksLikeZip(head) && !beginsWithNpy(head) && !isPickled(head),
  async readModel(source, { layers, optimizer }) {
    const entries = await openZip(source);
    const text = async (name: string) =>
      new TextDecoder().decode(await needEntry(entries, name, source.name).read(configAtMost));
    const config = parseObject(await text("config.json"), `${source.name}, config.json`);
    const metadata = entries.has("metadata.json")
      ? parseObject(await text("metadata.json"), `${source.name}, metadata.json`)
      : {};
    const { labels, ...versions } = metadata;
    const model = readKeras({ keras_version: "3.0.0", ...versions, model_config: config });
    const network = resolve(model, { layers });
    const root = await weightsOf(source);
    const weights = await matchWeights(await readPaths(root), network, source.name, model);
    const training = config.compile_config;
    const trainingConfig =
      typeof training === "object" && training !== null
        ? byOutputLayers({ ...training }, config)
        : undefined;
    const variables = optimizer ? await readVariables(root) : [];
    const optimizerState = optimizer
      ? await readState(trainingConfig, network, variables)
      : undefined;
    return {
      format: this.name,
      model,
      weights,
      ...(labels !== undefined && { labels: checkLabels(labels, source.name) }),
      ...(trainingConfig && { trainingConfig }),
      ...(optimizerState && { optimizerState }),
      ...unread(optimizerState, trainingConfig, variables),
    };
  },
  readWeights: async (source) => readPaths(await weightsOf(source)),
  encoders: [{ id: "keras", endings: [".keras"], encode: encodeKerasZip }],
});

async function weightsOf(source: OpenSource) {
  const entries = await openZip(source);
  return openHdf5(await needEntry(entries, "model.weights.h5", source.name).open());
}
