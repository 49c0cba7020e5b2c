// Keras' `.h5` and `.hdf5`: whole models of Keras 1.2 to 2 and of Keras 3's legacy saving, weights alone of
// `save_weights`, and the `.weights.h5` of Keras 3. keras/src/legacy/saving/legacy_h5_format.py.
import { CajalError } from "@cajal/core";
import { looksLikeHdf5, need, openHdf5, type Hdf5Group } from "@cajal/files";
import { readKeras, resolve, type Network } from "@cajal/models";
import { hasLora, withoutLora } from "../loraWeights";
import { legacyOrder, matchWeights } from "../matchWeights";
import { readState, unread } from "../optimizer/optimizerState";
import { byOutputLayers } from "../optimizer/trainingConfig";
import { parseLabels, parseObject } from "../parseObject";
import { encodeKerasH5, encodeKerasWeights } from "./encodeKeras";
import type { StoredGroup, StoredWeight, StoredWeights } from "../storedWeights";
import { defineFormat } from "./format";

export const kerasH5 = defineFormat({
  name: "Keras .h5",
  // A user block may stand before the signature.
  detect: (head) => [0, 512].some((at) => looksLikeHdf5(head.subarray(at))),
  async readModel(source, { layers, optimizer }) {
    const root = await openHdf5(source);
    const text = await root.attribute("model_config");
    if (typeof text !== "string")
      throw new CajalError(
        "bad-file",
        `${source.name}: it has no attribute model_config: it holds weights alone, or no model. Give it to readWeights with the model that they belong to.`,
        { file: source.name },
      );
    const version = await root.attribute("keras_version");
    const model = readKeras({
      model_config: text,
      // Files of the first Keras versions do not say theirs.
      keras_version: typeof version === "string" ? version : "2.0.0",
    });
    const training = await root.attribute("training_config");
    const trainingConfig =
      typeof training === "string"
        ? byOutputLayers(
            parseObject(training, `${source.name}, training_config`),
            parseObject(text, `${source.name}, model_config`),
          )
        : undefined;
    const stored = await readLegacy(await need(root, "model_weights", "group"), root, source.name);
    const network = resolve(model, { layers });
    const weights = await matchWeights(stored, network, source.name, model);
    const group = optimizer ? await root.get("optimizer_weights") : undefined;
    const variables = group?.kind === "group" ? await listed(group, source.name) : [];
    const optimizerState =
      group?.kind === "group"
        ? await readState(trainingConfig, network, variables, {
            names: namesInFile(stored, network),
          })
        : undefined;
    const labels = await root.attribute("labels");
    return {
      format: this.name,
      model,
      weights,
      ...(typeof labels === "string" && {
        labels: parseLabels(labels, `${source.name}, labels`),
      }),
      ...(trainingConfig && { trainingConfig }),
      ...(optimizerState && { optimizerState }),
      ...unread(optimizerState, trainingConfig, variables),
    };
  },
  async readWeights(source) {
    const root = await openHdf5(source);
    const keys = await root.keys();
    if (keys.includes("model_weights"))
      return readLegacy(await need(root, "model_weights", "group"), root, source.name);
    if ((await root.attributes()).some((name) => /^layer_names\d*$/.test(name)))
      return readLegacy(root, root, source.name);
    return readPaths(root);
  },
  encoders: [
    { id: "weights.h5", endings: [".weights.h5"], encode: encodeKerasWeights },
    { id: "h5", endings: [".h5", ".hdf5"], encode: encodeKerasH5 },
  ],
});

/** What the file calls the weights, by our keys. */
function namesInFile({ groups }: StoredWeights, { layers }: Network): Map<string, string> {
  const weightsOf = new Map(groups.map(({ name, weights }) => [name, weights]));
  return new Map(
    layers.flatMap((layer) =>
      legacyOrder(layer).flatMap(({ key }, i) => {
        const name = weightsOf.get(layer.name)?.[i]?.name;
        return name === undefined ? [] : [[key, name] as const];
      }),
    ),
  );
}

