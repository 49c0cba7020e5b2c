// The predict times of a model, by batch and place: what the report's bars, table and ratios show.
import type { BenchRecord } from "../measure/record";

export interface PlaceTimes {
  engine: string;
  device: string;
  median_ms: number;
  p90_ms: number;
}

/** Batches ascending, places fastest first. */
export function places(
  records: readonly BenchRecord[],
  model: string,
): { batch: number; rows: PlaceTimes[] }[] {
  const groups = new Map<number, PlaceTimes[]>();
  for (const record of records) {
    if (record.phase !== "predict" || record.model !== model) continue;
    const { engine, device, batch, median_ms, p90_ms = median_ms } = record;
    if (median_ms === undefined || p90_ms === undefined) continue;
    const rows = groups.get(batch) ?? [];
    groups.set(batch, rows);
    rows.push({ engine, device, median_ms, p90_ms });
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([batch, rows]) => ({ batch, rows: rows.sort((a, b) => a.median_ms - b.median_ms) }));
}
