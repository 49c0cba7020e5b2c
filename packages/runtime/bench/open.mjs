// What opening a network costs, in time and memory: random weights, one open, one image.
//   npm run build && node packages/runtime/bench/open.mjs [--engine onnx] [--device cpu] [resnet50 vgg19 …]
// Each run is a process of its own, three a network; the medians are printed. MB are 2^20 bytes.
// "weights" is the caller's copy; "opened" and "peak" are the process' resident memory after opening
// (its garbage collected) and at most, the caller's weights included.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "onnx" },
    device: { type: "string", default: "auto" },
    child: { type: "boolean", default: false },
  },
});
const networks = positionals.length > 0 ? positionals : ["mobilenet", "resnet50", "vgg19"];

if (options.child) await measure(networks[0]);
else {
  const columns = ["network", "initialize ms", "open ms", "image ms", "weights MB", "opened MB", "peak MB", "opened / weights"]; // prettier-ignore
  console.log(columns.join("  "));
  for (const network of networks) {
    const runs = Array.from({ length: 3 }, () => run(network));
    const [initialize, open, image, weights, opened, peak] = ["initialize", "open", "image", "weights", "opened", "peak"].map((key) => median(runs.map((each) => each[key]))); // prettier-ignore
    const cells = [network, ...[initialize, open, image, weights, opened, peak].map((n) => n.toFixed(0)), (opened / weights).toFixed(2)]; // prettier-ignore
    console.log(cells.map((cell, i) => cell.padEnd(columns[i].length)).join("  "));
  }
}

function run(network) {
  const { engine, device } = options;
  const args = ["--expose-gc", fileURLToPath(import.meta.url), "--child", "--engine", engine, "--device", device, network]; // prettier-ignore
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function measure(network) {
  const models = await import("@cajal/models");
  const { initialize, open } = await import("@cajal/runtime");
  const { tensor } = await import("@cajal/core");
  const begin = performance.now();
  const model = models[network]();
  const weights = initialize(model, { seed: 1 });
  const initialized = performance.now();
  const session = await open(model, weights, { engine: options.engine, device: options.device });
  const opened = performance.now();
  const shape = [1, ...session.inputs[0].shape.slice(1)];
  await session.predict(tensor("float32", shape));
  const predicted = performance.now();
  await new Promise((wake) => setTimeout(wake, 100));
  globalThis.gc();
  await new Promise((wake) => setTimeout(wake, 100));
  const bytes = [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const figures = {
    initialize: initialized - begin,
    open: opened - initialized,
    image: predicted - opened,
    weights: bytes / 2 ** 20,
    opened: process.memoryUsage().rss / 2 ** 20,
    peak: process.resourceUsage().maxRSS / 2 ** 10,
  };
  console.log(JSON.stringify(figures));
  await session.dispose();
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
