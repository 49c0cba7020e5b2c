// What a network sees of examples: the output of a layer, pooled; kept on disk by the examples' content.
import { CajalError, checkOptions, sizeOf, tensor, type Tensor } from "@cajal/core";
import { decodeSafetensors, encodeSafetensors } from "@cajal/files";
import { dataset, type Dataset } from "@cajal/datasets";
import { resolve } from "@cajal/models";
import { open, type OpenOptions, type Session } from "@cajal/runtime";
import { checkLoaded, type LoadedModel } from "./loadedModel";
import { withHead } from "./withHead";

export interface FeatureExtractorOptions extends Pick<
  OpenOptions,
  "engine" | "device" | "threads" | "signal"
> {
  // prettier-ignore
  /** The layer whose output it is. Default: the model's output. */
  readonly layer?: string;
  /** How feature maps become features; null: all their elements. Default "avg". */
  readonly pooling?: "avg" | "max" | null;
}

export interface FeaturesOptions {
  /** A folder in which features are kept by content: what was computed once is read. Node only. */
  readonly cache?: string;
  /** Ends the work between two batches. */
  readonly signal?: AbortSignal;
  /** Is told after every batch how many images are done. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** A network as far as its features. */
export interface FeatureExtractor extends LoadedModel {
  /** How many features an example has. */
  readonly size: number;
  /** Features of a batch: x `[n, …]` → float32 `[n, size]`. */
  extract(x: Tensor): Promise<Tensor<"float32">>;
  /** A data set's examples by their features, in memory, in the order of epoch 0. */
  features(data: Dataset, options?: FeaturesOptions): Promise<Dataset<"float32">>;
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a network as far as its features.
 *
 * @param options.layer e.g. "conv5_block3_out"; the top is left away
 * @throws CajalError `unknown-name` (layer); as `open` does
 * @example
 * await using extractor = await featureExtractor(await pretrained("MobileNet", { include_top: false }));
 * const features = await extractor.features(images, { cache: "features" }); // train a head on these
 */
export async function featureExtractor(
  given: LoadedModel,
  options: FeatureExtractorOptions = {},
): Promise<FeatureExtractor> {
  checkLoaded("featureExtractor", given);
  checkOptions("featureExtractor", options, ["layer", "pooling", "engine", "device", "threads", "signal"]); // prettier-ignore
  const { layer, pooling, ...opening } = options;
  const { base } = withHead(given, {
    classes: 2, // any: the head is left out
    ...(layer !== undefined && { layer }),
    ...(pooling !== undefined && { pooling }),
  });
  const session = await open(base.model, base.weights, opening);
  const size = Number(resolve(base.model).outputs[0]!.shape[1]);
  const dispose = async () => session.dispose();
  return {
    ...base,
    size,
    extract: (x) => predicted(session, x),
    features: (data, options = {}) => featuresOf({ ...base, session, size }, data, options),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

const predicted = async (session: Session, x: Tensor) =>
  (await session.predict(x)) as Tensor<"float32">;

async function featuresOf(
  { session, size, ...base }: LoadedModel & { session: Session; size: number },
  data: Dataset,
  options: FeaturesOptions,
): Promise<Dataset<"float32">> {
  checkOptions("features", options, ["cache", "signal", "onProgress"]);
  const { cache, signal, onProgress } = options;
  const kept = cache === undefined ? undefined : await keptIn(cache, base);
  const rows = new Float32Array(data.size * size);
  const labels: Tensor[] = [];
  let at = 0;
  for await (const { x, y } of data.batches({ ...(signal && { signal }) })) {
    const count = x.shape[0]!;
    const hashes = kept && Array.from({ length: count }, (_, i) => kept.hash(rowOf(x, i)));
    const missing = Array.from({ length: count }, (_, i) => i).filter(
      (i) => !(hashes && kept.rows.has(hashes[i]!)),
    );
    if (missing.length > 0) {
      const { data: computed } = await predicted(session, missing.length === count ? x : chosen(x, missing)); // prettier-ignore
      missing.forEach((i, j) => {
        const row = computed.slice(j * size, (j + 1) * size);
        rows.set(row, (at + i) * size);
        if (hashes) kept.rows.set(hashes[i]!, row);
      });
    }
    hashes?.forEach((hash, i) => rows.set(kept!.rows.get(hash)!, (at + i) * size));
    labels.push(y);
    at += count;
    onProgress?.(at, data.size);
  }
  await kept?.save();
  const y = tensor(labels[0]!.dtype, [at, ...labels[0]!.shape.slice(1)]);
  let to = 0;
  for (const { data: part } of labels) {
    (y.data as Float32Array).set(part as Float32Array, to);
    to += part.length;
  }
  return dataset({
    x: tensor("float32", [at, size], rows.subarray(0, at * size)),
    y,
    ...(data.classes && { classes: data.classes }),
  }).batch(data.batchSize);
}

/** The bytes of an example. */
function rowOf({ data, shape }: Tensor, i: number): Uint8Array {
  const bytes = data.byteLength / shape[0]!;
  return new Uint8Array(data.buffer, data.byteOffset + i * bytes, bytes);
}

function chosen(x: Tensor, indices: readonly number[]): Tensor {
  const rest = x.shape.slice(1);
  const out = tensor(x.dtype, [indices.length, ...rest]);
  const size = sizeOf(rest);
  indices.forEach(
    (i, j) =>
    (out.data as Float32Array).set((x.data as Float32Array).subarray(i * size, (i + 1) * size), j * size), // prettier-ignore
  );
  return out;
}

/** Features of one network by their examples' hashes: a safetensors file, named for the network's own. */
async function keptIn(folder: string, { model, weights }: LoadedModel) {
  const builtin = globalThis.process?.getBuiltinModule;
  if (!builtin)
    throw new CajalError("unsupported", `${folder}: features are kept in Node only.`, { folder });
  const { createHash } = builtin("node:crypto");
  const { readFile } = builtin("node:fs/promises");
  const { join } = builtin("node:path");
  const digest = createHash("sha256").update(JSON.stringify(model));
  for (const [key, { data }] of weights)
    digest.update(key).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const path = join(folder, `features-${digest.digest("hex").slice(0, 16)}.safetensors`);
  const read = async () => {
    const rows = new Map<string, Float32Array>();
    const bytes = await readFile(path).catch(() => undefined);
    if (!bytes) return rows;
    const { tensors, metadata } = decodeSafetensors(bytes, path);
    const features = tensors.get("features");
    const hashes = (metadata.hashes ?? "").split(" ");
    if (features?.dtype !== "float32" || features.shape[0] !== hashes.length) return rows;
    const size = features.shape[1]!;
    hashes.forEach((hash, i) => rows.set(hash, (features.data as Float32Array).slice(i * size, (i + 1) * size))); // prettier-ignore
    return rows;
  };
  // A damaged file is no reason to stop: what it had is computed again.
  const rows = await read().catch(() => new Map<string, Float32Array>());
  const before = rows.size;
  return {
    rows,
    hash: (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64").slice(0, 24),
    async save() {
      if (rows.size === before) return;
      const all = [...rows.values()];
      const size = all[0]!.length;
      const data = new Float32Array(all.length * size);
      all.forEach((row, i) => data.set(row, i * size));
      const { writeWhole } = await import("@cajal/files/node");
      await writeWhole(
        path,
        encodeSafetensors({
          tensors: new Map([["features", tensor("float32", [all.length, size], data)]]),
          metadata: { hashes: [...rows.keys()].join(" ") },
        }),
      );
    },
  };
}
