// Whether a run that goes on is the one that was left: what it is made of, and what differs.
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
  "learningRateMultipliers",
];

interface Named {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Of one thing, of a list or record of them. */
export const described = (
  value: Loss | Optimizer | Metric | object | readonly Metric[],
): unknown =>
  Array.isArray(value)
    ? value.map(described)
    : "name" in value && typeof value.name === "string"
      ? { name: value.name, ...(value as Named).config }
      : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, described(each)]));

/**
 * What a model computes, but for what is trained: its config, or its graph without the numbers of its float
 * initializers.
 */
export function markOfModel(model: ModelConfig | OnnxModel): unknown {
  if (!("graph" in model)) return { of: model.class_name, mark: markOfText(stable(model.config)) };
  const { nodes, inputs, outputs, initializers } = model.graph;
  const constants = [...initializers].map(([name, { dtype, shape, data }]) =>
    dtype === "float32" ? [name, shape] : [name, dtype, shape, data],
  );
  const graph = { nodes, inputs, outputs, constants, functions: model.functions };
  return { of: `${nodes.length} nodes`, mark: markOfText(stable(graph)) };
}

/** Bytes of batches that are enough to tell data apart. */
const enough = 1 << 20;

/**
 * A mark of the data: how many batches there are, and the first ones of the first epoch, all of them where they are
 * few, read twice. What is not the same both times, as of a map that is random without a seed, is left out.
 */
export async function markOf(data: TrainData, signal?: AbortSignal): Promise<unknown> {
  const passes: Map<string, Mark>[] = [];
  for (let pass = 0; pass < 2; pass++) {
    const marks = new Map<string, Mark>();
    passes.push(marks);
    let bytes = 0;
    for await (const batch of data.batches({ epoch: 0, signal })) {
      for (const [name, tensor] of tensorsOf(batch)) {
        bytes += tensor.data.byteLength;
        marks.set(name, markOfTensor(tensor, marks.get(name)));
      }
      if (bytes >= enough) break;
    }
  }
  const [first, second] = passes;
  const same = [...first!].filter(([name, { sum }]) => second!.get(name)?.sum === sum);
  return {
    batches: data.batchCount,
    ...Object.fromEntries(same.map(([name, { of, sum }]) => [name, `${of} ${sum}`])),
  };
}

const tensorsOf = ({ x, y, weight }: NamedBatch): [string, Tensor][] =>
  Object.entries({ x, y, ...(weight !== undefined && { weight }) }).flatMap(([name, value]) =>
    isTensor(value)
      ? [[name, value] as [string, Tensor]]
      : Object.entries(value).map(([key, each]): [string, Tensor] => [`${name} ${key}`, each]),
  );

interface Mark {
  /** Type and shape of the first. */
  readonly of: string;
  readonly sum: number;
}

function markOfTensor({ dtype, shape, data }: Tensor, before?: Mark): Mark {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const { of = `${dtype} [${shape.join()}]`, sum = 0 } = before ?? {};
  return { of, sum: hash(fnv(bytes, sum), bytes.length) };
}

const markOfText = (text: string) => fnv(new TextEncoder().encode(text), 0);

/** FNV-1a, from a start other than its own. */
function fnv(bytes: Uint8Array, start: number): number {
  let sum = start ^ 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i]!, 0x01000193);
  return sum >>> 0;
}

/**
 * @param allowed parts that the caller knows to differ
 * @throws CajalError `bad-argument` naming what differs
 */
export function checkSameRun(
  now: RunDescription,
  before: Partial<RunDescription>,
  allowed: readonly RunPart[],
): void {
  for (const part of runParts) {
    if (allowed.includes(part) || !Object.hasOwn(before, part)) continue;
    const [got, expected] = [stable(now[part]), stable(before[part])];
    if (got === expected) continue;
    throw new CajalError(
      "bad-argument",
      `train: got ${part} ${got}, and the checkpoint's run has ${expected}. Resume with the same, or say that it shall be another: allowChanges: ["${part}"].`,
      { part, got: now[part], expected: before[part] },
    );
  }
}

/** JSON whose keys are in order; numbers of arrays and int64 as texts. */
function stable(value: unknown): string {
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
