// Weights of a file, matched with a model's: by path, by the layers' names, else by order as Keras does.
import { CajalError, float16Value, showShape, sizeOf, tensor, type Tensor, type Weights } from "@cajal/core"; // prettier-ignore
import type { ModelConfig, ModelWeight, Network, NetworkLayer } from "@cajal/models";
import type { StoredGroup, StoredWeight, StoredWeights } from "./storedWeights";
import { kerasPaths } from "./kerasPaths";
import { fromKeras1 } from "./keras1Weights";

type Wanted = Pick<ModelWeight, "key" | "shape" | "dtype">;

/**
 * The weights of a model out of those of a file, as float32 (float64 is rounded).
 *
 * @param file what to call the file in messages
 * @throws CajalError `bad-file` where they do not belong together, with both names and both shapes
 */
export async function matchWeights(
  stored: StoredWeights,
  network: Network,
  file: string,
  model?: ModelConfig,
): Promise<Weights> {
  const pairs =
    stored.byPath && model
      ? byPath(stored, model, network, file)
      : stored.groups.length === 1 && stored.groups[0]!.name === ""
        ? inOneList(stored.groups[0]!.weights, network.layers, file)
        : byLayer(
            stored.keras1 ? fromKeras1(stored.groups, network.layers) : stored.groups,
            network.layers,
            file,
          );
  // Every shape is compared before anything is read.
  for (const [spec, weight] of pairs) checkShape(spec, weight, file);
  const weights = new Map<string, Tensor>();
  for (const [spec, weight] of pairs)
    weights.set(spec.key, asFloat32(await weight.read(), spec, weight, file));
  return weights;
}

type Pair = readonly [wanted: Wanted, weight: StoredWeight];

