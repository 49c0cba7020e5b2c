// Merges the records of several runs.
import type { BenchRecord } from "./record";
import { identityOf } from "./record";

/**
 * Keeps one record per measurement: the latest, and a number rather than a failure. Merging is idempotent.
 *
 * @returns in the order of the first record of each
 */
export function mergeRecords(records: readonly BenchRecord[]): BenchRecord[] {
  const recordsById = new Map<string, BenchRecord>();
  for (const record of records) {
    const key = identityOf(record);
    const other = recordsById.get(key);
    if (other === undefined || supersedes(record, other)) recordsById.set(key, record);
  }
  return [...recordsById.values()];
}

function supersedes(record: BenchRecord, other: BenchRecord): boolean {
  if ((record.failure === undefined) !== (other.failure === undefined))
    return record.failure === undefined;
  return (record.at ?? "") >= (other.at ?? "");
}
