// Keras' `.h5` and `.hdf5`: whole models of Keras 1.2 to 2 and of Keras 3's legacy saving, weights alone of
// `save_weights`, and the `.weights.h5` of Keras 3. keras/src/legacy/saving/legacy_h5_format.py.
import { CajalError } from "@cajal/core";
import { need, openHdf5, type Hdf5Group } from "@cajal/files";
import { readKeras, resolve } from "@cajal/models";
import { matchWeights } from "../matchWeights";
import { parseObject } from "../parseObject";
import { defineFormat, type StoredGroup, type StoredWeight, type StoredWeights } from "./format";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export const kerasH5 = defineFormat({
  name: "Keras .h5",
  detect: (head) =>
    // A user block may stand before the signature.
    [0, 512].some((at) => signature.every((byte, i) => head[at + i] === byte)),
  async readModel(source) {
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
    const stored = await readLegacy(await need(root, "model_weights", "group"), source.name);
    const weights = await matchWeights(stored, resolve(model), source.name, model);
    return {
      format: this.name,
      model,
      weights,
      ...(typeof training === "string" && {
        trainingConfig: parseObject(training, `${source.name}, training_config`),
      }),
    };
  },
  async readWeights(source) {
    const root = await openHdf5(source);
    const keys = await root.keys();
    if (keys.includes("model_weights"))
      return readLegacy(await need(root, "model_weights", "group"), source.name);
    if ((await root.attributes()).some((name) => /^layer_names\d*$/.test(name)))
      return readLegacy(root, source.name);
    return readPaths(root);
  },
});

/** Groups by layer, whose attribute `weight_names` gives their weights' order. */
async function readLegacy(group: Hdf5Group, file: string): Promise<StoredWeights> {
  const groups: StoredGroup[] = [];
  for (const layer of await names(group, "layer_names", file)) {
    const of = await need(group, layer, "group");
    const weights: StoredWeight[] = [];
    for (const name of await names(of, "weight_names", file)) {
      const dataset = await need(of, name, "dataset");
      weights.push({ name, shape: dataset.shape ?? [], read: () => dataset.read() });
    }
    groups.push({ name: layer, weights });
  }
  return { format: "Keras .h5", groups };
}

/** A list of names; above 64 kB Keras writes it in pieces, `layer_names0`, `layer_names1` … */
async function names(group: Hdf5Group, attribute: string, file: string): Promise<string[]> {
  const all: string[] = [];
  const listed = async (name: string) => {
    const value = await group.attribute(name);
    // Keras writes an empty list as an array of no numbers.
    if (typeof value === "object" && "data" in value && value.data.length === 0) return [];
    return typeof value === "string" ? [value] : (value as string[] | undefined);
  };
  const whole = await listed(attribute);
  if (whole) return whole;
  for (let i = 0; ; i++) {
    const part = await listed(`${attribute}${i}`);
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