function byPath(
  { groups }: StoredWeights,
  model: ModelConfig,
  network: Network,
  file: string,
): readonly Pair[] {
  const byName = new Map(
    groups.flatMap(({ weights }) => weights).map((weight) => [weight.name, weight]),
  );
  const paths = kerasPaths(model, network.layers);
  const pairs: Pair[] = [];
  for (const [path, spec] of paths) {
    const weight = byName.get(path);
    if (!weight)
      throw misfit(
        file,
        `it has nothing at ${path}, where weight "${spec.key}" ${showShape(spec.shape)} should be`,
        { path, weight: spec.key },
      );
    pairs.push([spec, weight]);
    byName.delete(path);
  }
  // States of random layers and metrics are no weights of the model.
  const left = [...byName.values()].filter(({ name }) => !/seed_generator|^metrics\//.test(name));
  if (left.length > 0)
    throw misfit(
      file,
      `it has ${left.length} weights that belong to no layer of the model, the first at ${left[0]!.name} ${showShape(left[0]!.shape)}`,
      { path: left[0]!.name },
    );
  return pairs;
}

/** Weights without groups: by their keys, else by the layers that their names begin with, else in order. */
function inOneList(
  stored: readonly StoredWeight[],
  layers: readonly NetworkLayer[],
  file: string,
): readonly Pair[] {
  const specs = layers.flatMap(allWeights);
  const byKey = new Map(stored.map((weight) => [weight.name, weight]));
  const keys = new Set(specs.map(({ key }) => key));
  if (stored.length === keys.size && specs.every(({ key }) => byKey.has(key)))
    return specs.map((weight): Pair => [weight, byKey.get(weight.key)!]);
  const grouped = byPrefix(stored, layers);
  if (grouped) return grouped;
  if (stored.length === specs.length) return specs.map((weight, i): Pair => [weight, stored[i]!]);
  const top = topAlone(stored, layers);
  const one =
    specs.find(({ key }) => !byKey.has(key))?.key ??
    stored.find(({ name }) => !keys.has(name))?.name;
  const twice = stored.find(({ name }, i) => stored.findIndex((other) => other.name === name) < i);
  throw misfit(
    file,
    `the model has ${specs.length} weights, the file ${stored.length}: ${one === undefined && twice ? `${JSON.stringify(twice.name)} is there twice` : `${JSON.stringify(one)} is on one side only`}${top ? `. ${top}` : ""}`,
    { expected: specs.length, got: stored.length, weight: one },
  );
}

/** Weights under the layers that their names begin with. */
function underLayers(stored: readonly StoredWeight[], layers: readonly NetworkLayer[]) {
  const leaves = layers.flatMap(leavesOf).filter(({ weights }) => weights.length > 0);
  const byName = new Map(leaves.map((leaf) => [leaf.name, { leaf, found: [] as StoredWeight[] }]));
  if (byName.size < leaves.length) return undefined; // a name in two nested models
  const others: StoredWeight[] = [];
  for (const weight of stored) {
    // The longest: layers' names may hold slashes.
    const parts = weight.name.split("/");
    let at = parts.length - 1;
    while (at > 0 && !byName.has(parts.slice(0, at).join("/"))) at--;
    if (at === 0) others.push(weight);
    else byName.get(parts.slice(0, at).join("/"))!.found.push(weight);
  }
  return { all: [...byName.values()], others };
}

/** What to do where the file and the model have the same layers but for some of one of them: what differs is a top. */
function topAlone(
  stored: readonly StoredWeight[],
  layers: readonly NetworkLayer[],
): string | undefined {
  const under = underLayers(stored, layers);
  if (!under) return undefined;
  const { all, others } = under;
  const missing = all.filter(({ found }) => found.length === 0);
  const matched = all.filter(({ leaf, found }) => found.length === leaf.weights.length);
  if (matched.length === 0 || matched.length + missing.length < all.length) return undefined;
  if (missing.length === 0)
    return `The file has ${others.map(({ name }) => name).slice(0, 2).join(" and ")} besides, the top of the model: build it with its top (leave include_top out), and cut the top off with cutAt`; // prettier-ignore
  if (others.length > 0) return undefined;
  return `The file has none for ${missing.map(({ leaf }) => `"${leaf.name}"`).slice(0, 2).join(" and ")}, the top of the model: build it without ({ include_top: false })`; // prettier-ignore
}

/**
 * Names such as TF.js gives, `layer/weight`: undefined unless every layer finds as many as it needs. Within a layer the
 * names decide too, where they are those of Keras, else the order.
 */
function byPrefix(
  stored: readonly StoredWeight[],
  layers: readonly NetworkLayer[],
): readonly Pair[] | undefined {
  const under = underLayers(stored, layers);
  if (!under || under.others.length > 0) return undefined;
  const pairs: Pair[] = [];
  for (const { leaf, found: weights } of under.all) {
    const specs = legacyOrder(leaf);
    if (specs.length !== weights.length) return undefined;
    const named = new Map(weights.map((weight) => [weight.name, weight]));
    const byOwnName = leaf.weights.flatMap((spec): Pair[] => {
      const weight = named.get(`${leaf.name}/${spec.name}`);
      return weight ? [[spec, weight]] : [];
    });
    if (byOwnName.length === specs.length) pairs.push(...byOwnName);
    else specs.forEach((spec, i) => pairs.push([spec, weights[i]!]));
  }
  return pairs;
}

const leavesOf = (layer: NetworkLayer): readonly NetworkLayer[] =>
  layer.layers ? layer.layers.flatMap(leavesOf) : [layer];

/** All weights of a layer, those of a nested model's layers in their order. */
const allWeights = (layer: NetworkLayer): readonly Wanted[] => [
  ...layer.weights,
  ...(layer.layers ?? []).flatMap(allWeights),
];

function byLayer(
  groups: readonly StoredGroup[],
  layers: readonly NetworkLayer[],
  file: string,
): readonly Pair[] {
  const filled = groups.filter(({ weights }) => weights.length > 0);
  const wanting = layers
    .map((layer) => ({ layer, weights: legacyOrder(layer) }))
    .filter(({ weights }) => weights.length > 0);
  const byName = new Map(filled.map((group) => [group.name, group]));
  const matchesByName = wanting.every(({ layer }) => byName.has(layer.name));
  if (!matchesByName && filled.length !== wanting.length) {
    const missing = wanting.find(({ layer }) => !byName.has(layer.name))!;
    throw misfit(
      file,
      `the model has ${wanting.length} layers with weights, the file ${filled.length}: layer "${missing.layer.name}" needs ${missing.weights.length} weights and has none there (it has ${filled
        .map(({ name }) => JSON.stringify(name))
        .slice(0, 5)
        .join(", ")}${filled.length > 5 ? ", …" : ""})`,
      { layer: missing.layer.name },
    );
  }
  if (matchesByName && filled.length > wanting.length) {
    const names = new Set(wanting.map(({ layer }) => layer.name));
    const extra = filled.find(({ name }) => !names.has(name))!;
    throw misfit(
      file,
      `it has weights for "${extra.name}", which is no layer of the model with weights`,
      { layer: extra.name },
    );
  }
  return wanting.flatMap(({ layer, weights }, i) => {
    const group = matchesByName ? byName.get(layer.name)! : filled[i]!;
    if (group.weights.length !== weights.length)
      throw misfit(
        file,
        `layer "${layer.name}" (${layer.className}) needs ${weights.length} weights (${weights.map(({ key }) => key).join(", ")}), the file has ${group.weights.length} for "${group.name}" (${group.weights.map(({ name }) => name).join(", ")})`,
        { layer: layer.name },
      );
    return weights.map((spec, j): Pair => [spec, group.weights[j]!]);
  });
}

/**
 * A layer's weights in the order of `.h5` files: those that are trained first. With frozen layers or
 * normalizations inside a nested model that is not the layers' order. Within one layer those come first that could be
 * trained, frozen or not: the bias of a quantized layer before its kernel.
 */
export function legacyOrder(layer: NetworkLayer): Wanted[] {
  const all: { weight: Wanted; trained: boolean }[] = [];
  const visit = ({ layer, weights, inputs, layers, trainable }: NetworkLayer): void => {
    // A layer without weights may never have been called, and has no inputs then.
    const specs = (weights.length > 0 && layer?.definition.weights?.(layer.config, inputs)) || [];
    const isVariable = new Map(specs.map(({ name, trainable }) => [name, trainable]));
    const [variables, others] = [true, false].map((each) => weights.filter(({ name }) => (isVariable.get(name) ?? true) === each)); // prettier-ignore
    for (const weight of [...variables!, ...others!])
      all.push({ weight, trained: trainable && weight.trainable });
    layers?.forEach(visit);
  };
  visit(layer);
  const pick = (trained: boolean) => all.filter((one) => one.trained === trained);
  return [...pick(true), ...pick(false)].map(({ weight }) => weight);
}

function checkShape(spec: Wanted, stored: StoredWeight, file: string): void {
  if (showShape(spec.shape) !== showShape(stored.shape))
    throw new CajalError(
      "bad-shape",
      `${file}: weight "${spec.key}": got ${showShape(stored.shape)} from ${stored.name}, expected ${showShape(spec.shape)}.${sizeOf(stored.shape) === sizeOf(spec.shape) ? " The number of elements is the same: the layouts differ." : ""}`,
      { weight: spec.key, from: stored.name, got: stored.shape, expected: spec.shape },
    );
}

function asFloat32(read: Tensor, spec: Wanted, stored: StoredWeight, file: string): Tensor {
  if (read.dtype === "float32") return read;
  if (read.dtype === "float64")
    return tensor("float32", read.shape, Float32Array.from(read.data as Float64Array));
  if (read.dtype === "float16")
    return tensor("float32", read.shape, Float32Array.from(read.data as Uint16Array, float16Value));
  if (read.dtype === "int8" && spec.dtype === "int8")
    return tensor("float32", read.shape, Float32Array.from(read.data as Int8Array));
  // Counts of what was read, which nothing is computed by.
  if (read.shape.length === 0 && /^u?int/.test(read.dtype))
    return tensor("float32", [], [Number(read.data[0])]);
  throw misfit(
    file,
    `weight "${spec.key}" (${stored.name}) is ${read.dtype}, expected floating-point numbers`,
    {
      weight: spec.key,
      dtype: read.dtype,
    },
  );
}

const misfit = (file: string, why: string, facts: Record<string, unknown>) =>
  new CajalError("bad-file", `${file}: ${why}.`, { file, ...facts });
