// A record: one measurement, one JSON line. Reports, comparisons and tables derive from records;
// runners of other libraries write the same lines with their own `engine`.
import { CajalError, checkArgument } from "@cajal/core";
import type { Environment } from "./environment";

/**
 * What was measured: `predict` and `train` are times of a step, `load` of opening; `accuracy` is that of held-out
 * examples; `file` describes a network without running it; `peak` is a matrix product that shows the peak performance
 * of the device.
 */
export const phases = ["predict", "train", "load", "accuracy", "file", "peak"] as const;

export type Phase = (typeof phases)[number];

/** Why there is no number: how the measurement's process ended, or a device that computes wrongly. */
export const failures = ["crash", "memory", "timeout", "wrong", "error"] as const;

export interface BenchRecord {
  /** The suite or command of the measurement, e.g. "embedded" or "speed". */
  suite: string;
  model: string;
  dataset?: string;
  phase: Phase;
  engine: string;
  device: string;
  /** Examples per call. */
  batch: number;
  /** Number of measurements: calls where there are times, examples where there are accuracies. */
  n: number;
  /** Milliseconds of one call. */
  median_ms?: number;
  p90_ms?: number;
  p99_ms?: number;
  /** Median of each round, in the order of the rounds, from which intervals are computed. */
  rounds_ms?: readonly number[];
  /** Milliseconds of a fixed calculation in registers, on all cores, beside each round: how fast the machine was. */
  rounds_arithmetic_ms?: readonly number[];
  /** Milliseconds of going through memory that no cache holds, on all cores, beside each round. */
  rounds_memory_ms?: readonly number[];
  /** Rounds in which other programs took more than a tenth of the processor, or it was slower by as much, after repeats. */
  dirty_rounds?: number;
  /** Milliseconds to open the model, until it can be called. */
  open_ms?: number;
  /** Largest difference of the outputs from those of ONNX Runtime's CPU, relative to the largest output. */
  difference?: number;
  /** Peak resident memory of the measurement's own process, set-up included, in units of 2²⁰ bytes. */
  rss_mb?: number;
  /** Top-1 accuracy, 0–1. */
  top1?: number;
  /** Top-5 accuracy, 0–1. */
  top5?: number;
  params?: number;
  /** Multiply-adds of one example. */
  macs?: number;
  /** Depth, counted as the published figure; see `cajal table`. */
  depth?: number;
  /** Size of the file that Cajal writes, in units of 2²⁰ bytes. */
  file_mb?: number;
  /** Duration of the whole measurement: training, or evaluating all examples. */
  seconds?: number;
  /** Loss and accuracy of training, by epoch. */
  curve?: readonly CurvePoint[];
  /** The measurement in a suite's plan; a resumed run skips those that it has records of. */
  cell?: string;
  /** Options of the run that its numbers depend on, such as `examples`; a resumed run has the same. */
  settings?: Readonly<Record<string, string | number>>;
  failure?: (typeof failures)[number];
  /** Message of the failure. */
  reason?: string;
  seed: number;
  /** Versions of the packages involved: at least Node and the engine's package. */
  versions: Readonly<Record<string, string>>;
  /** The machine: processor, cores, system. */
  host: string;
  /** The machine in detail, and its state during the measurement. */
  environment?: Environment;
  /** When, ISO 8601. */
  at: string;
}

export interface CurvePoint {
  epoch: number;
  /** Seconds since the beginning. */
  seconds: number;
  loss: number;
  /** Accuracy of held-out examples, 0–1. */
  val_accuracy: number;
}

/** The fields that identify a measurement; runs are compared where these are equal. */
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
export function identityOf(record: BenchRecord): string {
  checkArgument("identityOf", "record", record, "object");
  return identity.flatMap((field) => record[field] ?? []).join(" · ");
}

/**
 * Reads records: JSON lines, a JSON array of records, or a report.
 *
 * @param name what to call the text in messages, e.g. its path
 * @throws CajalError `bad-file` with the line of the first value that is not a record, or has a field that
 *   {@link BenchRecord} does not allow, such as a time that is negative or not a number
 */
export function parseRecords(text: string, name: string): BenchRecord[] {
  checkArgument("parseRecords", "text", text, "string");
  const document = parseDocument(text);
  const records = document ?? parseLines(text, name);
  records.forEach(({ value, line }, i) => {
    for (const [field, { what, is, optional }] of Object.entries(fields)) {
      const got = isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
      if (isObject(value) && (is(got) || (optional && got === undefined))) continue;
      throw new CajalError(
        "bad-file",
        isObject(value)
          ? `${name}, line ${line}: got ${field} ${excerpt(got)}, expected ${what}.`
          : `${name}, line ${line}: got ${excerpt(value)}, expected a record.`,
        { name, line, record: i + 1, ...(isObject(value) && { field }) },
      );
    }
  });
  return records.map(({ value }) => value as BenchRecord);
}

interface Field {
  /** Description for messages. */
  readonly what: string;
  is(value: unknown): boolean;
  readonly optional?: boolean;
}

