// Whether metrics tell good maps from random ones: deletion, insertion and ROAD of Grad-CAM and integrated gradients
// beside random maps (the map itself, moved; noise), of photographs in a real network; and how alike maps stay while
// the network's weights are drawn anew from the scores backwards, as Adebayo et al. 2018 (arXiv:1810.03292) did it.
//   node scripts/run-source.mjs packages/explain/scripts/toldApart.ts NETWORK PHOTOGRAPHS [--images 100] [--points 50] [--randomised 20]
//     [--methods grad-cam,integrated-gradients]
// NETWORK: the TF.js files of MobileNet 0.75 at 224; PHOTOGRAPHS: a folder with labels.csv (file, wnid, class, label).
import { parseArgs } from "node:util";
import type { Tensor } from "@cajal/core";
import {
  openExplainer,
  type AttributeOptions,
  type Figures,
  type Measurement,
  type MetricName,
} from "@cajal/explain";
import { photographs, readTfjs, scaled } from "../testing/mobilenet";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: "string", default: "100" },
    points: { type: "string", default: "50" },
    randomised: { type: "string", default: "20" },
    methods: { type: "string", default: "grad-cam,integrated-gradients" },
    threads: { type: "string", default: "2" },
  },
});
const [network, folder] = positionals;
if (network === undefined || folder === undefined) {
  console.error("say where the network and the photographs are");
  process.exit(2);
}
const began = performance.now();
const { model, weights } = readTfjs(network);
await using explainer = await openExplainer(model, weights, { threads: Number(values.threads) });
const photos = await photographs(folder, Number(values.images));
const images = photos.map(({ pixels }) => scaled([pixels]));

const methods = values.methods.split(",");
const compared = (
  [
    { method: "grad-cam" },
    { method: "integrated-gradients", steps: Number(values.points) },
  ] as readonly AttributeOptions[]
).filter(({ method }) => methods.includes(method));
/** What a figure is called, of which metric, and whether more of it is better. */
const figures = [
  { metric: "deletion-insertion", figure: "deletionAuc", sign: -1 },
  { metric: "deletion-insertion", figure: "insertionAuc", sign: 1 },
  { metric: "road", figure: "combined", sign: 1 },
] as const;

console.log(`${images.length} photographs, MobileNet 0.75 at 224, the network's own top class`);
console.log("| method | figure | map | moved map | difference, 95 % | better, % | noise | difference, 95 % | better, % |"); // prettier-ignore
console.log("| ------ | ------ | --- | --------- | ---------------- | --------- | ----- | ---------------- | --------- |"); // prettier-ignore
const spent = new Map<MetricName, number>();
/** Of noise, by metric and image: the same for every method, as it depends on the seed alone. */
const ofNoise = new Map<string, Figures>();
for (const attributeOptions of compared) {
  const figuresOf = figures.map(() => ({ own: [] as number[], moved: [] as number[], noise: [] as number[] })); // prettier-ignore
  for (const [i, x] of images.entries()) {
    const { map, targets } = await explainer.attribute(x, attributeOptions);
    const measured = new Map<MetricName, Measurement>();
    for (const metric of new Set(figures.map((each) => each.metric))) {
      const control = ofNoise.has(`${metric} ${i}`) ? ["moved"] : ["moved", "noise"];
      const measurement = await measure(x, metric, { heat: map, target: targets, seed: i, control }); // prettier-ignore
      if (control.includes("noise")) ofNoise.set(`${metric} ${i}`, measurement.controls!["noise"]!);
      measured.set(metric, measurement);
    }
    for (const [k, { metric, figure }] of figures.entries()) {
      const { figures, controls } = measured.get(metric)!;
      const { own, moved, noise } = figuresOf[k]!;
      own.push(figures[figure]![0] as number);
      moved.push(controls!["moved"]![figure]![0] as number);
      noise.push(ofNoise.get(`${metric} ${i}`)![figure]![0] as number);
    }
    progress(`${attributeOptions.method} ${i + 1}`);
  }
  for (const [k, { figure, sign }] of figures.entries()) {
    const { own, ...others } = figuresOf[k]!;
    const cells = Object.values(others).map((other) => {
      const differences = own.map((value, i) => value - other[i]!);
      const better = differences.filter((value) => sign * value > 0).length;
      return `${mean(other).toFixed(3)} | ${interval(differences)} | ${((100 * better) / own.length).toFixed(0)}`;
    });
    console.log(
      `| ${attributeOptions.method} | ${figure} | ${mean(own).toFixed(3)} | ${cells.join(" | ")} |`,
    );
  }
}
for (const [metric, seconds] of spent)
  console.log(`${metric}: ${(seconds / images.length / compared.length).toFixed(2)} s of processor time a photograph`); // prettier-ignore

if (Number(values.randomised) === 0) process.exit();
const some = scaled((await photographs(folder, Number(values.randomised))).map(({ pixels }) => pixels)); // prettier-ignore
const depths = [0, 1, 2, 4, 8, 14, 28];
console.log(`\n${values.randomised} photographs, weights drawn anew in so many layers from the scores backwards: rank correlation, SSIM`); // prettier-ignore
console.log(`| method | ${depths.join(" | ")} |`);
console.log(`| ------ |${depths.map(() => " --- |").join("")}`);
for (const of of [
  { method: "grad-cam" },
  { method: "integrated-gradients", steps: 25 },
  { method: "saliency" },
  { method: "guided-backprop" },
] as const) {
  const { figures } = await explainer.measure(some, { metric: "randomisation", of, depths });
  const cells = depths.map((_, k) => {
    const at = (figure: string) => mean((figures[figure] as number[][]).map((row) => row[k]!)).toFixed(2); // prettier-ignore
    return `${at("similarity")}, ${at("ssim")}`;
  });
  console.log(`| ${of.method} | ${cells.join(" | ")} |`);
}

/** On a line of its own where nobody watches: after every tenth photograph. */
function progress(at: string): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  if (process.stderr.isTTY) process.stderr.write(`\r${at}, ${seconds} s `);
  else if (at.endsWith("0")) console.error(`${at}, ${seconds} s`);
}

async function measure(x: Tensor, metric: MetricName, options: object) {
  const pixelsPerStep = Math.ceil(224 ** 2 / Number(values.points));
  const before = process.cpuUsage();
  const measurement = await explainer.measure(x, { metric, ...options, ...(metric === "road" ? {} : { pixelsPerStep }) } as never); // prettier-ignore
  const { user, system } = process.cpuUsage(before);
  spent.set(metric, (spent.get(metric) ?? 0) + (user + system) / 1e6);
  return measurement;
}

function mean(of: readonly number[]): number {
  return of.reduce((a, b) => a + b, 0) / of.length;
}

/** The mean, ± 1.96 standard errors. */
function interval(of: readonly number[]): string {
  const middle = mean(of);
  const variance = of.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (of.length - 1);
  return `${middle.toFixed(3)} ± ${(1.96 * Math.sqrt(variance / of.length)).toFixed(3)}`;
}
