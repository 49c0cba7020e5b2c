// Keras 3's `.keras`: a zip archive of `config.json`, `metadata.json` and `model.weights.h5`; and these files in a folder.
// keras/src/saving/saving_lib.py.
import { isCajalError } from "@cajal/core";
import { looksLikeZip, needEntry, openHdf5, openZip, type ByteSource } from "@cajal/files";
import { readKeras, resolve, type ResolveOptions } from "@cajal/models";
import { matchWeights } from "../matchWeights";
import { readState, unread } from "../optimizer/optimizerState";
import { byOutputLayers } from "../optimizer/trainingConfig";
import { checkLabels, parseObject } from "../parseObject";
import { encodeKerasZip } from "./encodeKeras";
import { defineFormat, type ReadModel } from "./format";
import { readPaths, readVariables } from "./kerasH5";
import { beginsWithNpy } from "./npz";
import { isPickled } from "./pickled";

/** A config above this is none: that of the largest models takes some hundred kilobytes. */
const configAtMost = 32 * 2 ** 20;

export const kerasZip = defineFormat({
  name: "Keras .keras",
  detect: (head) => looksLikeZip(head) && !beginsWithNpy(head) && !isPickled(head),
  async readModel(source, options) {
    const entries = await openZip(source);
    const text = async (name: string) =>
      new TextDecoder().decode(await needEntry(entries, name, source.name).read(configAtMost));
    const parts = {
      config: await text("config.json"),
      metadata: entries.has("metadata.json") ? await text("metadata.json") : undefined,
      weights: await needEntry(entries, weightsName, source.name).open(),
    };
    return { format: this.name, ...(await readParts(parts, `${source.name}, `, options)) };
  },
  async readWeights(source) {
    const entries = await openZip(source);
    return readPaths(await openHdf5(await needEntry(entries, weightsName, source.name).open()));
  },
  encoders: [{ id: "keras", endings: [".keras"], encode: encodeKerasZip }],
});

/** As `model.save(folder, zipped=False)` makes it, and Hugging Face's hub has it; the config is the file that is named. */
export const kerasFolder = defineFormat({
  name: "Keras config.json",
  detect: (head) => /^\s*\{\s*"module"\s*:/.test(new TextDecoder().decode(head.subarray(0, 1024))),
  async readModel(source, options) {
    const text = async (file: ByteSource) =>
      new TextDecoder().decode(await file.read(0, Math.min(file.size, configAtMost)));
    const parts = {
      config: await text(source),
      weights: await source.beside(weightsName),
      // It says but the version and the labels.
      metadata: await source.beside("metadata.json").then(text, (error: unknown) => {
        if (!isCajalError(error)) throw error;
        return undefined;
      }),
    };
    const folder = source.name.slice(0, source.name.lastIndexOf("/") + 1);
    return { format: this.name, ...(await readParts(parts, folder, options)) };
  },
  readWeights: async (source) => readPaths(await openHdf5(await source.beside(weightsName))),
  encoders: [],
});

const weightsName = "model.weights.h5";

interface Parts {
  readonly config: string;
  readonly metadata: string | undefined;
  readonly weights: ByteSource;
}

/** @param where what stands before the parts' names in messages */
async function readParts(
  parts: Parts,
  where: string,
  { layers, optimizer }: ResolveOptions & { readonly optimizer: boolean },
): Promise<Omit<ReadModel, "format">> {
  const config = parseObject(parts.config, `${where}config.json`);
  const metadata =
    parts.metadata === undefined ? {} : parseObject(parts.metadata, `${where}metadata.json`);
  const { labels, ...versions } = metadata;
  const model = readKeras({ keras_version: "3.0.0", ...versions, model_config: config });
  const network = resolve(model, { layers });
  const root = await openHdf5(parts.weights);
  const weights = await matchWeights(await readPaths(root), network, parts.weights.name, model);
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
    model,
    weights,
    ...(labels !== undefined && { labels: checkLabels(labels, `${where}metadata.json`) }),
    ...(trainingConfig && { trainingConfig }),
    ...(optimizerState && { optimizerState }),
    ...unread(optimizerState, trainingConfig, variables),
  };
}
