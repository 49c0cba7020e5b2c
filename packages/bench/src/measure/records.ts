// Records of several runs as those of one.
import type { BenchRecord } from "./record";
import { identityOf } from "./record";

/**
 * Each measurement once: of several records of one measurement the latest counts, and one with a number rather than
 * one of a failure. So merging twice, or a cell that two workers have computed, changes nothing.
 *
 * @returns in the order of the first record of each
 */
export function mergeRecords(records: readonly BenchRecord[]): BenchRecord[] {
  const merged = new Map<string, BenchRecord>();
  for (const record of records) {
    const key = identityOf(record);
    const other = merged.get(key);
    if (other === undefined || supersedes(record, other)) merged.set(key, record);
  }
  return [...merged.values()];
}

function supersedes(record: BenchRecord, other: BenchRecord): boolean {
  if ((record.failure === undefined) !== (other.failure === undefined))
    return record.failure === undefined;
  return (record.at ?? "") >= (other.at ?? "");
}
