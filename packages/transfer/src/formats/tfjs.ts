// TF.js' layers models: `model.json` with the topology and a manifest of weights, whose bytes lie in shards
// beside it. tfjs-core/src/io/{types,io_utils}.ts; the converter's quantization in
// tfjs-converter/python/tensorflowjs/quantization.py.
import {
  bytesOf,
  CajalError,
  showShape,
  sizeOf,
  tensor,
  type DType,
  type Tensor,
} from "@cajal/core";
import type { ByteSource } from "@cajal/files";
import { readKeras, resolve } from "@cajal/models";
import { matchWeights } from "../matchWeights";
import { checkLabels, parseObject } from "../parseObject";
import type { OpenSource } from "../source";
import { unread } from "../optimizer/optimizerState";
import { readTfjsState } from "../optimizer/tfjsState";
import { encodeTfjs } from "./encodeTfjs";
import type { StoredWeight, StoredWeights } from "../storedWeights";
import { defineFormat } from "./format";

/** A model.json above this is none. */
const jsonAtMost = 256 * 2 ** 20;

interface Spec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** "optimizer": state of training, which is no weight of the model. */
  readonly group?: string;
  readonly quantization?: {
    readonly dtype: string;
    readonly scale?: number;
    readonly min?: number;
  };
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly Spec[];
}

