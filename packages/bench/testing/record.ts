import type { BenchRecord } from "../src/measure/record";

/** A record for tests of what reads records. */
export const recordWith = (fields: Partial<BenchRecord> = {}): BenchRecord => ({
  suite: "speed",
  model: "lenet5",
  phase: "predict",
  engine: "onnx",
  device: "cpu",
  batch: 1,
  n: 100,
  seed: 42,
  versions: {},
  host: "a machine",
  at: "2026-01-01T00:00:00.000Z",
  ...fields,
});
