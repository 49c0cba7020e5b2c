// Top-1 and top-5 of MobileNet 0.75 on the 500 images of imagenet-samples, beside what Keras gave for each of them.
//   node scripts/run-source.mjs packages/transfer/scripts/imagenetSamples.ts [../shared/data]
//
// Last result (Node 20, onnxruntime-node 1.30 on two cores that others used too): top-1 0.838, top-5 0.948, Keras'
// figures; the first class is Keras' for all 500, its probability within 8.6e-6. 12 s, 42 images/s; inference 10.0 s,
// decoding (sharp, in its own threads) made it wait 1.1 s.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { preprocessInput, type Tensor } from "@cajal/core";
import { centerCrop, decodeImage, stackImages } from "@cajal/datasets";
import { open } from "@cajal/runtime";
import { readModel } from "../src/readModel";

const data = process.argv[2] ?? "../shared/data";
const { model, weights } = await readModel(join(data, "mobilenet_v1_0.75_224/model.json"));
const lines = (path: string) => readFileSync(join(data, path), "utf8").trim().split("\n").slice(1);
const labels = lines("imagenet-samples/labels.csv").map((line) => line.split(","));
const keras = new Map(
  lines("mobilenet_v1_0.75_224/reference/imagenet-samples_top5.csv").map((line) => {
    const [file, ...rest] = line.split(",");
    return [file!, rest] as const;
  }),
);
await using session = await open(model, weights);
let [top1, top5, sameFirst, furthest, wait, run] = [0, 0, 0, 0, 0, 0];
const differing: string[] = [];
const batch = 20;
const began = performance.now();
const decoded = (from: number): Promise<Tensor<"float32">[]> =>
  Promise.all(
    labels.slice(from, from + batch).map(async ([file]) => {
      const image = await decodeImage(readFileSync(join(data, "imagenet-samples", file!)));
      return preprocessInput(centerCrop(image, { width: 224, height: 224 }), "tf");
    }),
  );
let next = decoded(0);
for (let from = 0; from < labels.length; from += batch) {
  const t = performance.now();
  const images = await next;
  wait += performance.now() - t;
  next = decoded(from + batch); // in sharp's threads, while the network computes
  const t2 = performance.now();
  const { data: all } = await session.predict(stackImages(images));
  run += performance.now() - t2;
  for (const [i, [file, , index]] of labels.slice(from, from + batch).entries()) {
    const p = Array.from(all.subarray(i * 1000, (i + 1) * 1000) as Float32Array);
    const order = p.map((_, k) => k).toSorted((a, b) => p[b]! - p[a]!);
    const label = Number(index);
    if (order[0] === label) top1++;
    if (order.slice(0, 5).includes(label)) top5++;
    const [, first, probability] = keras.get(file!) ?? [];
    furthest = Math.max(furthest, Math.abs(p[Number(first)]! - Number(probability)));
    if (Number(first) === order[0]) sameFirst++;
    else
      differing.push(
        `${file}: Keras ${keras.get(file!)?.join(" ")}, here ${order[0]} ${p[order[0]!]!.toFixed(4)}`,
      );
  }
}
const seconds = (performance.now() - began) / 1000;
console.log({
  images: labels.length,
  top1: top1 / labels.length,
  top5: top5 / labels.length,
  sameFirst,
  furthest,
  seconds,
  waitedForImages: wait / 1000,
  inference: run / 1000,
});
for (const line of differing) console.log(line);
