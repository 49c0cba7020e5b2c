// TF.js' layers models, as `model.save` writes them: `model.json`, and the weights' bytes in shards of 4 MB
// beside it. tfjs-layers/src/engine/training.ts, tfjs-core/src/io.
import { CajalError, type Tensor } from "@cajal/core";
import { activationOf, toKerasJson, type Network, type NetworkLayer } from "@cajal/models";
import { tfjsTraining } from "../optimizer/tfjsState";
import type { WholeModel } from "./format";

const shardSize = 4 * 2 ** 20;

export function encodeTfjs(whole: WholeModel, name: string): ReadonlyMap<string, Uint8Array> {
  const { model, network, weights, labels } = whole;
  // TF.js hands masks on to recurrent layers, and averages over all steps as if there were none.
  const masked = network.calls.find(({ inner, masks }) => masks && !inner.definition.mask?.passes);
  if (masked)
    throw new CajalError(
      "unsupported",
      `layer "${masked.layer.path}" (${masked.layer.className}): it computes by a mask, which TF.js does not honour there. Write another format.`,
      { layer: masked.layer.path },
    );
  const layerInPlace = network.calls.find(
    ({ inner }) =>
    Object.values(inner.config).some((value) => typeof value === "string" && activationOf(value)?.layer), // prettier-ignore
  )?.layer;
  if (layerInPlace)
    throw new CajalError(
      "unsupported",
      `layer "${layerInPlace.path}" (${layerInPlace.className}): its activation is a layer, which TF.js does not read there. Write another format.`,
      { layer: layerInPlace.path },
    );
  const operation = network.calls.find(({ inner }) => inner.definition.asOperation)?.layer;
  if (operation)
    throw new CajalError(
      "unsupported",
      `layer "${operation.path}" (${operation.className}): TF.js has no such layer to write. Write the model as ONNX, or as .keras.`,
      { layer: operation.path },
    );
  checkLayouts(network);
  const { config, class_name } = toKerasJson(model);
  const entries: (readonly [name: string, value: Tensor, group: "model" | "optimizer"])[] = [];
  const usedNames = new Set<string>();
  for (const layer of network.layers.flatMap(leavesOf))
    for (const { name: weight, key } of layer.weights) {
      const name = `${layer.name}/${weight}`;
      if (usedNames.has(name))
        throw new CajalError(
          "unsupported",
          `TF.js finds weights by their layers' names, and "${layer.name}" is the name of two. Rename one of them.`,
          { layer: layer.name },
        );
      // tfjs-layers/src/common.ts
      if (!/^[A-Za-z0-9][-A-Za-z0-9_./]*$/.test(name))
        throw new CajalError(
          "unsupported",
          `TF.js has names of Latin letters, digits, "-", "_", "." and "/" alone; got ${JSON.stringify(name)}. Rename the layer.`,
          { layer: layer.name },
        );
      usedNames.add(name);
      entries.push([name, weights.get(key)!, "model"]);
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
    [name, new TextEncoder().encode(JSON.stringify(json))],
    ...paths.map((path, i) => [folder + path, shards[i]!] as const),
  ]);
}

const leavesOf = (layer: NetworkLayer): readonly NetworkLayer[] =>
  layer.layers ? layer.layers.flatMap(leavesOf) : [layer];

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

/**
 * TF.js reads layers with channels first, and some compute other numbers there.
 *
 * @throws CajalError `unsupported`
 */
function checkLayouts({ calls }: Network): void {
  for (const { inner, inputs, layer } of calls) {
    const { affine, channelsLast } = inner.definition;
    const rank = inputs[0]?.shape.length ?? 0;
    const axis = affine?.axis?.(inner.config, rank);
    if (!channelsLast && (axis === undefined || axis === rank - 1)) continue;
    throw new CajalError(
      "unsupported",
      `layer "${layer.path}" (${layer.className}): its channels are not last, which TF.js does not compute as Keras does. Write another format.`,
      { layer: layer.path },
    );
  }
}
