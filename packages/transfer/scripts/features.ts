// Features of 500 images at 224 × 224 by MobileNet 0.75 (trained on ImageNet): decoding alone, the network alone, and both
// as `featureExtractor` does them, where decoding is to hide behind the network.
//   node scripts/run-source.mjs packages/transfer/scripts/features.ts [../shared/data]
//
// Last result (Node 20, onnxruntime-node 1.30, two cores under a load of 7 by others, so that CPU tells more than time):
// decoding alone 2.4 s, 211 images/s, 2.2 s of CPU; network alone 3.4 s, 148 images/s, 3.2 s of CPU; both together 5.5 s,
// 91 images/s, 4.6 s of CPU: 1.62 of the longer. JPEGs are unpacked in sharp's threads while the network computes;
// resizing is done in the thread that also calls the network, unless the data set is one of `inWorkers`.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluation } from "@cajal/datasets";
import { imageFolder } from "@cajal/datasets/node";
import { modelFacts } from "@cajal/models";
import { cutAt, featureExtractor, readModel } from "../src/index";

const data = process.argv[2] ?? "../shared/data";
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
  const images = (await imageFolder(folder, { prepare })).batch(20);
  await using extractor = await featureExtractor(cutAt(whole, "conv_pw_13_relu"));

  const measured = async (name: string, work: () => Promise<unknown>) => {
    const began = performance.now();
    const spent = process.cpuUsage();
    await work();
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(spent);
    const cpu = (user + system) / 1e6;
    console.log(`${name.padEnd(16)} ${seconds.toFixed(1)} s, ${(images.size / seconds).toFixed(0)} images/s; ${cpu.toFixed(1)} s of CPU, ${(cpu / seconds).toFixed(2)} cores busy`); // prettier-ignore
    return seconds;
  };
  const one = (await images.take(20).all()).x;
  await extractor.extract(one); // first calls
  const decoding = await measured("decoding alone", async () => {
    for await (const batch of images.batches()) void batch;
  });
  const network = await measured("network alone", async () => {
    for (let i = 0; i < images.size; i += 20) await extractor.extract(one);
  });
  const both = await measured("both together", () => extractor.features(images));
  const longer = Math.max(decoding, network);
  console.log(`together they take ${(both / longer).toFixed(2)} of the longer, ${(both / (decoding + network)).toFixed(2)} of the sum`); // prettier-ignore
} finally {
  rmSync(folder, { recursive: true });
}
