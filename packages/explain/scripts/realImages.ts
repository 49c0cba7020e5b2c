// Whether attributions add up, and where Grad-CAM lies, of ten photographs in a real network: for integrated gradients
// (as many points as 1 % takes) and DeepLIFT what is missing of the logit's difference from grey; ten maps as one PNG.
//   node scripts/run-source.mjs packages/explain/scripts/realImages.ts NETWORK PHOTOGRAPHS GRID.png
// NETWORK: the TF.js files of MobileNet 0.75 at 224; PHOTOGRAPHS: a folder with labels.csv (file, wnid, class, label).
import { writeFile } from "node:fs/promises";
import { encodePng, gridOf, openExplainer, overlay } from "@cajal/explain";
import { photographs, readTfjs, scaled } from "../testing/mobilenet";

const [network, folder, grid] = process.argv.slice(2);
if (network === undefined || folder === undefined || grid === undefined) {
  console.error("say where the network and the photographs are, and where the picture goes");
  process.exit(2);
}
const { model, weights } = readTfjs(network);
await using explainer = await openExplainer(model, weights);
const photos = await photographs(folder, 10);
const target = photos.map((one) => one.class);
const images = scaled(photos.map(({ pixels }) => pixels));
const grey = scaled([new Uint8Array(224 * 224 * 3)]);
grey.data.fill(0);
const [scores, [before]] = [rows((await explainer.scores(images)).data), rows((await explainer.scores(grey)).data)]; // prettier-ignore

const integrated = await explainer.attribute(images, { method: "integrated-gradients", target, tolerance: 0.01 }); // prettier-ignore
const lifted = await explainer.attribute(images, { method: "deep-lift", target });
const { map } = await explainer.attribute(images, { method: "grad-cam", target });

console.log(
  "| photograph | logit's difference | integrated gradients miss | points | DeepLIFT misses |",
);
console.log(
  "| ---------- | ------------------ | ------------------------- | ------ | --------------- |",
);
for (const [i, { label }] of photos.entries()) {
  const difference = scores[i]![target[i]!]! - before![target[i]!]!;
  const share = (delta: number) => `${((100 * Math.abs(delta)) / Math.abs(difference)).toFixed(3)} %`; // prettier-ignore
  console.log(`| ${label} | ${difference.toFixed(3)} | ${share(integrated.delta![i]!)} | ${integrated.steps![i]} | ${share(lifted.delta![i]!)} |`); // prettier-ignore
}
const pictures = photos.flatMap((_, index) => [photograph(index), overlay(map, images, { index }).picture]); // prettier-ignore
await writeFile(grid, await encodePng(gridOf(pictures, 4)));
console.log(`${photos.map(({ label }) => label).join(", ")}: ${grid}`);

function rows(values: Float32Array): Float32Array[] {
  const { classes } = explainer;
  return Array.from({ length: values.length / classes }, (_, i) => values.subarray(i * classes, (i + 1) * classes)); // prettier-ignore
}

function photograph(index: number) {
  const { pixels } = photos[index]!;
  const data = new Uint8ClampedArray(4 * 224 * 224).fill(255);
  pixels.forEach((value, i) => (data[4 * Math.floor(i / 3) + (i % 3)] = value));
  return { width: 224, height: 224, data };
}