/** Groups by layer, whose attribute `weight_names` gives their weights' order. */
async function readLegacy(group: Hdf5Group, root: Hdf5Group, file: string): Promise<StoredWeights> {
  const groups: StoredGroup[] = [];
  for (const name of await names(group, "layer_names", file))
    groups.push({ name, weights: await listed(await need(group, name, "group"), file) });
  return {
    format: "Keras .h5",
    groups: groups.some(({ weights }) => hasLora(weights))
      ? await withUpdates(groups, root, file)
      : groups,
    keras1: await isKeras1(group, root),
  };
}

/** Low-rank updates added to their kernels: the model's config, which is large, says by what factor. */
async function withUpdates(
  groups: readonly StoredGroup[],
  root: Hdf5Group,
  file: string,
): Promise<readonly StoredGroup[]> {
  const text = await root.attribute("model_config");
  const config = typeof text === "string" ? parseObject(text, `${file}, model_config`) : undefined;
  return groups.map(({ name, weights }) => ({ name, weights: withoutLora(weights, config, file) }));
}

/** Whether a Keras before 2 wrote it; the attribute stands at the root or, of weights alone, nowhere. */
async function isKeras1(...groups: readonly Hdf5Group[]): Promise<boolean> {
  for (const group of groups) {
    const version = await group.attribute("keras_version");
    if (typeof version === "string") return /^[01]\./.test(version);
  }
  return false;
}

/** What lies in a group, in the order that its attribute `weight_names` says. */
async function listed(group: Hdf5Group, file: string): Promise<StoredWeight[]> {
  const weights: StoredWeight[] = [];
  for (const name of await names(group, "weight_names", file)) {
    const dataset = await need(group, name, "dataset");
    // As h5py writes bfloat16, without a word of it.
    if (dataset.type === "opaque")
      throw new CajalError(
        "unsupported",
        `${file}: weight "${name}" is opaque, as Keras writes bfloat16 into .h5, which it does not read again either. Save the model as .keras.`,
        { file, weight: name },
      );
    weights.push({ name, shape: dataset.shape ?? [], read: () => dataset.read() });
  }
  return weights;
}

/** A list of names; above 64 kB Keras writes it in pieces, `layer_names0`, `layer_names1` … */
async function names(group: Hdf5Group, attribute: string, file: string): Promise<string[]> {
  const all: string[] = [];
  const partOf = async (name: string) => {
    const value = await group.attribute(name);
    // Keras writes an empty list as an array of no numbers.
    if (typeof value === "object" && "data" in value && value.data.length === 0) return [];
    return typeof value === "string" ? [value] : (value as string[] | undefined);
  };
  const whole = await partOf(attribute);
  if (whole) return whole;
  for (let i = 0; ; i++) {
    const part = await partOf(`${attribute}${i}`);
    if (!part) break;
    all.push(...part);
  }
  if (all.length === 0)
    throw new CajalError(
      "bad-file",
      `${file}: ${group.path} has no attribute ${attribute}, which says the order of what lies in it.`,
      { file, attribute },
    );
  return all;
}

/** The optimizer's variables as Keras 3 saves them: `optimizer/vars/0` and on. */
export async function readVariables(root: Hdf5Group): Promise<StoredWeight[]> {
  const group = await root.get("optimizer/vars");
  const weights: StoredWeight[] = [];
  if (group?.kind !== "group") return weights;
  for (let i = 0; ; i++) {
    const child = await group.get(String(i));
    if (child?.kind !== "dataset") break;
    weights.push({ name: String(i), shape: child.shape ?? [], read: () => child.read() });
  }
  return weights;
}

/** Every dataset below `layers` under its path, as Keras 3 saves weights. */
export async function readPaths(root: Hdf5Group): Promise<StoredWeights> {
  const weights: StoredWeight[] = [];
  const visited = new Set<Hdf5Group>();
  const visit = async (group: Hdf5Group, path: string): Promise<void> => {
    if (visited.has(group)) return;
    visited.add(group);
    for (const name of await group.keys()) {
      const child = await group.get(name);
      if (!child) continue;
      const here = path ? `${path}/${name}` : name;
      if (child.kind === "group") await visit(child, here);
      else if (child.shape)
        weights.push({ name: here, shape: child.shape, read: () => child.read() });
    }
  };
  const layers = await root.get("layers");
  if (layers?.kind === "group") await visit(layers, "layers");
  return { format: "Keras .weights.h5", groups: [{ name: "", weights }], byPath: true };
}
