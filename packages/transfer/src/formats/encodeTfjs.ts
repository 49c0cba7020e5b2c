// TF.js' layers models, as `model.save` writes them: `model.json`, and the weights' bytes in shards of 4 MB
// beside it. tfjs-layers/src/engine/training.ts, tfjs-core/src/io.
import { CajalError, type Tensor } from "@cajal/core";
import { toKerasJson, writeJson, type NetworkLayer } from "@cajal/models";
import { tfjsTraining } from "../optimizer/tfjsState";
import { checkTfjs } from "./checkTfjs";
import type { WholeModel } from "./format";

const shardSize = 4 * 2 ** 20;

export function encodeTfjs(whole: WholeModel, name: string): ReadonlyMap<string, Uint8Array> {
  const { model, network, weights, labels } = whole;
  checkTfjs(network);
  const { config, class_name } = toKerasJson(model, { layers: network.added });
  const entries: (readonly [name: string, value: Tensor, group: "model" | "optimizer"])[] = [];
  const usedNames = new Set<string>();
  for (const layer of network.layers.flatMap(allIn)) {
    checkName(layer.name, layer);
    for (const { name: weight, key } of layer.weights) {
      const name = `${layer.name}/${weight}`;
      if (usedNames.has(name))
        throw new CajalError(
          "unsupported",
          `TF.js finds weights by their layers' names, and "${layer.name}" is the name of two. Rename one of them.`,
          { layer: layer.name },
        );
      checkName(name, layer);
      usedNames.add(name);
      entries.push([name, weights.get(key)!, "model"]);
    }
  }
  const training = tfjsTraining(whole);
  training?.state.forEach((value, i) => entries.push([`optimizer/${i}`, value, "optimizer"]));
  const shards = shardsOf(entries.map(([, { data }]) => data));
  const folder = name.includes("/") ? name.slice(0, name.lastIndexOf("/") + 1) : "";
  const base = name.slice(folder.length).replace(/\.json$/, "");
  const paths = shards.map(
    (_, i) => `${base === "model" ? "group1" : base}-shard${i + 1}of${shards.length}.bin`,
  );
  const json = {
    format: "layers-model",
    generatedBy: "Cajal",
    convertedBy: null,
    modelTopology: {
      keras_version: "tfjs-layers 4.22.0",
      backend: "tensor_flow.js",
      class_name,
      config,
    },
    ...(training && { trainingConfig: training.config }),
    weightsManifest: [
      {
        paths,
        weights: entries.map(([name, { shape, dtype }, group]) => ({
          name,
          shape,
          dtype,
          ...(training && { group }),
        })),
      },
    ],
    ...(labels && { userDefinedMetadata: { labels } }),
  };
  return new Map([
    [name, new TextEncoder().encode(writeJson(json, asTfjs))],
    ...paths.map((path, i) => [folder + path, shards[i]!] as const),
  ]);
}

/** A layer and, of a model, all layers in it. */
const allIn = (layer: NetworkLayer): readonly NetworkLayer[] => [
  layer,
  ...(layer.layers ?? []).flatMap(allIn),
];

/** tfjs-layers/src/common.ts. TF.js names tensors by their layers, those without weights too. */
function checkName(name: string, layer: NetworkLayer): void {
  if (/^[A-Za-z0-9][-A-Za-z0-9_./]*$/.test(name)) return;
  throw new CajalError(
    "unsupported",
    `TF.js has names of Latin letters, digits, "-", "_", "." and "/" alone, the first a letter or digit; got ${JSON.stringify(name)}. Rename the layer.`,
    { layer: layer.name },
  );
}

/** All bytes joined and cut into shards; their ends fall anywhere. */
function shardsOf(parts: readonly ArrayBufferView[]): Uint8Array[] {
  const total = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const shards = Array.from(
    { length: Math.ceil(total / shardSize) },
    (_, i) => new Uint8Array(Math.min(shardSize, total - i * shardSize)),
  );
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of parts)
    for (let from = 0; from < byteLength;) {
      const room = shardSize - (at % shardSize);
      const piece = new Uint8Array(buffer, byteOffset + from, Math.min(room, byteLength - from));
      shards[Math.floor(at / shardSize)]!.set(piece, at % shardSize);
      at += piece.length;
      from += piece.length;
    }
  return shards;
}

/** Short names of initializers, which Keras has and TF.js has not. */
const initializers: Readonly<Record<string, string>> = {
  uniform: "random_uniform",
  normal: "random_normal",
  one: "ones",
  zero: "zeros",
};

/** Of the config of a layer that runs another in both directions, and merges what they give. */
interface Wrapper {
  readonly merge_mode?: unknown;
  readonly layer?: { readonly config: { readonly name?: string } };
}

/** What Keras and TF.js call differently. */
function asTfjs(key: string, value: unknown): unknown {
  if (key.endsWith("_initializer") && typeof value === "string" && Object.hasOwn(initializers, value)) return initializers[value]; // prettier-ignore
  if (typeof value !== "object" || value === null) return value;
  const { class_name, config } = value as { class_name?: unknown; config?: Wrapper };
  // TF.js has regularizers L1 and L2 under the name of both together.
  if (key.endsWith("_regularizer") && (class_name === "L1" || class_name === "L2"))
    return { class_name: "L1L2", config: { l1: 0, l2: 0, ...config } };
  // TF.js names the layer that runs in both directions by its direction itself, Keras 3 in its config.
  if (config?.merge_mode === undefined || !config.layer) return value;
  const { layer } = config;
  const name = layer.config.name?.replace(/^forward_/, "");
  return {
    ...value,
    config: { ...config, layer: { ...layer, config: { ...layer.config, name } } },
  };
}
