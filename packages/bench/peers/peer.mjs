// This library as one peer of a harness that speaks the worker protocol of src/measure/workers.ts:
//   node peer.mjs WORKLOAD [engine] [device]
// T1 … T4 train steps, I1-b1 … I2-b8 and I3-<network> predictions, as bench/workloads.mjs lists them.
// Settings: PEERS_THREADS (default 2), PEERS_WARMUP (default 2).
import { readFileSync } from "node:fs";
import { jobOf } from "./workloads.mjs";

const [workload, engine = "onnx", device = "cpu"] = process.argv.slice(2);
const { PEERS_THREADS: threads = 2, PEERS_WARMUP: warmup = 2 } = process.env;
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url)));
const job = {
  ...jobOf(workload),
  engine,
  device,
  threads: Number(threads),
  warmup: Number(warmup),
  labels: { workload, peer: `cajal-${engine}${device === "cpu" ? "" : `-${device}`}`, version },
};
// The command of the current sources, in this process.
process.argv = [process.execPath, "cajal", "worker", JSON.stringify(job)];
await import("../../../scripts/cajal.mjs");
