// The records of a run, as calls name it.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type BenchRecord, parseRecords } from "../../measure/record";
import { readInput } from "../../readInput";
import { completeLines, journalName } from "../../suites/cells/journal";

/**
 * @param path a report, records as JSON lines or an array, or the folder of a run: of one that was killed while it wrote
 *   a record, those before
 * @throws CajalError `bad-argument` where it cannot be read; `bad-file`
 */
export async function readRun(path: string): Promise<BenchRecord[]> {
  if (!existsSync(path) || !statSync(path).isDirectory())
    return parseRecords(new TextDecoder().decode(await readInput(path)), path);
  const journal = join(path, journalName);
  // The default suite stores no record before its report.
  const file = existsSync(journal) ? journal : join(path, "report.json");
  const text = new TextDecoder().decode(await readInput(file));
  return parseRecords(file === journal ? completeLines(text) : text, file);
}
