// What opening a network costs, in time and memory: random weights, one open, one image.
//   npm run build && node packages/runtime/bench/open.mjs [--engine onnx] [--device cpu] [--share] [resnet50 vgg19 …]
// "plain" is onnxruntime-node alone, which opens the same graph from one file; "of plain" the ratio of the peaks. The last
// column of times is the least of ten images.
// --share reads large dense kernels in the caller's weights. Each run is a process of its own, three a network; the medians are printed. MB are 2^20 bytes.
// "cpu" is the processor time that opening took, which a busy machine does not stretch. "opened" is the
// process' resident memory after opening and one image, garbage collected, the caller's weights
// included; "let go" the same once the caller has dropped them; "peak" the most there ever was.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "onnx" },
    device: { type: "string", default: "auto" },
    share: { type: "boolean", default: false },
    child: { type: "boolean", default: false },
    plain: { type: "string" }, // of a child: the file to open
    write: { type: "string" }, // of a child: the file to write
  },
});
const networks = positionals.length > 0 ? positionals : ["mobilenet", "resnet50", "vgg19"];

if (options.write) await write(networks[0], options.write);
else if (options.plain) await measurePlain(options.plain);
else if (options.child) await measure(networks[0]);
else {
  const folder = mkdtempSync(join(tmpdir(), "cajal-open-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const columns = {
    "initialize ms": "initialize",
    "open ms": "open",
    "open cpu ms": "cpu",
    "first image ms": "image",
    "image ms": "least",
    "weights MB": "weights",
    "opened MB": "opened",
    "let go MB": "letGo",
    "peak MB": "peak",
  };
  const heads = ["network".padEnd(26), ...Object.keys(columns), "of plain"];
  console.log(heads.join("  "));
  const show = (name, runs, plainPeak) => {
    const figures = Object.values(columns).map((key) => median(runs.map((each) => each[key])));
    const peak = median(runs.map((each) => each.peak));
    const cells = [
      name,
      ...figures.map((figure) =>
        figure === undefined ? "" : figure.toFixed(figure < 100 ? 1 : 0),
      ),
      (peak / plainPeak).toFixed(2),
    ];
    console.log(cells.map((cell, i) => cell.padEnd(heads[i].length)).join("  "));
  };
  const { engine, device, share } = options;
  const own = ["--child", "--engine", engine, "--device", device, ...(share ? ["--share"] : [])];
  for (const network of networks) {
    const file = join(folder, `${network}.onnx`);
    run(["--write", file, network]);
    // In turns.
    const rounds = Array.from({ length: 3 }, () => [
      run(["--plain", file]),
      run([...own, network]),
    ]);
    const plain = rounds.map(([each]) => each);
    const plainPeak = median(plain.map(({ peak }) => peak));
    show(`${network}, plain`, plain, plainPeak);
    show(network, rounds.map(([, each]) => each), plainPeak); // prettier-ignore
    rmSync(file);
  }
}

function run(args) {
  const program = ["--expose-gc", fileURLToPath(import.meta.url), ...args];
  const { stdout, stderr, status } = spawnSync(process.execPath, program, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout && JSON.parse(stdout);
}

async function write(network, file) {
  const models = await import("@cajal/models");
  const { initialize } = await import("@cajal/runtime");
  const { writeModel } = await import("@cajal/onnx/node");
  const model = models[network]();
  await writeModel(file, models.toOnnx(model, initialize(model, { seed: 1 })));
}

/** Times ten images, and the first. */
async function timeImages(predict) {
  const times = [];
  for (let i = 0; i < 11; i++) {
    const start = performance.now();
    await predict();
    times.push(performance.now() - start);
  }
  return { image: times[0], least: Math.min(...times) };
}

async function measurePlain(file) {
  const { default: ort } = await import("onnxruntime-node");
  const start = performance.now();
  const startUsage = process.cpuUsage();
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
  const { user, system } = process.cpuUsage(startUsage);
  const opened = performance.now();
  const [input] = session.inputMetadata;
  const shape = [1, ...input.shape.slice(1)];
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const x = { [input.name]: new ort.Tensor("float32", data, shape) };
  const images = await timeImages(() => session.run(x));
  console.log(
    JSON.stringify({
      open: opened - start,
      cpu: (user + system) / 1000,
      ...images,
      opened: await residentMb(),
      peak: process.resourceUsage().maxRSS / 2 ** 10,
    }),
  );
}

async function measure(network) {
  const models = await import("@cajal/models");
  const { initialize, open } = await import("@cajal/runtime");
  const { tensor } = await import("@cajal/core");
  // Before the clock starts, as it is for the plain one.
  if (options.engine === "onnx") await import("onnxruntime-node");
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
  const images = await timeImages(() => session.predict(x));
  const resident = await residentMb();
  weights = undefined;
  const figures = {
    initialize: initialized - startTime,
    open: opened - initialized,
    cpu: (user + system) / 1000,
    ...images,
    weights: bytes / 2 ** 20,
    opened: resident,
    letGo: await residentMb(),
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
