// Networks with the weights that their authors or Keras have published, trained on ImageNet; or with one's own.
import {
  CajalError,
  checkOptions,
  isCajalError,
  optionsOf,
  showShape,
  type Preprocessing,
  type Weights,
} from "@cajal/core";
import { requestOptions } from "@cajal/files";
import type { FetchFileOptions } from "@cajal/files/node";
import {
  modelFacts,
  weightFile,
  type ApplicationOptions,
  type BuildOptions,
  type ModelConfig,
} from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { readWeights, weightsIn } from "./readModel";
import { alone, sourceOptions, type ModelSource, type SourceOptions } from "./source";

export interface PretrainedOptions extends ApplicationOptions, SourceOptions {
  /** Width, of networks that have several. Default 1. */
  readonly alpha?: number;
  /** ResNet50's files of today or of 2016; Keras' classes differ in nothing but layers' names. Default "current". */
  readonly generation?: "current" | "2016";
  /**
   * "imagenet": the published file. Or weights of one's own in any form that `readWeights` reads: a path, URL, Blob,
   * bytes. null: random ones. Default "imagenet".
   */
  readonly weights?: "imagenet" | ModelSource | null;
  /**
   * Where weight files are, by their own names: a folder, or a URL that serves one, after which the published addresses
   * are tried. Default: the environment variable CAJAL_WEIGHTS, if it is set.
   */
  readonly mirror?: string;
  /** The cache folder; default as for data sets. */
  readonly cache?: string;
  /** Fetches nothing: the file is in the cache already, or the error `offline` says where to put it. */
  readonly offline?: boolean;
  /** Of random weights, default 0. */
  readonly seed?: number;
  /** Ends the download; the next call goes on from there. */
  readonly signal?: AbortSignal;
}

/** A network that is ready for use. */
export interface Pretrained {
  /** As Keras writes it: "ResNet50". */
  readonly name: string;
  readonly model: ModelConfig;
  readonly weights: Weights;
  /** How pixels 0 … 255 become the input: `preprocessInput(x, preprocessing)`. */
  readonly preprocessing?: Preprocessing;
  /** ImageNet's class names, where the network tells those apart. */
  readonly labels?: readonly string[];
}

/** Extents, poolings and activations are checked as the network is built, which comes before any download. */
const optionKinds = optionsOf<PretrainedOptions>({
  ...requestOptions,
  include_top: "boolean",
  input_shape: "array",
  pooling: true,
  classes: { whole: true, least: 1 },
  classifier_activation: true,
  name: "string",
  alpha: { least: 0 },
  generation: ["current", "2016"],
  weights: true,
  mirror: "string",
  cache: "string",
  offline: "boolean",
  seed: { whole: true },
});
const ofNetwork = ["include_top", "input_shape", "pooling", "classes", "classifier_activation", "name"] as const; // prettier-ignore

/**
 * A network with weights, as `keras.applications.ResNet50(weights="imagenet")` gives it. The file is fetched once,
 * verified and kept in the cache; interrupted downloads are resumed. MobileNet's files have no published hash: that of the
 * first file whose shapes all fit is noted beside it, where that can be written, and later ones are compared.
 *
 * @param name as `modelFacts` takes it: "ResNet50", "mobilenet"
 * @throws CajalError `unknown-name`, `unknown-option`; `bad-argument` for options for which nothing was published;
 *   `offline`, `network`, `checksum-mismatch`, `bad-file`, `bad-shape` of the file
 * @example const { model, weights } = await pretrained("MobileNet", { alpha: 0.5, include_top: false, pooling: "avg" });
 */
