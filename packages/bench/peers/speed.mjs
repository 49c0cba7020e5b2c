// Ours beside PyTorch, Keras and plain ONNX Runtime on PyTorch's exports, in interleaved rounds:
//   npm run bench:speed -- [workloads, e.g. T1,T2,I1-b1,I3-vgg16] [--rounds 5] [--tfjs] [--json]
// PyTorch is found as $PYTHON, or python3, that imports torch and torchvision; without it ours is timed
// alone. Keras takes part where that Python imports keras and tensorflow. Exports are kept in
// $TMPDIR/cajal-exports.
// --device webgpu times ours there, and PyTorch on cuda, without TF32 and with it.
// --renew begins each worker anew for each round: where memory and threads come to lie makes a process as a whole slower or faster.
// --records table prints records of that suite, one JSON line each, for one report that holds all:
//   npm run -s bench:speed -- I1-b1,I3-vgg16 --records table > peers.jsonl; cajal merge cajal-table peers.jsonl
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { jobOf, workloads } from "./workloads.mjs";

const localPath = (path) => fileURLToPath(new URL(path, import.meta.url));
// Builds what is stale, and says nothing.
execFileSync(process.execPath, [localPath("../../../scripts/cajal.mjs"), "--version"]);
const { environment, host, median, openYardstick, p90, ratioOf, startWorker, takeTurns } =
  await import("../dist/index.js");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    tfjs: { type: "boolean", default: false },
    device: { type: "string", default: "cpu" },
    renew: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    records: { type: "string" },
  },
});
const names = positionals.length > 0 ? positionals.join(",").split(",") : Object.keys(workloads);

const python = [process.env.PYTHON, "python3"].find(
  (candidate) =>
    candidate !== undefined &&
    spawnSync(candidate, ["-c", "import torch, torchvision"]).status === 0,
);
if (python === undefined)
  console.error(
    "PyTorch is not here (no $PYTHON or python3 that imports torch and torchvision): ours is timed alone.",
  );

const keras =
  python !== undefined && spawnSync(python, ["-c", "import keras, tensorflow"]).status === 0;

/** What a timing is called in records: its engine, the device, and the package that computes. */
const engines = {
  ours: ["onnx", values.device, "onnxruntime-node"],
  "ours on tfjs": ["tfjs", values.device, "@tensorflow/tfjs-backend-webgpu"],
  "ours on tfjs wasm": ["tfjs", "wasm", "@tensorflow/tfjs-backend-wasm"],
  pytorch: ["pytorch", values.device === "cpu" ? "cpu" : "cuda", "torch"],
  "pytorch, TF32": ["pytorch, TF32", "cuda", "torch"],
  keras: ["keras", "cpu", "keras"],
  "onnxruntime, pytorch's export": ["onnxruntime", "cpu", "onnxruntime-node"],
};

const yardstick = await openYardstick();
for (const workload of names) {
  const contestants = [["ours", ours(workload)]];
  if (values.device === "webgpu") {
    contestants.push([
      "ours on tfjs",
      [process.execPath, localPath("peer.mjs"), workload, "tfjs", values.device],
    ]);
    for (const [name, tf32] of [
      ["pytorch", 0],
      ["pytorch, TF32", 1],
    ])
      // prettier-ignore
      if (python !== undefined)
        contestants.push([
          name,
          ["env", "PEERS_DEVICE=cuda", `PEERS_TF32=${tf32}`, python, localPath("torch_worker.py"), workload],
        ]);
  }
  if (values.tfjs)
    contestants.push([
      "ours on tfjs wasm",
      [process.execPath, localPath("peer.mjs"), workload, "tfjs", "wasm"],
    ]);
  if (python !== undefined && values.device === "cpu") {
    contestants.push(["pytorch", [python, localPath("torch_worker.py"), workload]]);
    if (keras && workload.startsWith("I"))
      contestants.push(["keras", [python, localPath("keras_worker.py"), workload]]);
    const file = workload.startsWith("I") ? exported(workload) : undefined;
    if (file !== undefined)
      contestants.push([
        "onnxruntime, pytorch's export",
        [process.execPath, localPath("ort_worker.mjs"), file],
      ]);
  }
  const workers = [];
  try {
    for (const [name, command] of contestants)
      try {
        workers.push(await startWorker(name, command));
      } catch (error) {
        console.error(`${workload}: ${error.message}`);
      }
    const commands = new Map(contestants);
    const begunAnew = async (worker) => {
      worker.stop();
      const next = await startWorker(worker.name, commands.get(worker.name));
      workers.push(next);
      // A third of a second, until it is compiled.
      await next.turn(Math.max(1, Math.round(333 / Math.max(next.warm, 0.1))));
      return next;
    };
    const renewing = values.renew && { renew: begunAnew };
    const turns = takeTurns(workers.slice(), {
      rounds: Number(values.rounds),
      yardstick,
      ...renewing,
    });
    let turn = await turns.next();
    while (!turn.done) turn = await turns.next();
    report(workload, turn.value);
  } finally {
    for (const worker of workers) worker.stop();
  }
}
yardstick.stop();

