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
        ? inOneList(stored, network.layers, file)
        : byLayer(
            stored.keras1 ? fromKeras1(stored.groups, network.layers) : stored.groups,
            network.layers,
            file,
          );
  // Every shape is compared before anything is read.
  for (const [spec, weight] of pairs) checkShape(spec, weight, file, stored);
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

/** Weights without groups: by their keys, else by the layers that their names say, else in order. */
function inOneList(
  { groups, sorted = false }: StoredWeights,
  layers: readonly NetworkLayer[],
  file: string,
): readonly Pair[] {
  const stored = groups[0]!.weights;
  const specs = layers.flatMap(allWeights);
  const byKey = new Map(stored.map((weight) => [weight.name, weight]));
  const keys = new Set(specs.map(({ key }) => key));
  if (stored.length === keys.size && specs.every(({ key }) => byKey.has(key)))
    return specs.map((weight): Pair => [weight, byKey.get(weight.key)!]);
  const grouped = byLayerNames(stored, layers, sorted);
  if (grouped) return checkNames(grouped, file);
  const one =
    specs.find(({ key }) => !byKey.has(key))?.key ??
    stored.find(({ name }) => !keys.has(name))?.name;
  if (stored.length === specs.length) {
    if (sorted)
      throw misfit(
        file,
        `it has no "${one}", and its names lie in alphabetical order, as Python's safetensors writes them, which is not the model's: they do not tell where "${stored[0]!.name}" belongs. ${howToName(stored)}`,
        { weight: one },
      );
    return checkNames(specs.map((weight, i): Pair => [weight, stored[i]!]), file); // prettier-ignore
  }
  const top = topAlone(stored, layers);
  const twice = stored.find(({ name }, i) => stored.findIndex((other) => other.name === name) < i);
  throw misfit(
    file,
    `the model has ${specs.length} weights, the file ${stored.length}: ${one === undefined && twice ? `${JSON.stringify(twice.name)} is there twice` : `${JSON.stringify(one)} is on one side only`}${top ? `. ${top}` : isPyTorchs(stored) ? `. ${howToName(stored)}` : ""}`,
    { expected: specs.length, got: stored.length, weight: one },
  );
}

/** What was paired by order, where names and shapes may tell that it does not belong together. */
function checkNames(pairs: readonly Pair[], file: string): readonly Pair[] {
  const mixed = pairs.find(([{ key }, { name }]) => {
    const [wanted, got] = [partOf(key), partOf(name)];
    return wanted !== undefined && got !== undefined && wanted !== got;
  });
  if (mixed) {
    const [{ key }, { name }] = mixed;
    throw misfit(
      file,
      `its order is not the model's: "${name}" lies where "${key}" should be. ${howToName(pairs.map(([, weight]) => weight))}`,
      { weight: key, from: name },
    );
  }
  checkNotTransposed(pairs, file);
  return pairs;
}

/** What a weight is of its layer, by how Keras, PyTorch and Flax call it; undefined for other names. */
const partOf = (name: string): string | undefined =>
  Object.entries(namesOfParts).find(([, names]) => names.test(name))?.[0];
const namesOfParts = {
  factor: /(^|[./_])(weight|kernel|gamma|scale)(:\d+)?$/,
  summand: /(^|[./_])(bias|beta)(:\d+)?$/,
  mean: /(^|[./_])mean(:\d+)?$/,
  variance: /(^|[./_])var(iance)?(:\d+)?$/,
};

const torchKernel = /(^|[./_])weight(_\w+)?$/;
const isPyTorchs = (stored: readonly StoredWeight[]) =>
  stored.some(({ name }) => torchKernel.test(name) || name.endsWith("num_batches_tracked"));

/** What to do where names do not say what is whose: those of PyTorch have other layouts, too, and counts of batches. */
const howToName = (stored: readonly StoredWeight[]) =>
  isPyTorchs(stored)
    ? "Its names are PyTorch's, whose kernels lie as [out, in, …]: export the model to ONNX (torch.onnx.export), which is read as it is; or transpose the kernels to […, in, out], leave num_batches_tracked out, and give each weight the name that the model has for it, layer/weight"
    : "Give each weight the name that the model has for it, layer/weight";

/** PyTorch's kernels are [out, in, …], Keras' [… in, out]: where all are as long either way, no shape says which these are. */
function checkNotTransposed(pairs: readonly Pair[], file: string): void {
  const kernels = pairs.filter(
    ([{ key, shape }, { name }]) =>
      key.endsWith("kernel") && sizeOf(shape) > 1 && torchKernel.test(name),
  );
  const inTorch = (shape: readonly number[]) => [...shape.slice(-2).toReversed(), ...shape.slice(0, -2)]; // prettier-ignore
  const told = kernels.find(([{ shape }]) => showShape(inTorch(shape)) !== showShape(shape));
  if (kernels.length === 0 || told) return;
  const [spec, { name }] = kernels[0]!;
  throw misfit(
    file,
    `${name} ${showShape(spec.shape)} fits "${spec.key}" either way. ${howToName(pairs.map(([, weight]) => weight))}`,
    { weight: spec.key, from: name },
  );
}

