// Plain ONNX Runtime on an ONNX file, speaking the worker protocol: node ort_worker.mjs FILE.onnx
// This is what our runtime is measured against: the same engine with somebody else's graph.
import { createInterface } from "node:readline";

process.env.ORT_DISABLE_TELEMETRY ??= "1";
const { default: ort } = await import("onnxruntime-node");

const [path] = process.argv.slice(2);
const session = await ort.InferenceSession.create(path, {
  executionProviders: ["cpu"],
  intraOpNumThreads: Number(process.env.PEERS_THREADS ?? 2),
});
const [{ name, shape }] = session.inputMetadata;
const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, Math.random);
const feeds = { [name]: new ort.Tensor("float32", x, shape) };

const timeStep = async () => {
  const startTime = performance.now();
  await session.run(feeds);
  return performance.now() - startTime;
};
const writeLine = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);

writeLine({ ready: true, best_warm_ms: Math.min(await timeStep(), await timeStep()) });
for await (const line of createInterface({ input: process.stdin })) {
  const times = [];
  for (let i = 0; i < Number(line); i++) times.push(await timeStep());
  times.sort((a, b) => a - b);
  const middle = (times[times.length >> 1] + times[(times.length - 1) >> 1]) / 2;
  const rss_mb = Math.round(process.resourceUsage().maxRSS / 1024);
  writeLine({
    median_ms: middle,
    n: times.length,
    rss_mb,
    times_ms: times,
    version: ort.env.versions.node,
  });
}
