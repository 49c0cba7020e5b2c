// A record: one measurement, one JSON line. Reports, comparisons and tables derive from records;
// runners of other libraries write the same lines with their own `engine`.
import { CajalError, checkArgument } from "@cajal/core";

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
export function identityOf(record: BenchRecord): string {
  checkArgument("identityOf", "record", record, "object");
  return identity.flatMap((field) => record[field] ?? []).join(" · ");
}

/**
 * Reads records: JSON lines, a JSON array of records, or a report.
 *
 * @param name what to call the text in messages, e.g. its path
 * @throws CajalError `bad-file` with the line of what is no record, or has a field that is not what
 *   {@link BenchRecord} says: a time that is no number, negative or null among them
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
  /** In words, for messages. */
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
const share: Field = {
  what: "a share, 0 … 1",
  is: (value) => typeof value === "number" && value >= 0 && value <= 1,
  optional: true,
};

/** What each field of a record must be; those of other libraries' runners may lack what is optional here. */
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
  rss_mb: quantity,
  top1: share,
  top5: share,
  params: quantity,
  macs: quantity,
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
  at: { ...text, optional: true },
};

/** A value and the line of the text that it begins in, from 1. */
interface Placed {
  readonly value: unknown;
  readonly line: number;
}

/** The records of a whole JSON document; nothing where the text is not one. */
function parseDocument(text: string): Placed[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // Not one document: lines.
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
  let [inside, expectsElement] = [key === undefined, true];
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|\n|[[\]{},]|[^\s"[\]{},:]+/g)) {
    if (token === "\n") {
      line++;
      continue;
    }
    if (inside && depth === arrayDepth && expectsElement && token !== "]") {
      lines.push(line);
      expectsElement = false;
    }
    if (token === "[" || token === "{") {
      depth++;
      if (inside && depth === arrayDepth) [lines, expectsElement] = [[], true];
    } else if (token === "]" || token === "}") depth--;
    else if (token === "," && depth === arrayDepth) expectsElement = true;
    else if (key !== undefined && depth === 1 && token.startsWith('"'))
      inside = JSON.parse(token) === key;
  }
  return lines;
}

function parseLines(text: string, name: string): Placed[] {
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
  // Nested without end, a value is no text that JSON would write.
  const json = isObject(value)
    ? "an object"
    : Array.isArray(value)
      ? "a list"
      : JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
