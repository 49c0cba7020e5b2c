// A record: one measurement, one JSON line. Reports, comparisons and tables derive from records;
// runners of other libraries write the same lines with their own `engine`.
import { CajalError } from "@cajal/core";

export type Phase = "predict" | "train" | "load" | "accuracy";

export const phases: readonly Phase[] = ["predict", "train", "load", "accuracy"];

export interface BenchRecord {
  /** What the measurement belongs to, e.g. "embedded" or "speed". */
  suite: string;
  model: string;
  dataset?: string;
  phase: Phase;
  engine: string;
  device: string;
  /** Examples per call. */
  batch: number;
  /** How many were measured: calls where times are given, examples where accuracies are. */
  n: number;
  /** Milliseconds of one call. */
  median_ms?: number;
  p90_ms?: number;
  /** Peak resident memory of a process that measured nothing else, set-up included, in units of 2²⁰ bytes. */
  rss_mb?: number;
  /** Share of examples whose label was the network's first answer, 0–1. */
  top1?: number;
  /** Share of examples whose label was among the first five answers, 0–1. */
  top5?: number;
  params?: number;
  /** Multiply-adds of one example. */
  macs?: number;
  seed: number;
  /** Versions of what took part: Node and the engine's package at least. */
  versions: Readonly<Record<string, string>>;
  /** The machine: processor, cores, system. */
  host: string;
  /** When, ISO 8601. */
  at: string;
}

/** What of a record says which measurement it is; two runs are compared where these are equal. */
export const identity = [
  "suite",
  "model",
  "dataset",
  "phase",
  "engine",
  "device",
  "batch",
] as const satisfies readonly (keyof BenchRecord)[];

/** The identity as one line, e.g. `embedded · lenet5 · digits · predict · onnx · cpu · 64`. */
export const identityOf = (record: BenchRecord): string =>
  identity.flatMap((field) => record[field] ?? []).join(" · ");

/**
 * Reads records: JSON lines, a JSON array of records, or a report.
 *
 * @param name what to call the text in messages, e.g. its path
 * @throws CajalError `bad-file`
 */
export function parseRecords(text: string, name: string): BenchRecord[] {
  const found = parseDocument(text) ?? parseLines(text, name);
  found.forEach((value, i) => {
    for (const [field, type] of required)
      if (!isObject(value) || typeof value[field] !== type)
        throw new CajalError(
          "bad-file",
          `${name}, record ${i + 1}: got ${field} ${JSON.stringify(isObject(value) ? value[field] : value)}, expected a ${type}.`,
          { name, record: i + 1, field },
        );
  });
  return found as BenchRecord[];
}

const required = [
  ["suite", "string"],
  ["model", "string"],
  ["phase", "string"],
  ["engine", "string"],
  ["device", "string"],
  ["batch", "number"],
] as const;

/** The records of a whole JSON document; nothing where the text is not one. */
function parseDocument(text: string): unknown[] | undefined {
  try {
    const document: unknown = JSON.parse(text);
    if (Array.isArray(document)) return document;
    if (isObject(document) && Array.isArray(document.records)) return document.records;
  } catch {
    // Not one document: lines.
  }
  return undefined;
}

function parseLines(text: string, name: string): unknown[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (cause) {
      throw new CajalError(
        "bad-file",
        `${name}, line ${i + 1}: expected a record in JSON, got ${JSON.stringify(line.slice(0, 60))}.`,
        { name, line: i + 1 },
        { cause },
      );
    }
  });
}

const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
