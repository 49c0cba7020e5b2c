// Logs of training events as files: JSON lines and comma-separated values.
import { CajalError } from "@cajal/core";
import { ioErrors } from "@cajal/files/node";
import { closeSync, constants, mkdirSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { numbersOf, type EventLog } from "./logged";

/**
 * One JSON object a line for every event: `type`, `epoch`, `step`, the numbers, and `at` (ISO 8601). Lines
 * are appended to an existing file: a resumed run continues its log, beginning with another `start`.
 */
export function jsonl(path: string): EventLog {
  return lines(path, (event) => {
    const { type } = event;
    const positionFields = {
      ...("epoch" in event && { epoch: event.epoch }),
      step: event.step,
    };
    const runFields =
      event.type === "start"
        ? { engine: event.engine, device: event.device, epochs: event.epochs }
        : {};
    const checkpointFields = event.type === "checkpoint" ? { path: event.path } : {};
    const at = new Date().toISOString();
    return JSON.stringify({
      type,
      ...positionFields,
      ...runFields,
      ...checkpointFields,
      ...numbersOf(event),
      at,
    });
  });
}

/**
 * One row an epoch, with a header: `epoch,step,loss,…`. For spreadsheets. Rows are appended to an
 * existing file, which must have the same columns.
 *
 * @throws CajalError `bad-file` where an existing file has other columns; it stays as it is
 */
export function csv(path: string): EventLog {
  let columns: readonly string[] | undefined;
  return lines(path, (event, existingHeader) => {
    if (event.type !== "epoch") return undefined;
    const { epoch, step } = event;
    const row: Readonly<Record<string, number>> = { epoch, step, ...numbersOf(event) };
    const values = (names: readonly string[]) =>
      names.map((name) => (Object.hasOwn(row, name) ? row[name] : "")).join();
    if (columns) return values(columns);
    columns = Object.keys(row);
    const header = columns.map(quote).join();
    if (existingHeader === undefined) return `${header}\n${values(columns)}`;
    if (existingHeader !== header)
      throw new CajalError(
        "bad-file",
        `${path}: its first line is ${JSON.stringify(existingHeader)}, expected ${JSON.stringify(header)}, the columns of this run. Give the log another name.`,
        { path, got: existingHeader, expected: header },
      );
    return values(columns);
  });
}

/** RFC 4180: names with commas, quotes or line breaks stand in quotes. */
const quote = (name: string) => (/[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** A file of lines, opened at the first event; each line is written at once. */
function lines(
  path: string,
  line: (
    event: Parameters<EventLog["write"]>[0],
    /** The first line of a file that existed before. */
    existingHeader: string | undefined,
  ) => string | undefined,
): EventLog {
  let file: number | undefined;
  let existing: ExistingFile | undefined;
  return {
    write: (event) =>
      ioErrors("writing", path, () => {
        existing ??= readExisting(path);
        const text = line(event, existing.firstLine);
        // At the first event, so that a path that cannot be written fails before the first epoch is computed.
        if (file === undefined) {
          mkdirSync(dirname(path), { recursive: true });
          file = openSync(path, flagsFor(path));
          if (existing.isCutOff) writeSync(file, "\n");
        }
        if (text !== undefined) writeSync(file, `${text}\n`);
      }),
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
      existing = undefined;
    },
  };
}

/** Opening a pipe without a reader would block the process until there is one: such a pipe is refused. */
function flagsFor(path: string): number | string {
  if (!statSync(path, { throwIfNoEntry: false })?.isFIFO()) return "a";
  return constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;
}

interface ExistingFile {
  /** The first line, of a file that has one. */
  readonly firstLine: string | undefined;
  /** Whether its last line has no line break, as when the process was killed. */
  readonly isCutOff: boolean;
}

function readExisting(path: string): ExistingFile {
  const empty = { firstLine: undefined, isCutOff: false };
  const stats = statSync(path, { throwIfNoEntry: false });
  // A pipe has no beginning to read.
  if (!stats?.isFile() || stats.size === 0) return empty;
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(Math.min(stats.size, 1 << 16));
    readSync(file, bytes, 0, bytes.length, 0);
    const lastByte = new Uint8Array(1);
    readSync(file, lastByte, 0, 1, stats.size - 1);
    const [first] = new TextDecoder().decode(bytes).split(/\r?\n/, 1);
    return { firstLine: first, isCutOff: lastByte[0] !== 10 };
  } finally {
    closeSync(file);
  }
}
