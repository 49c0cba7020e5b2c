// Times every formulation of a convolution's gradients on the shapes of the networks that matter, to
// choose between them in src/gradients/shared/{image,kernel}Gradient.ts.
//   node scripts/run-source.mjs packages/onnx/bench/convolutionGradient.ts kernel|image [name filter] [--rounds 5] [--device webgpu|wasm]
// Prints one line a shape: milliseconds of each formulation (least of interleaved rounds), the
// best one, and the one that is chosen for that shape. On webgpu arrays stay on the device, and a time is a
// twentieth of that of twenty runs. THREADS=1 takes the processor's time, which other programs do not lengthen.
import type { InferenceSession, Tensor } from "onnxruntime-common";
import type { Convolution } from "../src/graph/convolution";
import { encodeModel, fillChannels, GraphBuilder, reduceInSteps, type OnnxModel, type Value } from "../src/index"; // prettier-ignore
import { foldsStrides } from "../src/graph/foldedStrides";
import { chooseImageGradient, imageGradients } from "../src/gradients/shared/imageGradient";
import { chooseKernelGradient, kernelGradients } from "../src/gradients/shared/kernelGradient";

process.env["ORT_DISABLE_TELEMETRY"] ??= "1";

/** Batch, channels, side, maps, kernel, stride, group, pad at the beginning, pad at the end. */
type Shape = readonly [number, number, number, number, number, number, number, number, number];

