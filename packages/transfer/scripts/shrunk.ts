// MobileNet 0.75 made smaller: size, top-1 and top-5 on the 500 images of imagenet-samples, time of one image; and size and
// time of ResNet50 with generated weights.
//   node scripts/run-source.mjs packages/transfer/scripts/shrunk.ts [../shared/data] [--device cpu|wasm]
//
// Last result (Node 20, onnxruntime-node 1.30 on two cores with AVX2 alone); MB of the file, top-1, top-5, the median and
// the least of 40 times of one image; the same of ResNet50:
//   float32          10.32  0.838  0.948   6.8 ms   6.2 ms   102.15   61.7 ms   58.6 ms
//   float16 weights   5.19  0.838  0.948   7.8 ms   7.1 ms    51.15   76.8 ms   68.7 ms
//   int8 weights      2.67  0.810  0.940   8.0 ms   7.4 ms    25.80   59.3 ms   56.5 ms
//   int8 static       2.76  0.814  0.952   7.8 ms   7.4 ms    26.05   58.1 ms   54.1 ms   (ranges of 100 of the same images; weights of 7 bits)
// With VNNI, the least: 3.8 ms for float32, 3.7 with weights of float16, 3.6 of int8, 2.1 for int8 static; ResNet50 33.0, 32.9, 33.3 and 25.0.
// In WebAssembly (Node, Zen 4), the least: 32.1, 31.9, 32.0 and 36.5 ms (int8 static: 0.814, 0.950); ResNet50 284, 286, 285 and 189.
// With 8 bits: 0.804 and 0.940 where the processor has VNNI; 0.808 and 0.944 where sums overflow.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { preprocessInput, tensor, type Tensor } from "@cajal/core";
import { centerCrop, decodeImage, stackImages } from "@cajal/datasets";
import { resnet50, toOnnx } from "@cajal/models";
import { encodeModel, float16Weights, int8Weights, type OnnxModel } from "@cajal/onnx";
import { initialize, open, type Session } from "@cajal/runtime";
import { quantizeOn, readModel } from "../src/index";

const {
  values: { device },
  positionals: [data = "../shared/data"],
} = parseArgs({
  allowPositionals: true,
  options: { device: { type: "string", default: "cpu" } },
});
const place = { device } as { device: "cpu" | "wasm" };
const { model, weights } = await readModel(join(data, "mobilenet_v1_0.75_224/model.json"));
const labels = readFileSync(join(data, "imagenet-samples/labels.csv"), "utf8").trim().split("\n").slice(1).map((line) => line.split(",")); // prettier-ignore
const images: Tensor<"float32">[] = [];
for (const [file] of labels) {
  const image = await decodeImage(readFileSync(join(data, "imagenet-samples", file!)));
  images.push(preprocessInput(centerCrop(image, { width: 224, height: 224 }), "tf"));
}
const batchOf = (from: number, n: number) => stackImages(images.slice(from, from + n));
// Every fifth image, so 100, in five batches, shows the ranges: they are among those that are looked at.
const calibration = Array.from({ length: 5 }, (_, k) =>
  stackImages(images.filter((_, i) => i % 50 === k * 10 || i % 50 === k * 10 + 5)),
);
/** A graph in each of its forms. */
const formsOf = async (float32: OnnxModel): Promise<[string, OnnxModel][]> => [
  ["float32", float32],
  ["float16 weights", float16Weights(float32)],
  ["int8 weights", int8Weights(float32)],
  ["int8 static", await quantizeOn(float32, calibration)],
];
const mb = (form: OnnxModel) => (encodeModel(form).length / 1e6).toFixed(2);

/** Milliseconds of one image: the median of 40, and the least. */
async function timesOf(session: Session) {
  const one = tensor("float32", [1, 224, 224, 3], images[0]!.data);
  const times: number[] = [];
  for (let i = 0; i < 40; i++) {
    const began = performance.now();
    await session.predict(one);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { median_ms: times[20]!.toFixed(1), least_ms: times[0]!.toFixed(1) };
}

for (const [name, form] of await formsOf(toOnnx(model, weights))) {
  await using session = await open(form, place);
  let [top1, top5] = [0, 0];
  for (let from = 0; from < images.length; from += 20) {
    const { data: all } = await session.predict(batchOf(from, 20));
    for (let i = 0; i < 20; i++) {
      const row = Array.from(all.subarray(i * 1000, (i + 1) * 1000), Number);
      const order = row.map((_, k) => k).toSorted((a, b) => row[b]! - row[a]!);
      const label = Number(labels[from + i]![2]);
      if (order[0] === label) top1++;
      if (order.slice(0, 5).includes(label)) top5++;
    }
  }
  console.log(name, { mb: mb(form), top1: top1 / 500, top5: top5 / 500, ...(await timesOf(session)) }); // prettier-ignore
}

// For size and time alone.
const large = resnet50();
for (const [name, form] of await formsOf(toOnnx(large, initialize(large, { seed: 1 })))) {
  await using session = await open(form, place);
  console.log(`ResNet50, ${name}`, { mb: mb(form), ...(await timesOf(session)) });
}