const text: Field = { what: "text", is: (value) => typeof value === "string" };
const positive: Field = {
  what: "a whole number of at least 1",
  is: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
};
const quantity: Field = {
  what: "a number of at least 0",
  is: (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
  optional: true,
};
const quantities: Field = {
  what: "a list of numbers of at least 0",
  is: (value) => Array.isArray(value) && value.every(quantity.is),
  optional: true,
};
const share: Field = {
  what: "a share, 0 … 1",
  is: (value) => typeof value === "number" && value >= 0 && value <= 1,
  optional: true,
};

/** The kind of each field of a record; runners of other libraries may omit optional ones. */
const fields: { readonly [K in keyof Required<BenchRecord>]: Field } = {
  suite: text,
  model: text,
  dataset: { ...text, optional: true },
  phase: {
    what: `one of ${phases.join(", ")}`,
    is: (value) => phases.some((phase) => phase === value),
  },
  engine: text,
  device: text,
  batch: positive,
  n: { ...quantity, is: (value) => quantity.is(value) && Number.isSafeInteger(value) },
  median_ms: quantity,
  p90_ms: quantity,
  p99_ms: quantity,
  rounds_ms: quantities,
  rounds_arithmetic_ms: quantities,
  rounds_memory_ms: quantities,
  dirty_rounds: quantity,
  open_ms: quantity,
  difference: quantity,
  rss_mb: quantity,
  top1: share,
  top5: share,
  params: quantity,
  macs: quantity,
  depth: quantity,
  file_mb: quantity,
  seconds: quantity,
  curve: {
    what: "a list of epochs",
    is: (value) => Array.isArray(value) && value.every(isPoint),
    optional: true,
  },
  cell: { ...text, optional: true },
  settings: {
    what: "an object of texts and numbers",
    is: (value) =>
      isObject(value) && Object.values(value).every((each) => text.is(each) || quantity.is(each)),
    optional: true,
  },
  failure: {
    what: `one of ${failures.join(", ")}`,
    is: (value) => failures.some((failure) => failure === value),
    optional: true,
  },
  reason: { ...text, optional: true },
  seed: {
    what: "a whole number",
    is: (value) => Number.isSafeInteger(value),
    optional: true,
  },
  versions: {
    what: "an object of texts",
    is: (value) => isObject(value) && Object.values(value).every(text.is),
    optional: true,
  },
  host: { ...text, optional: true },
  environment: { what: "an object", is: isObject, optional: true },
  at: { ...text, optional: true },
};

function isPoint(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { epoch, seconds, loss, val_accuracy } = value;
  // NaN is null in JSON.
  return (
    [epoch, seconds].every(quantity.is) &&
    [loss, val_accuracy].every((each) => each === null || quantity.is(each))
  );
}

/** A value and the line of the text that it begins in, from 1. */
interface PlacedRecord {
  readonly value: unknown;
  readonly line: number;
}

/** The records of a JSON document; undefined where the text is not one. */
function parseDocument(text: string): PlacedRecord[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // Not a single document: JSON lines.
    return undefined;
  }
  const values = isObject(document) ? document.records : document;
  if (!Array.isArray(values)) return undefined;
  const lines = linesOfElements(text, isObject(document) ? "records" : undefined);
  return values.map((value: unknown, i) => ({ value, line: lines[i] ?? 1 }));
}

/**
 * The line in which each element of an array of a well-formed JSON text begins: of the whole document, or
 * of the last entry with this key of the object that it is.
 */
function linesOfElements(json: string, key: string | undefined): number[] {
  const arrayDepth = key === undefined ? 1 : 2;
  let lines: number[] = [];
  let [depth, line] = [0, 1];
  let [isInside, expectsElement] = [key === undefined, true];
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|\n|[[\]{},]|[^\s"[\]{},:]+/g)) {
    if (token === "\n") {
      line++;
      continue;
    }
    if (isInside && depth === arrayDepth && expectsElement && token !== "]") {
      lines.push(line);
      expectsElement = false;
    }
    if (token === "[" || token === "{") {
      depth++;
      if (isInside && depth === arrayDepth) [lines, expectsElement] = [[], true];
    } else if (token === "]" || token === "}") depth--;
    else if (token === "," && depth === arrayDepth) expectsElement = true;
    else if (key !== undefined && depth === 1 && token.startsWith('"'))
      isInside = JSON.parse(token) === key;
  }
  return lines;
}

function parseLines(text: string, name: string): PlacedRecord[] {
  return text.split("\n").flatMap((content, i) => {
    if (content.trim() === "") return [];
    try {
      return [{ value: JSON.parse(content) as unknown, line: i + 1 }];
    } catch (cause) {
      throw new CajalError(
        "bad-file",
        `${name}, line ${i + 1}: expected a record in JSON, got ${excerpt(content)}.`,
        { name, line: i + 1 },
        { cause },
      );
    }
  });
}

function excerpt(value: unknown): string {
  if (value === undefined) return "nothing";
  // The nesting exceeds the stack.
  const json = isObject(value)
    ? "an object"
    : Array.isArray(value)
      ? "a list"
      : JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
