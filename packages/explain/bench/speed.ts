// How long an explanation takes, beside Captum and pytorch-grad-cam on PyTorch: the same networks, exported by PyTorch
// with random weights, one image of 224 × 224, the same processors, in turns.
//   node scripts/run-source.mjs packages/explain/bench/speed.ts --python python3 [--rounds 5] [--threads 2]
//     [--only ResNet50/integrated-gradients]
// Prints for each network and method the least seconds of both, and the ratio; beside it that of processor time,
// which other programs on the machine lengthen less.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { tensor, type Tensor } from "@cajal/core";
import { openExplainer, type AttributeOptions, type Explainer } from "@cajal/explain";
import { decodeModel } from "@cajal/onnx";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    /** A network, a method, or both, NETWORK/METHOD. */
    only: { type: "string", default: "" },
  },
});
const methods: readonly AttributeOptions[] = [
  { method: "saliency" },
  { method: "integrated-gradients", steps: 50 },
  { method: "grad-cam" },
  { method: "occlusion", window: [32, 32], strides: [32, 32] },
];

/** Milliseconds between the two: threads of both wait busily for a while for what might come next. */
const rest = 500;

interface Times {
  readonly seconds: number;
  readonly processor: number;
}

const folder = await mkdtemp(join(tmpdir(), "cajal-explain-speed-"));
const peer = spawn(values.python, [new URL("speed.py", import.meta.url).pathname, folder, values.threads], { stdio: ["pipe", "pipe", "inherit"] }); // prettier-ignore
const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
/** What the other side answers; it may write lines that are none. */
const answer = async <Of>(): Promise<Of> => {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error("the other side ended");
    if (value.startsWith("{")) return JSON.parse(value) as Of;
  }
};
try {
  const { exported, torch } = await answer<{ exported: string[]; torch: string }>();
  const bytes = await readFile(join(folder, "image.f32"));
  const image = tensor(
    "float32",
    [1, 3, 224, 224],
    new Float32Array(Uint8Array.from(bytes).buffer),
  );
  console.log(`PyTorch ${torch}, ${values.threads} threads, least of ${values.rounds} rounds`);
  for (const name of exported) {
    const asked = methods.filter(({ method }) => `/${name}/${method}/`.includes(`/${values.only}/`) || values.only === ""); // prettier-ignore
    if (asked.length === 0) continue;
    const model = decodeModel(await readFile(join(folder, `${name}.onnx`)));
    await using explainer = await openExplainer(model, { dataFormat: "channels_first", threads: Number(values.threads) }); // prettier-ignore
    for (const options of asked) {
      const ours: Times[] = [];
      const theirs: Times[] = [];
      await timed(explainer, image, options);
      for (let round = 0; round < Number(values.rounds); round++) {
        await setTimeout(rest);
        ours.push(await timed(explainer, image, options));
        await setTimeout(rest);
        peer.stdin.write(`${name} ${options.method}\n`);
        theirs.push(await answer<Times>());
      }
      const least = (of: readonly Times[], key: keyof Times) => Math.min(...of.map((each) => each[key])); // prettier-ignore
      const ratio = (key: keyof Times) => (least(ours, key) / least(theirs, key)).toFixed(2);
      console.log(
        `${name.padEnd(10)} ${options.method.padEnd(21)} ${least(ours, "seconds").toFixed(3)} s : ${least(theirs, "seconds").toFixed(3)} s = ${ratio("seconds")}, processor time ${ratio("processor")}`,
      );
    }
  }
} finally {
  peer.kill();
  await rm(folder, { recursive: true });
}

async function timed(
  explainer: Explainer,
  image: Tensor,
  options: AttributeOptions,
): Promise<Times> {
  const [began, used] = [performance.now(), process.cpuUsage()];
  await explainer.attribute(image, { target: 3, ...options } as AttributeOptions);
  const { user, system } = process.cpuUsage(used);
  return { seconds: (performance.now() - began) / 1000, processor: (user + system) / 1e6 };
}