export async function pretrained(
  name: string,
  options: PretrainedOptions = {},
): Promise<Pretrained> {
  checkOptions("pretrained", options, optionKinds);
  const facts = modelFacts(name);
  const { weights: source = "imagenet", alpha, include_top = true, classes = 1000 } = options;
  const { signal, seed = 0 } = options;
  const builds = Object.fromEntries(
    [...ofNetwork, "alpha" as const]
      .filter((key) => options[key] !== undefined)
      .map((key) => [key, options[key]]),
  );
  const model = facts.build(builds as BuildOptions);
  const published = source === "imagenet";
  const channels = options.input_shape?.[2] ?? 3;
  if (published && channels !== 3)
    throw new CajalError(
      "bad-argument",
      `${facts.name}: got input_shape ${showShape(options.input_shape!)}, and the published weights are for three channels. Repeat a grey one three times; or give weights: null, or other ones.`,
      { got: options.input_shape },
    );
  if (published && include_top && classes !== 1000)
    throw new CajalError(
      "bad-argument",
      `${facts.name}: got classes ${classes}, and the published weights tell 1000 apart. For a head of your own: { include_top: false }, then fineTune; or give other weights.`,
      { classes },
    );
  const reading = sourceOptions(options);
  const weights =
    source === null
      ? initialize(model, { seed })
      : published
        ? await imagenet(facts, model, options)
        : await readWeights(source, model, reading);
  const labels =
    include_top && classes === 1000 && published
      ? (await import("@cajal/models/imagenet")).imagenetClasses().map(({ label }) => label)
      : undefined;
  return {
    name: facts.name,
    model,
    weights,
    ...(facts.preprocessing && { preprocessing: facts.preprocessing }),
    ...(labels && { labels }),
  };

  async function imagenet(
    facts: ReturnType<typeof modelFacts>,
    model: ModelConfig,
    options: PretrainedOptions,
  ): Promise<Weights> {
    const file = weightFile(facts, {
      include_top,
      ...(alpha !== undefined && { alpha }),
      size: trainedOn(facts, options),
      ...(options.generation && { generation: options.generation }),
    });
    const fileName = file.urls[0]!.split("/").at(-1)!;
    const { process } = globalThis;
    const mirror = options.mirror ?? process?.env?.CAJAL_WEIGHTS;
    if (mirror && !/^https?:/i.test(mirror))
      return readWeights(`${mirror.replace(/[\\/]$/, "")}/${fileName}`, model, reading);
    const urls = [...(mirror ? [`${mirror.replace(/\/$/, "")}/${fileName}`] : []), ...file.urls];
    if (!process?.getBuiltinModule) {
      // Browsers keep what their servers allow them to; MD5 they have not.
      const { fetchBytes } = await import("@cajal/files");
      return weightsIn(alone(await fetchBytes({ urls, ...reading })), model, { signal });
    }
    const { fetchFile } = await import("@cajal/files/node");
    // Of one name there are two files.
    const to = `weights/${file.generation === "2016" ? "2016/" : ""}${fileName}`;
    const { cache, offline } = options;
    const fetching = {
      urls,
      to,
      ...reading,
      ...(cache !== undefined && { cache }),
      ...(offline !== undefined && { offline }),
    };
    if (file.md5)
      return readWeights(await fetchFile({ ...fetching, md5: file.md5 }), model, reading);
    return readNoted(fetching, model, reading);
  }
}

/** Of files without a published hash: that of the first one that fits is noted beside it, and later ones are compared. */
async function readNoted(
  fetching: FetchFileOptions,
  model: ModelConfig,
  reading: SourceOptions,
): Promise<Weights> {
  const { fetchFile, writeWhole } = await import("@cajal/files/node");
  const { readFile, rm } = process.getBuiltinModule("node:fs/promises");
  const path = await fetchFile(fetching);
  const note = `${path}.sha256`;
  const noted = (await readFile(note, "utf8").catch(() => "")).trim();
  if (/^[0-9a-f]{64}$/.test(noted))
    return readWeights(await fetchFile({ ...fetching, sha256: noted }), model, reading);
  const weights = await readWeights(path, model, reading).catch(async (error: unknown) => {
    // The cache keeps no file that does not fit.
    if (isCajalError(error) && error.code !== "io") await rm(path, { force: true });
    throw error;
  });
  const { createHash } = process.getBuiltinModule("node:crypto");
  const hash = createHash("sha256");
  for await (const piece of process.getBuiltinModule("node:fs").createReadStream(path))
    hash.update(piece as Uint8Array);
  // The weights are there all the same, from a folder that may only be read too.
  await writeWhole(note, hash.digest("hex")).catch((error: unknown) => {
    if (!isCajalError(error)) throw error;
  });
  return weights;
}

/** The size of image whose published weights are taken: the input's, where there are such, else the network's own. */
function trainedOn(
  { input, weights }: ReturnType<typeof modelFacts>,
  { input_shape, include_top = true }: PretrainedOptions,
): number {
  if (!input_shape) return input[0];
  const size = input_shape[0] ?? input[0];
  if (weights.some((file) => file.size === size)) return size;
  // A top of dense layers over the feature maps fits one size; one of pooled features fits all, as in Keras.
  if (include_top && weights.every((file) => file.size === undefined) && size !== input[0])
    throw new CajalError(
      "bad-argument",
      `got input_shape ${showShape(input_shape)}, expected ${showShape(input)} with the published weights and the top. Leave the top out: { include_top: false }.`,
      { got: input_shape, expected: input },
    );
  return input[0];
}
