// The features of a data set's examples, by a session that gives them; kept on disk by the examples' content.
import {
  CajalError,
  checkOptions,
  isTensor,
  sizeOf,
  tensor,
  type NamedBatch,
  type NamedTensors,
  type Tensor,
} from "@cajal/core";
import { decodeSafetensors, encodeSafetensors } from "@cajal/files";
import { dataset, type Dataset } from "@cajal/datasets";
import type { Session } from "@cajal/runtime";

export interface FeaturesOptions {
  /** A folder in which features are kept by content: what was computed once is read. Node only. */
  readonly cache?: string;
  /** Ends the work between two batches. */
  readonly signal?: AbortSignal;
  /** Is told after every batch how many images are done. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** Examples by batches: a dataset, or what `inWorkers` of `@cajal/datasets/node` computes of one in several threads. */
export interface FeaturesData extends Pick<Dataset, "size" | "batchSize" | "classes"> {
  batches(options?: { readonly signal?: AbortSignal }): AsyncIterable<NamedBatch>;
}

/**
 * Features of all examples, by a session that gives them.
 *
 * @param network how many an example has, and what the network is made of, by which they are kept
 */
export async function featuresOf(
  session: Session,
  { size, of }: { readonly size: number; readonly of: () => Iterable<string | Uint8Array> },
  data: FeaturesData,
  options: FeaturesOptions,
): Promise<Dataset<"float32">> {
  checkOptions("features", options, { cache: "path", signal: "signal", onProgress: "function" });
  const { cache, signal, onProgress } = options;
  const store = cache === undefined ? undefined : await keptIn(cache, of());
  const rows = new Float32Array(data.size * size);
  const labels: NamedBatch["y"][] = [];
  const factors: NamedBatch["y"][] = [];
  async function compute(x: NamedBatch["x"], at: number, count: number): Promise<void> {
    const hashes = store && Array.from({ length: count }, (_, i) => store.hash(rowsOf(x, i)));
    const missing = Array.from({ length: count }, (_, i) => i).filter(
      (i) => !(hashes && store.rows.has(hashes[i]!)),
    );
    if (missing.length > 0) {
      const { data: computed } = await predicted(session, missing.length === count ? x : mapped(x, (each) => rowsAt(each, missing))); // prettier-ignore
      if (computed.length !== missing.length * size)
        throw new CajalError(
          "bad-shape",
          `features: the network gave ${computed.length / size} rows of ${size} for ${missing.length} examples, expected one for each: the first axis of its output is not that of the examples.`,
          { got: computed.length / size, expected: missing.length },
        );
      missing.forEach((i, j) => {
        const row = computed.slice(j * size, (j + 1) * size);
        rows.set(row, (at + i) * size);
        if (hashes) store.rows.set(hashes[i]!, row);
      });
    }
    hashes?.forEach((hash, i) => rows.set(store!.rows.get(hash)!, (at + i) * size));
    onProgress?.(at + count, data.size);
  }
  // While the network computes one batch, the next waits for it and another is decoded.
  const running: Promise<void>[] = [];
  let at = 0;
  try {
    for await (const { x, y, weight } of data.batches({ ...(signal && { signal }) })) {
      const count = lengthOf(x);
      running.push(compute(x, at, count));
      running.at(-1)!.catch(() => {}); // it is told where it is awaited
      labels.push(y);
      if (weight) factors.push(weight);
      at += count;
      if (running.length === 3) await running.shift();
    }
    for (const each of running) await each;
  } finally {
    await Promise.allSettled(running);
  }
  await store?.save();
  return dataset({
    x: tensor("float32", [at, size], rows.subarray(0, at * size)),
    y: joined(labels, at) as Tensor,
    ...(factors.length > 0 && { weight: joined(factors, at) as Tensor<"float32"> }),
    ...(data.classes && { classes: data.classes }),
  }).batch(data.batchSize) as Dataset<"float32">;
}

/** A batch's tensors, those of several inputs one after the other. */
const tensorsOf = (x: NamedBatch["x"]): readonly Tensor[] => isTensor(x) ? [x] : Object.values(x); // prettier-ignore

const lengthOf = (x: NamedBatch["x"]): number => tensorsOf(x)[0]?.shape[0] ?? 0;

const mapped = (x: NamedBatch["x"], change: (tensor: Tensor, name?: string) => Tensor) =>
  isTensor(x)
    ? change(x)
    : Object.fromEntries(Object.entries(x).map(([name, each]) => [name, change(each, name)]));

/** What batches have of `count` examples in all, as one tensor, or one for each name. */
const joined = (parts: readonly NamedBatch["y"][], count: number): NamedBatch["y"] =>
  mapped(parts[0]!, (_, name) =>
    concatenated(
      parts.map((part) => (name === undefined ? part : (part as NamedTensors)[name]) as Tensor),
      count,
    ),
  );

function concatenated(parts: readonly Tensor[], count: number): Tensor {
  const [{ dtype, shape }] = parts as [Tensor];
  const all = tensor(dtype, [count, ...shape.slice(1)]);
  let to = 0;
  for (const { data } of parts) {
    (all.data as Float32Array).set(data as Float32Array, to);
    to += data.length;
  }
  return all;
}

/** The bytes of an example. */
const rowsOf = (x: NamedBatch["x"], i: number): readonly Uint8Array[] =>
  tensorsOf(x).map(({ data, shape }) => {
    const bytes = data.byteLength / shape[0]!;
    return new Uint8Array(data.buffer, data.byteOffset + i * bytes, bytes);
  });

function rowsAt(x: Tensor, indices: readonly number[]): Tensor {
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
async function keptIn(folder: string, network: Iterable<string | Uint8Array>) {
  const builtin = globalThis.process?.getBuiltinModule;
  if (!builtin)
    throw new CajalError("unsupported", `${folder}: features are kept in Node only.`, { folder });
  const { createHash } = builtin("node:crypto");
  const { readFile } = builtin("node:fs/promises");
  const { join } = builtin("node:path");
  const digest = createHash("sha256");
  for (const part of network) digest.update(part);
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
    hash: (parts: readonly Uint8Array[]) => {
      const hash = createHash("sha256");
      for (const bytes of parts) hash.update(bytes);
      return hash.digest("base64").slice(0, 24);
    },
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

/** Float32 features [n, size] of a batch [n, …], or of one for each input. */
export const predicted = async (session: Session, x: NamedBatch["x"]) =>
  (isTensor(x)
    ? await session.predict(x)
    : (await session.run(x))[session.outputs[0]!.name]) as Tensor<"float32">;
