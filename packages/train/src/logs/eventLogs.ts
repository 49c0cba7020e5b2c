// Logs of training events as files: JSON lines and comma-separated values.
import { ioErrors } from "@cajal/files/node";
import { mkdirSync, closeSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { numbersOf, type EventLog } from "./logged";

/** One JSON object a line for every event: `type`, `epoch`, `step`, the numbers, and `at` (ISO 8601). */
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

/** One row an epoch, with a header: `epoch,step,loss,…`. For spreadsheets. */
export function csv(path: string): EventLog {
  let columns: readonly string[] | undefined;
  return lines(path, (event) => {
    if (event.type !== "epoch") return undefined;
    const { epoch, step } = event;
    const row: Readonly<Record<string, number>> = { epoch, step, ...numbersOf(event) };
    const values = () => columns!.map((name) => row[name] ?? "").join();
    if (columns) return values();
    columns = Object.keys(row);
    return `${columns.map(quoted).join()}\n${values()}`;
  });
}

/** RFC 4180: names with commas, quotes or line breaks stand in quotes. */
const quoted = (name: string) => (/[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** A new file of lines, made at the first one; each is in the file as soon as it is written. */
function lines(
  path: string,
  line: (event: Parameters<EventLog["write"]>[0]) => string | undefined,
): EventLog {
  let file: number | undefined;
  return {
    write: (event) =>
      ioErrors("writing", path, () => {
        const text = line(event);
        if (text === undefined) return;
        if (file === undefined) {
          mkdirSync(dirname(path), { recursive: true });
          file = openSync(path, "w");
        }
        writeSync(file, `${text}\n`);
      }),
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