/** A weight under a layer, and the rest of its name. */
interface Found {
  readonly weight: StoredWeight;
  readonly rest: string;
}

/** Weights under the layers that their names say, before which a model's name may stand. */
function underLayers(stored: readonly StoredWeight[], layers: readonly NetworkLayer[]) {
  const leaves = layers.flatMap(leavesOf).filter(({ weights }) => weights.length > 0);
  const byName = new Map(leaves.map((leaf) => [leaf.name, { leaf, found: [] as Found[] }]));
  if (byName.size < leaves.length) return undefined; // a name in two nested models
  const others: StoredWeight[] = [];
  for (const weight of stored) {
    // The outermost, and of these the longest: layers' names may hold slashes.
    const parts = weight.name.split("/");
    const place = parts
      .flatMap((_, from) =>
        parts.slice(from + 1).map((_, i) => [from, parts.length - 1 - i] as const),
      ) // prettier-ignore
      .find(([from, to]) => byName.has(parts.slice(from, to).join("/")));
    if (!place) others.push(weight);
    else {
      const { found } = byName.get(parts.slice(...place).join("/"))!;
      // Keras 2 numbers the outputs of what makes a weight: "kernel:0".
      found.push({ weight, rest: parts.slice(place[1]).join("/").replace(/:\d+$/, "") });
    }
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
 * Names such as TF.js and Keras give, `layer/weight` and `model/layer/weight`: undefined unless every layer finds as many
 * as it needs. Within a layer the names decide too, where they are those of Keras, else the order, where it tells.
 */
function byLayerNames(
  stored: readonly StoredWeight[],
  layers: readonly NetworkLayer[],
  sorted: boolean,
): readonly Pair[] | undefined {
  const under = underLayers(stored, layers);
  if (!under || under.others.length > 0) return undefined;
  const pairs: Pair[] = [];
  for (const { leaf, found } of under.all) {
    const specs = legacyOrder(leaf);
    if (specs.length !== found.length) return undefined;
    const named = new Map(found.map(({ weight, rest }) => [rest, weight]));
    const byOwnName = leaf.weights.flatMap((spec): Pair[] => {
      const weight = named.get(spec.name);
      return weight ? [[spec, weight]] : [];
    });
    if (byOwnName.length === specs.length) pairs.push(...byOwnName);
    else if (sorted && specs.length > 1) return undefined;
    else specs.forEach((spec, i) => pairs.push([spec, found[i]!.weight]));
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
 * trained, frozen or not: the bias of a quantized layer before its kernel. So it is in each layer within it, after its own.
 */
export function legacyOrder(layer: NetworkLayer): Wanted[] {
  const all: { weight: Wanted; trained: boolean }[] = [];
  const visit = ({ layer, weights, inputs, layers, trainable }: NetworkLayer): void => {
    // A layer without weights may never have been called, and has no inputs then.
    const specs = (weights.length > 0 && layer?.definition.weights?.(layer.config, inputs)) || [];
    const isVariable = new Map(specs.map(({ name, trainable }) => [name, trainable]));
    const own = new Set(layer?.definition.tracked?.(layer.config));
    const partOf = (name: string) =>
      own.has(name) ? "" : name.slice(0, name.lastIndexOf("/") + 1);
    for (const part of new Set(weights.map(({ name }) => partOf(name))))
      for (const each of [true, false])
        for (const weight of weights)
          if (partOf(weight.name) === part && (isVariable.get(weight.name) ?? true) === each)
            all.push({ weight, trained: trainable && weight.trainable });
    layers?.forEach(visit);
  };
  visit(layer);
  const pick = (trained: boolean) => all.filter((one) => one.trained === trained);
  return [...pick(true), ...pick(false)].map(({ weight }) => weight);
}

function checkShape(
  spec: Wanted,
  stored: StoredWeight,
  file: string,
  { groups }: StoredWeights,
): void {
  if (showShape(spec.shape) === showShape(stored.shape)) return;
  const all = groups.flatMap(({ weights }) => weights);
  const same = sizeOf(stored.shape) === sizeOf(spec.shape);
  throw new CajalError(
    "bad-shape",
    `${file}: weight "${spec.key}": got ${showShape(stored.shape)} from ${stored.name}, expected ${showShape(spec.shape)}.${isPyTorchs(all) ? ` ${howToName(all)}.` : same ? " The number of elements is the same: the layouts differ." : ""}`,
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