const shapes: Record<string, Shape> = {
  "lenet conv1": [64, 1, 28, 6, 5, 1, 1, 2, 2],
  "lenet conv2": [64, 6, 14, 16, 5, 1, 1, 0, 0],
  "convnet 1": [64, 3, 32, 32, 3, 1, 1, 1, 1],
  "convnet 2": [64, 32, 32, 32, 3, 1, 1, 1, 1],
  "convnet 3": [64, 32, 16, 64, 3, 1, 1, 1, 1],
  "convnet 4": [64, 64, 16, 64, 3, 1, 1, 1, 1],
  "convnet 5": [64, 64, 8, 128, 3, 1, 1, 1, 1],
  "mobilenet 1": [8, 3, 224, 32, 3, 2, 1, 0, 1],
  "mobilenet dw 112": [8, 32, 112, 32, 3, 1, 32, 1, 1],
  "mobilenet dw 112/2": [8, 64, 112, 64, 3, 2, 64, 0, 1],
  "mobilenet dw 56": [8, 128, 56, 128, 3, 1, 128, 1, 1],
  "mobilenet dw 56/2": [8, 128, 56, 128, 3, 2, 128, 0, 1],
  "mobilenet dw 28": [8, 256, 28, 256, 3, 1, 256, 1, 1],
  "mobilenet dw 14": [8, 512, 14, 512, 3, 1, 512, 1, 1],
  "mobilenet dw 7": [8, 1024, 7, 1024, 3, 1, 1024, 1, 1],
  "mobilenet pw 112": [8, 32, 112, 64, 1, 1, 1, 0, 0],
  "mobilenet pw 56": [8, 128, 56, 128, 1, 1, 1, 0, 0],
  "mobilenet pw 28": [8, 256, 28, 256, 1, 1, 1, 0, 0],
  "mobilenet pw 14": [8, 512, 14, 512, 1, 1, 1, 0, 0],
  "mobilenet pw 7": [8, 1024, 7, 1024, 1, 1, 1, 0, 0],
  "mobilenet 96 1": [8, 3, 96, 32, 3, 2, 1, 0, 1],
  "mobilenet 96 dw 48": [8, 32, 48, 32, 3, 1, 32, 1, 1],
  "mobilenet 96 dw 48/2": [8, 64, 48, 64, 3, 2, 64, 0, 1],
  "mobilenet 96 dw 24": [8, 128, 24, 128, 3, 1, 128, 1, 1],
  "mobilenet 96 dw 6": [8, 512, 6, 512, 3, 1, 512, 1, 1],
  "mobilenet 96 pw 48": [8, 32, 48, 64, 1, 1, 1, 0, 0],
  "mobilenet 96 pw 6": [8, 512, 6, 512, 1, 1, 1, 0, 0],
  "inception 3x3/2": [8, 288, 35, 384, 3, 2, 1, 0, 0],
  "xception stem": [8, 3, 299, 32, 3, 2, 1, 0, 0],
  "inception 5x5": [8, 48, 35, 64, 5, 1, 1, 2, 2],
  "inception 1x7": [8, 128, 17, 128, 7, 1, 1, 3, 3],
  "resnet 1": [8, 3, 224, 64, 7, 2, 1, 3, 3],
  "resnet 3x3 56": [8, 64, 56, 64, 3, 1, 1, 1, 1],
  "resnet 3x3 28": [8, 128, 28, 128, 3, 1, 1, 1, 1],
  "resnet 3x3 14": [8, 256, 14, 256, 3, 1, 1, 1, 1],
  "resnet 3x3 7": [8, 512, 7, 512, 3, 1, 1, 1, 1],
  "resnet 1x1 56": [8, 64, 56, 256, 1, 1, 1, 0, 0],
  "resnet 1x1 56 back": [8, 256, 56, 64, 1, 1, 1, 0, 0],
  "resnet 1x1 56/2": [8, 256, 56, 128, 1, 2, 1, 0, 0],
  "resnet 1x1 28": [8, 128, 28, 512, 1, 1, 1, 0, 0],
  "resnet 1x1 14": [8, 256, 14, 1024, 1, 1, 1, 0, 0],
  "resnet 1x1 7": [8, 512, 7, 2048, 1, 1, 1, 0, 0],
  "conv 16 channels": [32, 16, 28, 32, 3, 1, 1, 1, 1],
  "conv 8 channels": [32, 8, 28, 32, 3, 1, 1, 1, 1],
  "conv 12 to 8": [32, 12, 28, 8, 3, 1, 1, 1, 1],
  "conv 64 to 8": [32, 64, 28, 8, 3, 1, 1, 1, 1],
  "dcgan 14": [64, 32, 14, 64, 4, 2, 1, 1, 1],
  "dcgan 28": [64, 1, 28, 32, 4, 2, 1, 1, 1],
  "small 1 to 32 at 28": [32, 1, 28, 32, 3, 1, 1, 0, 0],
  "small 1 to 8": [64, 1, 8, 8, 3, 1, 1, 1, 1],
  "small 1 to 16 at 64": [16, 1, 64, 16, 3, 1, 1, 1, 1],
  "small 3 to 16": [32, 3, 32, 16, 3, 1, 1, 1, 1],
  "small 3 to 16 at 64": [16, 3, 64, 16, 3, 1, 1, 1, 1],
  "small 4 to 16": [32, 4, 16, 16, 3, 1, 1, 1, 1],
  "small 6 to 16 5x5": [32, 6, 14, 16, 5, 1, 1, 0, 0],
  "small 8 to 16": [32, 8, 16, 16, 3, 1, 1, 1, 1],
  "small 8 to 16 at 28": [32, 8, 28, 16, 3, 1, 1, 1, 1],
  "small 8 to 8 at 7": [32, 8, 7, 8, 3, 1, 1, 1, 1],
  "small 16 to 16 at 7": [32, 16, 7, 16, 3, 1, 1, 1, 1],
  "small 16 to 16 at 14": [32, 16, 14, 16, 3, 1, 1, 1, 1],
  "small 16 to 32 at 14": [32, 16, 14, 32, 3, 1, 1, 1, 1],
  "small 16 to 16 at 32": [16, 16, 32, 16, 3, 1, 1, 1, 1],
  "small 24 to 24 at 14": [32, 24, 14, 24, 3, 1, 1, 1, 1],
  "small 24 to 24 at 28": [32, 24, 28, 24, 3, 1, 1, 1, 1],
  "small 8 to 32 at 14": [32, 8, 14, 32, 3, 1, 1, 1, 1],
  "small 8 to 8 at 14": [64, 8, 14, 8, 3, 1, 1, 1, 1],
  "small 4 to 8 at 8": [64, 4, 8, 8, 3, 1, 1, 1, 1],
  "small 2 to 8 at 8": [64, 2, 8, 8, 3, 1, 1, 1, 1],
  "small 16 to 16 at 56": [4, 16, 56, 16, 3, 1, 1, 1, 1],
  "small 16 to 32 5x5 at 12": [32, 16, 12, 32, 5, 1, 1, 0, 0],
  "small 16 to 32/2": [32, 16, 28, 32, 3, 2, 1, 0, 1],
  "small 3 to 32/2": [32, 3, 32, 32, 3, 2, 1, 0, 1],
  "small 8 to 16/2": [32, 8, 16, 16, 3, 2, 1, 0, 1],
  "unet up 32": [16, 16, 32, 32, 2, 2, 1, 0, 0],
  "unet up 16": [16, 32, 16, 64, 2, 2, 1, 0, 0],
  "resnet 1x1 7 back": [8, 2048, 7, 512, 1, 1, 1, 0, 0],
};

