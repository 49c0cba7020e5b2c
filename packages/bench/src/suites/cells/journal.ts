// Records on disk as they come, one JSON line each: what a killed run goes on from.
import { existsSync } from "node:fs";
import { mkdir, open, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { CajalError } from "@cajal/core";
import { checkWritable, ioErrors, writeWhole } from "@cajal/files/node";
import { type BenchRecord, parseRecords } from "../../measure/record";

export const journalName = "records.jsonl";

export interface Journal {
  /** What is there already, in the order in which it came. */
  readonly records: readonly BenchRecord[];
  /** Adds all that came of one measurement, whole or not at all. */
  add(records: readonly BenchRecord[]): Promise<void>;
}

/**
 * Opens the journal of a folder.
 *
 * @param options.suite whose records it may hold
 * @throws CajalError `bad-argument` where it is another run's: of another suite or seed; `io`, `bad-file`
 */
export async function openJournal(
  folder: string | undefined,
  { suite, seed, fresh = false }: { suite: string; seed: number; fresh?: boolean },
): Promise<Journal> {
  if (folder === undefined) return { records: [], add: async () => {} };
  const path = join(folder, journalName);
  await ioErrors("writing", folder, () => mkdir(folder, { recursive: true }));
  // A link stays, and a pipe would be read for ever.
  await checkWritable(path);
  if (fresh && existsSync(path)) await writeWhole(path, "");
  const text = existsSync(path) ? await ioErrors("reading", path, () => readFile(path, "utf8")) : ""; // prettier-ignore
  // A process that was killed while it wrote left a line without an end.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) await ioErrors("writing", path, () => truncate(path, Buffer.byteLength(whole))); // prettier-ignore
  const records = whole === "" ? [] : parseRecords(whole, path);
  const other = records.find((record) => record.suite !== suite || record.seed !== seed);
  if (other !== undefined)
    throw new CajalError(
      "bad-argument",
      `${path} holds records of suite ${other.suite}, seed ${other.seed}; this is suite ${suite}, seed ${seed}. Choose another --out, or --fresh to begin anew.`,
      { path, suite: other.suite, seed: other.seed },
    );
  return {
    records,
    async add(more) {
      const lines = more.map((record) => `${JSON.stringify(record)}\n`).join("");
      await ioErrors("writing", path, async () => {
        const file = await open(path, "a");
        try {
          await file.appendFile(lines);
          // On disk, not only with the system: a machine may be taken away.
          await file.datasync();
        } finally {
          await file.close();
        }
      });
    },
  };
}
