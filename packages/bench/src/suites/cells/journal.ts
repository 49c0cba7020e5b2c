// Stores records on disk as they arrive, one JSON line each, so that a killed run can resume.
import { existsSync } from "node:fs";
import { mkdir, open, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { CajalError } from "@cajal/core";
import { checkWritable, ioErrors, writeWhole } from "@cajal/files/node";
import { type BenchRecord, parseRecords } from "../../measure/record";

export const journalName = "records.jsonl";

export interface Journal {
  /** The stored records, in order. */
  readonly records: readonly BenchRecord[];
  /** Adds the records of one measurement, atomically. */
  add(records: readonly BenchRecord[]): Promise<void>;
}

/**
 * Opens the journal of a folder.
 *
 * @param options.suite whose records it may hold; `settings`: those with which they were measured
 * @throws CajalError `bad-argument` where it is another run's: of another suite, seed or settings; `io`, `bad-file`
 */
export async function openJournal(
  folder: string | undefined,
  { suite, seed, settings = {}, fresh = false }: Pick<BenchRecord, "suite" | "seed" | "settings"> & { fresh?: boolean }, // prettier-ignore
): Promise<Journal> {
  if (folder === undefined) return { records: [], add: async () => {} };
  const path = join(folder, journalName);
  await ioErrors("writing", folder, () => mkdir(folder, { recursive: true }));
  // A link is kept; a pipe is refused, because reading it would not end.
  await checkWritable(path);
  if (fresh && existsSync(path)) await writeWhole(path, "");
  const text = existsSync(path) ? await ioErrors("reading", path, () => readFile(path, "utf8")) : ""; // prettier-ignore
  const completeText = completeLines(text);
  if (completeText.length < text.length) await ioErrors("writing", path, () => truncate(path, Buffer.byteLength(completeText))); // prettier-ignore
  const records = completeText === "" ? [] : parseRecords(completeText, path);
  const other = records.find((record) => record.suite !== suite || record.seed !== seed);
  if (other !== undefined)
    throw new CajalError(
      "bad-argument",
      `${path} holds records of suite ${other.suite}, seed ${other.seed}; this is suite ${suite}, seed ${seed}. Choose another --out, or --fresh to begin anew.`,
      { path, suite: other.suite, seed: other.seed },
    );
  const changed = records.find((record) => optionsOf(record.settings) !== optionsOf(settings));
  if (changed !== undefined)
    throw new CajalError(
      "bad-argument",
      `${path} holds records that were measured ${optionsOf(changed.settings)}; this run is ${optionsOf(settings)}. Choose another --out, or --fresh to begin anew.`,
      { path, settings: changed.settings },
    );
  return {
    records,
    async add(more) {
      const lines = more.map((record) => `${JSON.stringify(record)}\n`).join("");
      await ioErrors("writing", path, async () => {
        const file = await open(path, "a");
        const { size } = await file.stat();
        try {
          await file.appendFile(lines);
          // Flushed to disk, as a machine may be switched off.
          await file.datasync();
        } catch (error) {
          // Some records of a measurement would pass for all: a disk may fill up between two.
          await file.truncate(size).catch(() => {});
          throw error;
        } finally {
          await file.close();
        }
      });
    },
  };
}

/** A process that was killed while writing leaves an incomplete line. */
export const completeLines = (text: string): string => text.slice(0, text.lastIndexOf("\n") + 1);

/** `with --data images --examples 500`: settings as they are typed. */
export const optionsOf = (settings: BenchRecord["settings"] = {}): string =>
  Object.keys(settings).length === 0
    ? "without options"
    : `with ${Object.entries(settings).map(([name, value]) => `--${name} ${value}`).join(" ")}`; // prettier-ignore