/** Milliseconds; on one thread those of the processor, which other programs do not lengthen. */
const threads = Number(process.env.THREADS ?? 2);
const clock = () =>
  threads === 1 ? (process.cpuUsage().user + process.cpuUsage().system) / 1000 : performance.now();

interface Subject {
  /** Each gives the gradient from dy and `other`: the image for that of the kernel, and the reverse. */
  readonly formulations: Readonly<
    Record<string, (g: GraphBuilder, other: Value, dy: Value, conv: Convolution) => Value>
  >;
  choose(conv: Convolution): string;
  supports(formulation: string, conv: Convolution): boolean;
  /** The shape of `other`. */
  other(conv: Convolution): number[];
}

const subjects: Readonly<Record<string, Subject>> = {
  kernel: {
    formulations: kernelGradients,
    choose: (conv) => chooseKernelGradient(conv, { webgpu }),
    supports: (formulation, conv) =>
      formulation === "folded"
        ? foldsStrides(conv)
        : conv.group > 1
          ? ["depthwise", "products", "perImage"].includes(formulation)
          : !["depthwise", "products"].includes(formulation),
    other: ({ batch, channels, input }) => [batch, channels, ...input],
  },
  image: {
    formulations: Object.fromEntries(
      Object.entries(imageGradients).map(([name, gradient]) => [
        name,
        (g: GraphBuilder, w: Value, dy: Value, conv: Convolution) => gradient(g, dy, w, conv),
      ]),
    ),
    choose: (conv) => chooseImageGradient(conv, { webgpu }),
    supports: (formulation, { strides }) =>
      formulation !== "flipped" || strides.every((s) => s === 1),
    other: ({ maps, channels, group, kernel }) => [maps, channels / group, ...kernel],
  },
};

const [subjectName, ...words] = process.argv.slice(2);
const subject = subjects[subjectName ?? ""];
if (!subject) {
  console.error("say which gradient: kernel or image");
  process.exit(2);
}
const option = (name: string) => {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words.splice(at, 2)[1];
};
const rounds = Number(option("--rounds") ?? 5);
const device = option("--device");
const webgpu = device === "webgpu";
const ort = await (device === "wasm" ? import("onnxruntime-web") : import("onnxruntime-node"));
if (device === "wasm") ort.env.wasm.numThreads = threads;
const filter = words.join(" ");

/** @param location of what it gives, on webgpu */
function open(model: OnnxModel, location: "cpu" | "gpu-buffer"): Promise<InferenceSession> {
  return webgpu
    ? ort.InferenceSession.create(encodeModel(reduceInSteps(fillChannels(model))), {
        executionProviders: ["webgpu"],
        logSeverityLevel: 4,
        preferredOutputLocation: location,
      })
    : ort.InferenceSession.create(encodeModel(model), {
        intraOpNumThreads: threads,
        // Threads of one candidate that wait busily would take the processor from the next.
        extra: { session: { intra_op: { allow_spinning: "0" } } },
      });
}

