// What a queue holds: cells that are measured on one machine, and what came of them.
import { createHash } from "node:crypto";
import { CajalError, checkOptions } from "@cajal/core";
import { type Cell, keyOf, type MeasureOptions } from "../cells";
import { parseJob } from "../job";
import { type BenchRecord, parseRecords } from "../record";

export interface GroupJob {
  readonly cells: readonly Cell[];
  readonly options: Pick<MeasureOptions, "rounds" | "seconds" | "budget" | "seed">;
}

/** What the worker says while it measures. */
export interface GroupProgress {
  readonly host: string;
  readonly note: string;
}

/** The same for the same work, so that it is queued once, whoever asks for it. */
export const idOf = (job: GroupJob): string =>
  createHash("sha256").update(JSON.stringify(job)).digest("hex").slice(0, 32);

/** @throws CajalError `bad-argument`, `unknown-option` for what is no such job */
export function parseGroupJob(data: unknown): GroupJob {
  checkOptions("a queue's job", data as object, ["cells", "options"]);
  const { cells, options } = data as GroupJob;
  if (!Array.isArray(cells) || cells.length === 0)
    throw new CajalError("bad-argument", "a queue's job: expected cells, at least one.");
  for (const cell of cells) {
    checkOptions("a queue's cell", cell as object, ["suite", "job", "facts", "turns", "patience"]);
    parseJob(JSON.stringify(cell.job ?? null));
  }
  checkOptions("a queue's job", options, {
    rounds: { least: 1 },
    seconds: { least: 0 },
    budget: { least: 0 },
    seed: { whole: true },
  });
  return data as GroupJob;
}

/** The records that a worker gave. @throws CajalError `bad-argument` where they are not those of the job's cells */
export function parseGroupRecords(
  { cells }: GroupJob,
  value: unknown,
  from: string,
): BenchRecord[] {
  const lines = (Array.isArray(value) ? value : [value]).map((record) => JSON.stringify(record));
  const records = parseRecords(lines.join("\n"), from);
  const expected = new Set(cells.map(keyOf));
  const covered = new Set(records.map(({ cell }) => cell ?? ""));
  if (covered.size !== expected.size || [...covered].some((cell) => !expected.has(cell)))
    throw new CajalError(
      "bad-argument",
      `${from}: got records of ${[...covered].join(", ") || "nothing"}, expected those of ${[...expected].join(", ")}.`,
    );
  return records;
}