export const tfjs = defineFormat({
  name: "TF.js layers model",
  detect: (head) => /^\s*\uFEFF?\s*\{/.test(new TextDecoder().decode(head.subarray(0, 1024))),
  async readModel(source, { layers, optimizer }) {
    const json = await readJson(source);
    if (json.format === "graph-model")
      throw new CajalError(
        "unsupported",
        `${source.name}: it is a TF.js graph model (a TensorFlow graph), expected a layers model. Export the Keras model itself, or ONNX.`,
        { file: source.name, format: json.format },
      );
    if (typeof json.modelTopology !== "object" || json.modelTopology === null)
      throw bad(source, "modelTopology is missing: it describes no model");
    const model = readKeras({ keras_version: "tfjs", ...json });
    const network = resolve(model, { layers });
    const all = await stored(source, json);
    const weights = await matchWeights(all.model, network, source.name);
    const training = json.trainingConfig;
    const trainingConfig =
      typeof training === "object" && training !== null ? { ...training } : undefined;
    const optimizerState = optimizer
      ? await readTfjsState(trainingConfig, network, all.optimizer)
      : undefined;
    const labels = (json.userDefinedMetadata as { labels?: unknown } | undefined)?.labels;
    return {
      format: this.name,
      model,
      weights,
      ...(labels !== undefined && { labels: checkLabels(labels, source.name) }),
      ...(trainingConfig && { trainingConfig }),
      ...(optimizerState && { optimizerState }),
      ...(optimizer && unread(optimizerState, trainingConfig, all.optimizer)),
    };
  },
  readWeights: async (source) => (await stored(source, await readJson(source))).model,
  encoders: [{ id: "tfjs", endings: [".json"], encode: encodeTfjs }],
});

const bad = ({ name }: OpenSource, why: string, facts: Record<string, unknown> = {}) =>
  new CajalError("bad-file", `${name}: ${why}.`, { file: name, ...facts });

async function readJson(source: OpenSource) {
  if (source.size > jsonAtMost)
    throw bad(source, `its ${source.size} bytes are too many for a model.json`);
  const json = parseObject(
    new TextDecoder().decode(await source.read(0, source.size)),
    source.name,
  );
  if ("weight_map" in json)
    throw new CajalError(
      "unsupported",
      `${source.name}: it lists the shards that weights lie in, as Keras and Hugging Face write them, which Cajal does not read. Save the weights in one file: leave max_shard_size out, or join them with safetensors.`,
      { file: source.name },
    );
  return json;
}

/** TF.js names weights `layer/weight`, in nested models too; the groups of the manifest mean nothing. */
async function stored(
  source: OpenSource,
  { weightsManifest }: Readonly<Record<string, unknown>>,
): Promise<{ model: StoredWeights; optimizer: readonly StoredWeight[] }> {
  if (!Array.isArray(weightsManifest))
    throw bad(source, "weightsManifest is missing: it has no weights");
  const weights: StoredWeight[] = [];
  const optimizer: StoredWeight[] = [];
  for (const [i, groupSpec] of weightsManifest.entries())
    for (const { group, ...weight } of await readGroup(
      source,
      readGroupSpec(source, groupSpec, `weight group ${i}`),
    ))
      (group === "optimizer" ? optimizer : weights).push(weight);
  return { model: { format: "TF.js layers model", groups: [{ name: "", weights }] }, optimizer };
}

function readGroupSpec(source: OpenSource, groupSpec: unknown, where: string): Group {
  const { paths, weights } = (groupSpec ?? {}) as Partial<Group>;
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string"))
    throw bad(source, `${where}: paths must be a list of texts`);
  if (!Array.isArray(weights)) throw bad(source, `${where}: weights must be a list`);
  for (const spec of weights as (Partial<Spec> | null)[]) {
    const { name, shape, dtype, quantization } = spec ?? {};
    if (typeof name !== "string") throw bad(source, `${where}: a weight has no name`);
    if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
      throw bad(
        source,
        `weight "${name}": got shape ${JSON.stringify(shape)}, expected a list of whole numbers`,
      );
    if (!Object.hasOwn(stored32, dtype ?? ""))
      throw bad(
        source,
        `weight "${name}": got dtype ${JSON.stringify(dtype)}, expected ${Object.keys(stored32).join(", ")}`,
        { weight: name, dtype },
      );
    if (quantization === undefined || quantization === null) continue;
    if (!Object.hasOwn(packedAs, quantization.dtype))
      throw bad(
        source,
        `weight "${name}": got quantization ${JSON.stringify(quantization.dtype)}, expected uint8, uint16 or float16`,
        { weight: name },
      );
    const scaled = quantization.dtype !== "float16";
    if (dtype !== "float32" && !(scaled && dtype === "int32"))
      throw bad(
        source,
        `weight "${name}": got ${dtype} quantized to ${quantization.dtype}, expected float32, or int32 quantized to uint8 or uint16`,
        { weight: name, dtype },
      );
    if (scaled && !(Number.isFinite(quantization.scale) && Number.isFinite(quantization.min)))
      throw bad(
        source,
        `weight "${name}": scale or min of its quantization is missing or no number`,
        { weight: name },
      );
  }
  return { paths, weights: weights as Spec[] };
}

/** Types as the manifest spells them. */
const stored32: Readonly<Record<string, DType>> = {
  float32: "float32",
  int32: "int32",
  bool: "bool",
};
const packedAs: Readonly<Record<string, DType>> = {
  uint8: "uint8",
  uint16: "uint16",
  float16: "float16",
};

/** A group's bytes are its shards joined; shards end anywhere, within a number too. */
async function readGroup(
  source: OpenSource,
  { paths, weights }: Group,
): Promise<(StoredWeight & Pick<Spec, "group">)[]> {
  const packed = (spec: Spec): DType =>
    spec.quantization ? packedAs[spec.quantization.dtype]! : stored32[spec.dtype]!;
  const sizes = weights.map(
    (spec) => sizeOf(spec.shape) * bytesOf({ dtype: packed(spec), shape: [] }),
  );
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  const shards: ByteSource[] = [];
  for (const path of paths) shards.push(await source.beside(path));
  const total = shards.reduce((sum, { size }) => sum + size, 0);
  if (total !== needed)
    throw bad(
      source,
      `the shards ${paths.slice(0, 3).join(", ")}${paths.length > 3 ? ", …" : ""} have ${total} bytes, expected ${needed} for ${weights.length} weights: ${total < needed ? `${needed - total} are missing` : `${total - needed} are left over`}`,
      { paths, got: total, expected: needed },
    );
  const take = async (from: number, length: number) => {
    const bytes = new Uint8Array(length);
    let start = 0;
    for (const shard of shards) {
      const begin = Math.max(from, start);
      const end = Math.min(from + length, start + shard.size);
      if (begin < end) bytes.set(await shard.read(begin - start, end - begin), begin - from);
      start += shard.size;
    }
    return bytes;
  };
  let at = 0;
  return weights.map((spec, i) => {
    const from = at;
    at += sizes[i]!;
    return {
      name: spec.name,
      shape: spec.shape,
      ...(spec.group !== undefined && { group: spec.group }),
      read: async () => unpacked(await take(from, sizes[i]!), packed(spec), spec),
    };
  });
}

function unpacked(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: DType,
  { name, shape, dtype: original, quantization }: Spec,
): Tensor {
  const raw = tensor(dtype, shape);
  if (raw.data.byteLength !== bytes.length)
    throw new CajalError(
      "bad-file",
      `weight "${name}" ${showShape(shape)}: got ${bytes.length} bytes.`,
    );
  new Uint8Array(raw.data.buffer).set(bytes);
  if (!quantization || quantization.dtype === "float16") return raw;
  const { scale, min } = quantization as { scale: number; min: number };
  const values = new (original === "int32" ? Float64Array : Float32Array)(raw.data.length);
  // In float64, rounded once, as TF.js does. A loop: `Float32Array.from` takes many times as long.
  for (let i = 0; i < values.length; i++) values[i] = Number(raw.data[i]) * scale + min;
  return values instanceof Float32Array
    ? tensor("float32", shape, values)
    : tensor("int32", shape, Int32Array.from(values, Math.round));
}
