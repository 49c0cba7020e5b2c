// Whether a resumed run is the one that was interrupted: its parts, and which of them differ.
import { CajalError, hash, isTensor, type NamedBatch, type Tensor } from "@cajal/core";
import type { ModelConfig } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import type { Loss, Metric, Optimizer } from "@cajal/runtime";
import type { TrainData } from "../data";

/** The parts of a run as plain data: part → description. */
export type RunDescription = Readonly<Record<RunPart, unknown>>;

export type RunPart =
  | "model"
  | "optimizer"
  | "loss"
  | "metrics"
  | "data"
  | "accumulate"
  | "shuffle"
  | "classWeights"
  | "frozen"
  | "inferenceMode"
  | "learningRateMultipliers";

/** Parts that may differ where the caller says so. */
export const runParts: readonly RunPart[] = [
  "model",
  "optimizer",
  "loss",
  "metrics",
  "data",
  "accumulate",
  "shuffle",
  "classWeights",
  "frozen",
  "inferenceMode",
  "learningRateMultipliers",
];

interface Named {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Plain data for a loss, optimizer or metric, or for a list or record of them. */
export const describe = (value: Loss | Optimizer | Metric | object | readonly Metric[]): unknown =>
  Array.isArray(value)
    ? value.map(describe)
    : "name" in value && typeof value.name === "string"
      ? { name: value.name, ...(value as Named).config }
      : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, describe(each)]));

/**
 * Fingerprint of what a model computes, without what is trained: its config, or its graph without the values of
 * its float initializers.
 */
export function modelFingerprint(model: ModelConfig | OnnxModel): unknown {
  if (!("graph" in model))
    return { of: model.class_name, mark: textFingerprint(stableJson(model.config)) };
  const { nodes, inputs, outputs, initializers } = model.graph;
  const constants = [...initializers].map(([name, { dtype, shape, data }]) =>
    dtype === "float32" ? [name, shape] : [name, dtype, shape, data],
  );
  const graph = { nodes, inputs, outputs, constants, functions: model.functions };
  return { of: `${nodes.length} nodes`, mark: textFingerprint(stableJson(graph)) };
}

/** Bytes of data that the fingerprint covers. */
const sampleBytes = 1 << 20;

/**
 * Fingerprint of the data: the number of batches, and a hash of the first megabyte of the first epoch. The batches
 * are read twice; tensors that differ, such as those of a random map without a seed, are left out.
 */
export async function dataFingerprint(data: TrainData, signal?: AbortSignal): Promise<unknown> {
  const readPass = async () => {
    const fingerprints = new Map<string, Fingerprint>();
    let bytes = 0;
    for await (const batch of data.batches({ epoch: 0, signal })) {
      for (const [name, tensor] of tensorsOf(batch)) {
        bytes += tensor.data.byteLength;
        fingerprints.set(name, addToFingerprint(tensor, fingerprints.get(name)));
      }
      if (bytes >= sampleBytes) break;
    }
    return fingerprints;
  };
  const [first, second] = [await readPass(), await readPass()];
  const repeatable = [...first].filter(([name, { sum }]) => second.get(name)?.sum === sum);
  return {
    batches: data.batchCount,
    ...Object.fromEntries(repeatable.map(([name, { of, sum }]) => [name, `${of} ${sum}`])),
  };
}

const tensorsOf = ({ x, y, weight }: NamedBatch): [string, Tensor][] =>
  Object.entries({ x, y, ...(weight !== undefined && { weight }) }).flatMap(([name, value]) =>
    isTensor(value)
      ? [[name, value] as [string, Tensor]]
      : Object.entries(value).map(([key, each]): [string, Tensor] => [`${name} ${key}`, each]),
  );

interface Fingerprint {
  /** Type and shape of the first tensor. */
  readonly of: string;
  readonly sum: number;
}

function addToFingerprint({ dtype, shape, data }: Tensor, previous?: Fingerprint): Fingerprint {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const { of = `${dtype} [${shape.join()}]`, sum = 0 } = previous ?? {};
  return { of, sum: hash(fnv(bytes, sum), bytes.length) };
}

const textFingerprint = (text: string) => fnv(new TextEncoder().encode(text), 0);

/** FNV-1a, continued from `start`. */
function fnv(bytes: Uint8Array, start: number): number {
  let sum = start ^ 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

/**
 * @param allowedChanges parts that the caller knows to differ
 * @throws CajalError `bad-argument` naming what differs
 */
export function checkSameRun(
  current: RunDescription,
  saved: Partial<RunDescription>,
  allowedChanges: readonly RunPart[],
): void {
  for (const part of runParts) {
    if (allowedChanges.includes(part) || !Object.hasOwn(saved, part)) continue;
    const [got, expected] = [stableJson(current[part]), stableJson(saved[part])];
    if (got === expected) continue;
    throw new CajalError(
      "bad-argument",
      `train: got ${part} ${got}, and the checkpoint's run has ${expected}. Resume with the same, or say that it shall be another: allowChanges: ["${part}"].`,
      { part, got: current[part], expected: saved[part] },
    );
  }
}

/** JSON whose keys are in order; numbers of arrays and int64 as texts. */
function stableJson(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === "bigint"
        ? String(each)
        : ArrayBuffer.isView(each)
          ? Array.from(each as Uint8Array, String)
          : each instanceof Map
            ? [...each]
            : typeof each === "object" && each !== null && !Array.isArray(each)
              ? Object.fromEntries(
                  Object.entries(each)
                    .filter(([, one]) => one !== undefined)
                    .toSorted(([a], [b]) => (a < b ? -1 : 1)),
                )
              : each,
    ) ?? "nothing"
  );
}
