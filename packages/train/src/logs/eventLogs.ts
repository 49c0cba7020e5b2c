// Logs of training events as files: JSON lines and comma-separated values.
import { CajalError } from "@cajal/core";
import { ioErrors } from "@cajal/files/node";
import { closeSync, constants, mkdirSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { numbersOf, type EventLog } from "./logged";

/**
 * One JSON object a line for every event: `type`, `epoch`, `step`, the numbers, and `at` (ISO 8601). Lines
 * are added to a file that is there: a resumed run appends to its log, beginning with another `start`.
 */
export function jsonl(path: string): EventLog {
  return lines(path, (event) => {
    const { type } = event;
    const where = {
      ...("epoch" in event && { epoch: event.epoch }),
      step: event.step,
    };
    const run =
      event.type === "start"
        ? { engine: event.engine, device: event.device, epochs: event.epochs }
        : {};
    const saved = event.type === "checkpoint" ? { path: event.path } : {};
    const at = new Date().toISOString();
    return JSON.stringify({ type, ...where, ...run, ...saved, ...numbersOf(event), at });
  });
}

/**
 * One row an epoch, with a header: `epoch,step,loss,…`. For spreadsheets. Rows are added to a file that is
 * there, which must have the same columns.
 *
 * @throws CajalError `bad-file` where the file that is there has other columns; it stays as it is
 */
export function csv(path: string): EventLog {
  let columns: readonly string[] | undefined;
  return lines(path, (event, there) => {
    if (event.type !== "epoch") return undefined;
    const { epoch, step } = event;
    const row: Readonly<Record<string, number>> = { epoch, step, ...numbersOf(event) };
    const values = () => columns!.map((name) => (Object.hasOwn(row, name) ? row[name] : "")).join();
    if (columns) return values();
    columns = Object.keys(row);
    const header = columns.map(quoted).join();
    if (there === undefined) return `${header}\n${values()}`;
    if (there !== header)
      throw new CajalError(
        "bad-file",
        `${path}: its first line is ${JSON.stringify(there)}, expected ${JSON.stringify(header)}, the columns of this run. Give the log another name.`,
        { path, got: there, expected: header },
      );
    return values();
  });
}

/** RFC 4180: names with commas, quotes or line breaks stand in quotes. */
const quoted = (name: string) => (/[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** A file of lines, opened at the first one; each is in the file as soon as it is written. */
function lines(
  path: string,
  line: (
    event: Parameters<EventLog["write"]>[0],
    /** The first line of a file that was there. */
    there: string | undefined,
  ) => string | undefined,
): EventLog {
  let file: number | undefined;
  let start: Start | undefined;
  return {
    write: (event) =>
      ioErrors("writing", path, () => {
        start ??= startOf(path);
        const text = line(event, start.first);
        // At the first event, for what cannot be written is told before the first epoch is computed.
        if (file === undefined) {
          mkdirSync(dirname(path), { recursive: true });
          file = openSync(path, flagsFor(path));
          if (start.cutOff) writeSync(file, "\n");
        }
        if (text !== undefined) writeSync(file, `${text}\n`);
      }),
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
      start = undefined;
    },
  };
}

/** To open a pipe that nobody reads would wait for a reader, and stop the process. */
function flagsFor(path: string): number | string {
  if (!statSync(path, { throwIfNoEntry: false })?.isFIFO()) return "a";
  return constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;
}

interface Start {
  /** The first line, of a file that has one. */
  readonly first: string | undefined;
  /** Whether its last line has no end, as of a process that was killed. */
  readonly cutOff: boolean;
}

function startOf(path: string): Start {
  const none = { first: undefined, cutOff: false };
  const about = statSync(path, { throwIfNoEntry: false });
  // A pipe has no beginning to look at.
  if (!about?.isFile() || about.size === 0) return none;
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(Math.min(about.size, 1 << 16));
    readSync(file, bytes, 0, bytes.length, 0);
    const last = new Uint8Array(1);
    readSync(file, last, 0, 1, about.size - 1);
    const [first] = new TextDecoder().decode(bytes).split(/\r?\n/, 1);
    return { first, cutOff: last[0] !== 10 };
  } finally {
    closeSync(file);
  }
}