/** The steps of the course are of networks, losses and turns that a worker's job does not state. */
function ours(workload) {
  const { model, batch } = jobOf(workload);
  const command = ["unet", "lstm", "dcgan", "gru"].includes(model)
    ? [
        localPath("../../../scripts/run-source.mjs"),
        localPath("../../train/bench/stepWorker.ts"),
        model,
        String(batch),
      ]
    : [localPath("peer.mjs"), workload, "onnx"];
  return [process.execPath, ...command, values.device];
}

function exported(workload) {
  const folder = join(tmpdir(), "cajal-exports");
  const file = join(folder, `${workload}.onnx`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync(
    python,
    [localPath("torch_worker.py"), workload, `${file}.tmp`],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) {
    console.error(`${workload}: PyTorch could not export it: ${stderr.trim().split("\n").at(-1)}`);
    return undefined;
  }
  renameSync(`${file}.tmp`, file);
  return file;
}

function report(workload, timings) {
  const [ours] = timings;
  for (const timing of timings) {
    const { name, n, rss_mb, times_ms, version, error } = timing;
    if (error !== undefined) {
      console.error(`${workload}, ${name}: ${error.message}`);
      continue;
    }
    if (values.records !== undefined) {
      console.log(JSON.stringify(recordOf(workload, timing)));
      continue;
    }
    const line = {
      workload,
      name,
      version,
      n,
      median_ms: Number(median(times_ms).toPrecision(5)),
      p90_ms: Number(p90(times_ms).toPrecision(5)),
      rss_mb,
      // Ours over this one's, the median of the rounds' ratios: below 1 is faster.
      ours_over: Number(ratioOf(ours, timing).toFixed(3)),
    };
    console.log(
      values.json
        ? JSON.stringify(line)
        : `${workload.padEnd(14)} ${name.padEnd(30)} ${String(line.median_ms).padStart(9)} ms  p90 ${String(line.p90_ms).padStart(9)} ms  ${String(rss_mb).padStart(5)} MB  ours / this ${line.ours_over}`,
    );
  }
}

function recordOf(workload, { name, n, rss_mb, times_ms, rounds_ms, paces, dirty, version }) {
  const { phase, model, batch } = jobOf(workload);
  const [engine, device, peer] = engines[name];
  const figures = (value) => Number(value.toPrecision(5));
  return {
    suite: values.records,
    model,
    phase,
    engine,
    device,
    batch,
    n,
    median_ms: figures(median(times_ms)),
    p90_ms: figures(p90(times_ms)),
    rounds_ms: rounds_ms.map(figures),
    rounds_arithmetic_ms: paces.map(({ arithmetic_ms }) => figures(arithmetic_ms)),
    rounds_memory_ms: paces.map(({ memory_ms }) => figures(memory_ms)),
    ...(dirty > 0 && { dirty_rounds: dirty }),
    rss_mb,
    seed: 0,
    versions: name.startsWith("ours")
      ? { node: process.versions.node, "@cajal/bench": version, [peer]: installedVersion(peer) }
      : { node: process.versions.node, [peer]: version ?? installedVersion(peer) },
    host: host(),
    at: new Date().toISOString(),
    environment: environment(),
  };
}

function installedVersion(name) {
  const [path] = createRequire(import.meta.url)
    .resolve.paths(name)
    .map((folder) => join(folder, name, "package.json"))
    .filter(existsSync);
  return path === undefined ? "unknown" : JSON.parse(readFileSync(path, "utf8")).version;
}
