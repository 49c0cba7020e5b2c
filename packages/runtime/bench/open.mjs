// What opening a network costs, in time and memory: random weights, one open, one image.
//   npm run build && node packages/runtime/bench/open.mjs [--engine onnx] [--device cpu] [--share] [resnet50 vgg19 …]
// --share reads large dense kernels in the caller's weights. Each run is a process of its own, three a network; the medians are printed. MB are 2^20 bytes.
// "cpu" is the processor time that opening took, which a busy machine does not stretch. "opened" is the
// process' resident memory after opening and one image, garbage collected, the caller's weights
// included; "let go" the same once the caller has dropped them; "peak" the most there ever was.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "onnx" },
    device: { type: "string", default: "auto" },
    share: { type: "boolean", default: false },
    child: { type: "boolean", default: false },
  },
});
const networks = positionals.length > 0 ? positionals : ["mobilenet", "resnet50", "vgg19"];

if (options.child) await measure(networks[0]);
else {
  const columns = {
    "initialize ms": "initialize",
    "open ms": "open",
    "open cpu ms": "cpu",
    "image ms": "image",
    "weights MB": "weights",
    "opened MB": "opened",
    "let go MB": "letGo",
    "peak MB": "peak",
  };
  const heads = ["network".padEnd(18), ...Object.keys(columns), "opened / weights"];
  console.log(heads.join("  "));
  for (const network of networks) {
    const runs = Array.from({ length: 3 }, () => run(network));
    const figures = Object.values(columns).map((key) => median(runs.map((each) => each[key])));
    const ratio = median(runs.map(({ opened, weights }) => opened / weights));
    const cells = [network, ...figures.map((figure) => figure.toFixed(0)), ratio.toFixed(2)];
    console.log(cells.map((cell, i) => cell.padEnd(heads[i].length)).join("  "));
  }
}

function run(network) {
  const { engine, device, share } = options;
  const args = ["--expose-gc", fileURLToPath(import.meta.url), "--child", "--engine", engine, "--device", device, ...(share ? ["--share"] : []), network]; // prettier-ignore
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function measure(network) {
  const models = await import("@cajal/models");
  const { initialize, open } = await import("@cajal/runtime");
  const { tensor } = await import("@cajal/core");
  const startTime = performance.now();
  const model = models[network]();
  let weights = initialize(model, { seed: 1 });
  const bytes = [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const initialized = performance.now();
  const startUsage = process.cpuUsage();
  const session = await open(model, weights, {
    engine: options.engine,
    device: options.device,
    shareKernels: options.share,
  });
  const { user, system } = process.cpuUsage(startUsage);
  const opened = performance.now();
  const x = tensor("float32", [1, ...session.inputs[0].shape.slice(1)]);
  await session.predict(x);
  const predicted = performance.now();
  const resident = await residentMb();
  weights = undefined;
  const figures = {
    initialize: initialized - startTime,
    open: opened - initialized,
    cpu: (user + system) / 1000,
    image: predicted - opened,
    weights: bytes / 2 ** 20,
    opened: resident,
    withoutWeights: await residentMb(),
    peak: process.resourceUsage().maxRSS / 2 ** 10,
  };
  console.log(JSON.stringify(figures));
  await session.dispose();
}

/** Resident MB once the collector has run, and what it freed was given back. */
async function residentMb() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return process.memoryUsage().rss / 2 ** 20;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
