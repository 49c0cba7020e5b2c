// Transfer on real faces: seven people of Labeled Faces in the Wild, 50 pictures each, 35 to learn from and 15 to be
// told apart, with MobileNet 0.75 at 160 × 160: a head on frozen features, then its upper layers too, and a small
// network from nothing. Three seeds, which deal the pictures and begin the weights.
//   nice node scripts/run-source.mjs packages/transfer/scripts/lfwTransfer.ts [../shared/data]
//
// Last result (Node 20, onnxruntime-node 1.30 on two cores that others used too), share of 105 held-out pictures read
// right, seeds 1, 2, 3, and seconds of training:
//   frozen features   0.914 0.876 0.838, mean 0.876    6 to 54 s for 40 epochs, features once
//   fine-tuned        0.962 0.943 0.876, mean 0.927   76 s more for 6 epochs, from conv_dw_8 on
//   small from scratch 0.657 0.600 0.619, mean 0.625  81 s for 20 epochs, 68,391 parameters
// The order that courses teach comes out.
import { join } from "node:path";
import { preprocessInput } from "@cajal/core";
import { centerCrop, dataset, resize, type Image } from "@cajal/datasets";
import { imageFolder } from "@cajal/datasets/node";
import { functional, summary } from "@cajal/models";
import { train } from "@cajal/train";
import { cutAt, fineTune, readModel, withInputShape } from "../src/index";

const data = process.argv[2] ?? "../shared/data";
const size = 160;
const began = performance.now();
const seconds = () => Math.round((performance.now() - began) / 1000);
const folder = await imageFolder(join(data, "lfw/lfw"), {
  // The face is in the middle of the picture.
  prepare: (image) => resize(centerCrop(image, { width: 200, height: 200 }), { like: "pillow", method: "bilinear", width: size, height: size }) as Image<"uint8">, // prettier-ignore
});
const { x, y } = await folder.all();
const people = dataset({
  x: preprocessInput(x, "tf"),
  y,
  ...(folder.classes && { classes: folder.classes }),
}).batch(16);
console.error(`${people.size} pictures of ${people.classes?.length} people, ${seconds()} s`);

const whole = await readModel(join(data, "mobilenet_v1_0.75_224/model.json"));
const base = withInputShape(cutAt(whole, "conv_pw_13_relu"), [size, size, 3]);

function small() {
  const net = functional("small");
  const image = net.input([size, size, 3]);
  let x = net.layer("AveragePooling2D", { pool_size: 2 }, image);
  for (const filters of [16, 32, 64]) {
    x = net.layer("Conv2D", { filters, kernel_size: 3, padding: "same", activation: "relu" }, x);
    x = net.layer("MaxPooling2D", {}, x);
  }
  x = net.layer("Dropout", { rate: 0.3 }, net.layer("Flatten", {}, x));
  return net.model(image, net.layer("Dense", { units: 7, activation: "softmax" }, x));
}

const results: Record<string, number[]> = { frozen: [], tuned: [], scratch: [] };
const times: Record<string, number[]> = { frozen: [], tuned: [], scratch: [] };
for (const seed of [1, 2, 3]) {
  const [learning, held] = people.split(0.7, { seed, stratify: true });
  let at = performance.now();
  const took = () => {
    const spent = (performance.now() - at) / 1000;
    at = performance.now();
    return spent;
  };
  const stages = [
    { epochs: 40, learningRate: 1e-3 },
    { epochs: 6, learningRate: 1e-4, learns: { from: "conv_dw_8" } },
  ];
  const names = ["frozen", "tuned"] as const;
  for await (const event of fineTune(base, learning, {
    labels: people.classes!,
    stages,
    seed,
    validation: held,
  })) {
    // prettier-ignore
    if (event.type === "epoch" && event.epoch === stages[event.stage]!.epochs - 1)
      results[names[event.stage]!]!.push(event.validation!.metrics.accuracy!);
    if (event.type === "end") times[names[event.stage]!]!.push(took());
    if (event.type === "epoch" && event.stage === 1)
      console.error(`seed ${seed}, epoch ${event.epoch}: loss ${event.loss.toFixed(3)}, held out ${event.validation!.metrics.accuracy!.toFixed(3)}, ${seconds()} s`); // prettier-ignore
  }
  at = performance.now();
  for await (const event of train(small(), learning, {
    epochs: 20,
    optimizer: "adam",
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy"],
    seed,
    validation: held,
  })) {
    // prettier-ignore
    if (event.type === "epoch" && event.epoch === 19)
      results.scratch!.push(event.validation!.metrics.accuracy!);
    if (event.type === "end") times.scratch!.push(took());
  }
  console.error(`seed ${seed}: ${JSON.stringify({ results, times })}`);
}
const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
console.log(`small network: ${summary(small()).totalParams} parameters`);
for (const [name, all] of Object.entries(results))
  console.log(name, all.map((one) => one.toFixed(3)).join(" "), "mean", mean(all).toFixed(3), "seconds", mean(times[name]!).toFixed(0)); // prettier-ignore
