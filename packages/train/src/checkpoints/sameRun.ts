// Whether a run that goes on is the one that was left: what it is made of, and what differs.
import { CajalError, hash, isTensor, type NamedBatch, type Tensor } from "@cajal/core";
import type { Loss, Metric, Optimizer } from "@cajal/runtime";
import type { TrainData } from "../data";

/** What a run is made of, as plain data: part → description. */
export type RunDescription = Readonly<Record<RunPart, unknown>>;

export type RunPart =
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
 * A mark of the data: of the first batch of the first epoch, read twice. What is not the same both times,
 * as of a map that is random without a seed, is left out.
 */
export async function markOf(data: TrainData, signal?: AbortSignal): Promise<unknown> {
  const marks: Record<string, string>[] = [];
  for (let pass = 0; pass < 2; pass++)
    for await (const batch of data.batches({ epoch: 0, signal })) {
      marks.push(marksOf(batch));
      break;
    }
  const [first = {}, second = {}] = marks;
  return Object.fromEntries(Object.entries(first).filter(([name, mark]) => second[name] === mark));
}

function marksOf({ x, y, weight }: NamedBatch): Record<string, string> {
  const parts = Object.entries({ x, y, ...(weight !== undefined && { weight }) });
  return Object.fromEntries(
    parts.flatMap(([name, value]) =>
      isTensor(value)
        ? [[name, markOfTensor(value)]]
        : Object.entries(value).map(([key, each]) => [`${name} ${key}`, markOfTensor(each)]),
    ),
  );
}

/** Bytes that are looked at, evenly spread. */
const most = 1 << 16;

function markOfTensor({ dtype, shape, data }: Tensor): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const stride = Math.max(1, Math.floor(bytes.length / most)) | 1;
  let sum = 0;
  for (let i = 0; i < bytes.length; i += stride) sum = hash(bytes[i]!, sum);
  return `${dtype} [${shape.join()}] ${sum}`;
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

/** JSON whose keys are in order. */
function stable(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === "object" && each !== null && !Array.isArray(each)
        ? Object.fromEntries(
            Object.entries(each)
              .filter(([, one]) => one !== undefined)
              .toSorted(([a], [b]) => (a < b ? -1 : 1)),
          )
        : each,
    ) ?? "nothing"
  );
}
