// Features of 500 images at 224 × 224 by MobileNet 0.75 (trained on ImageNet): decoding alone, the network alone, and both
// as `featureExtractor` does them: the network in a thread of its own, which keeps two batches, while the caller's decodes.
//   node scripts/run-source.mjs packages/transfer/scripts/features.ts [../shared/data]
//
// What can be hidden: the network alone uses 70 % of two cores, decoding (one thread, and those that read files) a good
// half of them. So together they cannot take the longer of the two alone, but half of the sum of their processor times,
// were both cores always busy: the bound that this prints.
//
// Last result (Node 20, onnxruntime-node 1.30, two cores, little else running): decoding alone 1.72 s, 290 images/s,
// 2.27 s of processor time; network alone 2.72 s, 184 images/s, 3.79 s; both together 3.08 s, 162 images/s, 4.69 s, 1.02
// of the bound of 3.03 s, 1.13 of the longer, 0.69 of the sum; 83 % of both cores busy. While others used a fifth of the
// cores: 1.13 and 1.18 of the bound, 78 and 95 % busy. Before, on the caller's thread: 1.62 of the longer.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { evaluation } from "@cajal/datasets";
import { imageFolder } from "@cajal/datasets/node";
import { modelFacts } from "@cajal/models";
import { cutAt, featureExtractor, readModel } from "../src/index";

const data = process.argv[2] ?? "../shared/data";
const batch = 20;
const samples = join(data, "imagenet-samples");
const folder = mkdtempSync(join(tmpdir(), "cajal-features-"));
try {
  // Ten folders of classes, of any images.
  const [, ...lines] = readFileSync(join(samples, "labels.csv"), "utf8").trim().split("\n");
  for (const [i, line] of lines.entries()) {
    const [file] = line.split(",");
    const to = join(folder, `class_${i % 10}`);
    mkdirSync(to, { recursive: true });
    copyFileSync(join(samples, file!), join(to, file!.split("/").at(-1)!));
  }
  const whole = await readModel(join(data, "mobilenet_v1_0.75_224/model.json"));
  const prepare = evaluation(modelFacts("MobileNet"));
  const images = (await imageFolder(folder, { prepare })).batch(batch);
  await using extractor = await featureExtractor(cutAt(whole, "conv_pw_13_relu"));

  const cores = cpus().length;
  const measured = async (name: string, work: () => Promise<unknown>) => {
    const idle = idleSeconds();
    const spent = process.cpuUsage();
    const began = performance.now();
    await work();
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(spent);
    const cpu = (user + system) / 1e6;
    const busy = 1 - (idleSeconds() - idle) / (cores * seconds);
    console.log(`${name.padEnd(16)} ${seconds.toFixed(2)} s, ${(images.size / seconds).toFixed(0)} images/s; ${cpu.toFixed(2)} s of processor time, ${percent(cpu / seconds / cores)} of the ${cores} cores; with what else ran ${percent(busy)} of them were busy`); // prettier-ignore
    return { seconds, cpu };
  };
  const one = (await images.take(batch).all()).x;
  await extractor.extract(one); // first calls
  const decoding = await measured("decoding alone", async () => {
    for await (const each of images.batches()) void each;
  });
  const network = await measured("network alone", async () => {
    const runs = Array.from({ length: images.size / batch }, () => extractor.extract(one));
    await Promise.all(runs);
  });
  const both = await measured("both together", () => extractor.features(images));
  const bound = (decoding.cpu + network.cpu) / cores;
  console.log(`No less than ${bound.toFixed(2)} s: the processor time of the two on ${cores} cores. Together they take ${(both.seconds / bound).toFixed(2)} of that, ${(both.seconds / Math.max(decoding.seconds, network.seconds)).toFixed(2)} of the longer, ${(both.seconds / (decoding.seconds + network.seconds)).toFixed(2)} of the sum.`); // prettier-ignore
} finally {
  rmSync(folder, { recursive: true });
}

/** Of all cores since the machine started. */
function idleSeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0) / 1000;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