/** Gives what it is given. */
function copy(shape: readonly number[]): OnnxModel {
  const g = new GraphBuilder();
  g.output(g.mul(g.input("x", "float32", shape), 1), "y");
  return g.build();
}

/** A run of it ends when all that the device was asked before is done. */
const last = webgpu ? await open(copy([1]), "cpu") : undefined;
const one = new ort.Tensor("float32", [1], [1]);

async function toDevice(x: Tensor): Promise<Tensor> {
  if (!webgpu) return x;
  const { y } = await (await open(copy(x.dims), "gpu-buffer")).run({ x });
  return y!;
}

const runsAtOnce = webgpu ? 20 : 1;

/** Milliseconds of a run. */
async function time(session: InferenceSession, feeds: Record<string, Tensor>) {
  const begin = clock();
  for (let i = 0; i < runsAtOnce; i++) {
    const { gradient } = await session.run(feeds);
    if (webgpu) gradient!.dispose();
  }
  await last?.run({ x: one });
  return (clock() - begin) / runsAtOnce;
}

for (const [name, [batch, channels, side, maps, k, stride, group, begin, end]] of Object.entries(
  shapes,
)) {
  if (!name.includes(filter)) continue;
  const out = Math.floor((side + begin + end - k) / stride) + 1;
  const conv = {
    batch,
    channels,
    maps,
    group,
    input: [side, side],
    output: [out, out],
    kernel: [k, k],
    strides: [stride, stride],
    dilations: [1, 1],
    pads: [begin, begin, end, end],
  };
  const candidates: { formulation: string; session: InferenceSession; times: number[] }[] = [];
  for (const [formulation, gradient] of Object.entries(subject.formulations)) {
    if (!subject.supports(formulation, conv)) continue;
    const g = new GraphBuilder();
    const other = g.input("other", "float32", subject.other(conv));
    const dy = g.input("dy", "float32", [batch, maps, out, out]);
    g.output(gradient(g, other, dy, conv), "gradient");
    const session = await open(g.build(), "gpu-buffer");
    candidates.push({ formulation, session, times: [] });
  }
  const random = (shape: readonly number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return new ort.Tensor(
      "float32",
      Float32Array.from({ length: size }, () => Math.random() - 0.5),
      shape,
    );
  };
  const feeds = {
    other: await toDevice(random(subject.other(conv))),
    dy: await toDevice(random([batch, maps, out, out])),
  };
  for (const { session } of candidates) await time(session, feeds);
  for (let round = 0; round < rounds; round++)
    for (const candidate of candidates) {
      const start = performance.now();
      do {
        candidate.times.push(await time(candidate.session, feeds));
      } while (performance.now() - start < 60);
    }
  const min = (values: readonly number[]) => Math.min(...values);
  const flops = (2 * batch * maps * (channels / group) * k * k * out * out) / 1e9;
  const results = candidates
    .map(({ formulation, times }) => ({ formulation, ms: min(times) }))
    .sort((a, b) => a.ms - b.ms);
  const chosen = subject.choose(conv);
  const best = results[0]!;
  const chosenResult = results.find(({ formulation }) => formulation === chosen)!;
  console.log(
    `${name.padEnd(20)} ${(flops / (best.ms / 1000)).toFixed(0).padStart(4)} GFLOP/s  ${results
      .map(({ formulation, ms }) => `${formulation} ${ms.toFixed(2)}`)
      .join("  ")}  chosen ${chosen} ×${(chosenResult.ms / best.ms).toFixed(2)}`,
  );
  for (const { session } of candidates) await session.release();
}
// At once: Dawn's threads keep the process.
if (webgpu) process.kill(process.pid, "SIGKILL");
