// cajal explain: maps of images by several methods, side by side on a page, with their metrics.
import { mkdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { CajalError, preprocessInput, tensor, type Preprocessing, type Tensor } from "@cajal/core";
import { resizing } from "@cajal/datasets";
import { readImage } from "@cajal/datasets/node";
import {
  attributionGraph,
  encodePng,
  graphMethods,
  methods,
  openExplainer,
  overlay,
  pictureOf,
  type AttributeOptions,
  type Explainer,
  type MethodName,
} from "@cajal/explain";
import { writeWhole } from "@cajal/files/node";
import { encodeModel } from "@cajal/onnx";
import { classifier, type Classifier } from "../choices/classifier";
import { textTable } from "../text/tables";
import { explainPage, type ExplainedImage, type ExplainedMap } from "../report/explainPage";
import { defineCommand } from "./shared/defineCommand";
import { choice, flag, list, negatedFlag, number, text, words } from "./shared/parameters";

/** One map of one image, as a line of JSON. */
interface ExplainRecord {
  readonly image: string;
  readonly model: string;
  readonly method: string;
  readonly class: number;
  readonly label?: string;
  readonly probability: number;
  readonly layer?: string;
  readonly delta?: number;
  /** Area under the curve, and that of a control: the same map, shifted. */
  readonly deletion?: readonly [map: number, random: number];
  readonly insertion?: readonly [map: number, random: number];
  readonly road?: readonly [map: number, random: number];
  readonly picture: string;
}

export const explain = defineCommand({
  name: "explain",
  examples: [
    [
      "cajal explain cat.jpg --model MobileNet",
      "Grad-CAM and integrated gradients of its top class",
    ],
    ["cajal explain *.jpg --model net.onnx --class 3", "an exported network of yours"],
    ["cajal explain cat.jpg --model model.keras --method lrp,occlusion", "other methods"],
    ["cajal explain cat.jpg --model net.onnx --onnx", "the methods as ONNX files, too"],
  ],
  arguments: { images: words("image files", { required: true }) },
  options: {
    model: text("<name|file>", "a published network, or a file: ONNX, Keras, TF.js", {
      required: true,
    }),
    method: list("<names>", "methods", { default: ["grad-cam", "integrated-gradients"] }),
    class: number("<n>", "the class explained; default: each image's top one", { least: 0 }),
    layer: text("<name>", "the layer of class activation maps; default: the last before pooling"),
    preprocessing: choice(
      "what pixels become; default: the network's own, or tf (−1 … 1)",
      ["caffe", "tf", "torch", "unit"],
      { placeholder: "<name>" },
    ),
    metrics: negatedFlag("leaves out deletion, insertion and ROAD, which take most of the time"),
    onnx: flag("writes methods that are graphs as ONNX files"),
  },
  out: text("<folder>", "where page, pictures and graphs go", { default: "cajal-explain" }),
  async run({ output, progress, signal, seed }, options) {
    const selected = options.method.map(methodNamed);
    const network = await classifier(options.model, signal);
    await using explainer = await open(network);
    await mkdir(options.out, { recursive: true });
    const images: ExplainedImage[] = [];
    const records: ExplainRecord[] = [];
    progress.start(`What ${network.name} looks at`);
    for (const [i, file] of options.images.entries()) {
      const { pixels, x } = await prepareImage(file, explainer, network, options.preprocessing);
      const softmax = await explainer.scores(x, { output: "softmax", signal });
      const target = options.class ?? softmax.data.indexOf(softmax.data.reduce((a, b) => Math.max(a, b))); // prettier-ignore
      if (target >= explainer.classes)
        throw new CajalError(
          "bad-argument",
          `class ${target}: the network tells ${explainer.classes} apart, 0 … ${explainer.classes - 1}.`,
          { class: target },
        );
      const stem = `${i}-${basename(file, extname(file))}`;
      const maps: ExplainedMap[] = [];
      for (const [k, method] of selected.entries()) {
        const { name, gives, title } = method;
        const request = {
          method: name,
          target,
          signal,
          ...(gives === "cam" && options.layer !== undefined && { layer: options.layer }),
        } as AttributeOptions;
        const { map, layer, delta } = await explainer.attribute(x, request);
        const { picture, legend } = overlay(map, pixels);
        const figures = options.metrics ? await metricsOf(explainer, x, map, target, { seed, signal }) : {}; // prettier-ignore
        const path = join(options.out, `${stem}-${name}.png`);
        await writeWhole(path, await encodePng(picture));
        const record: ExplainRecord = {
          image: file,
          model: network.name,
          method: name,
          class: target,
          ...(network.labels && { label: network.labels[target]! }),
          probability: softmax.data[target]!,
          ...(layer !== undefined && { layer }),
          ...(delta && { delta: delta[0]! }),
          ...figures,
          picture: path,
        };
        records.push(record);
        output.line(record);
        maps.push({ title, picture, legend, layer, ...figures });
        progress.update(
          (i * selected.length + k + 1) / (options.images.length * selected.length),
          `${basename(file)}: ${title}`,
        );
      }
      images.push({
        name: basename(file),
        picture: pictureOf(pixels),
        label: network.labels?.[target] ?? `class ${target}`,
        probability: softmax.data[target]!,
        maps,
      });
    }
    progress.finish();
    const paths = [join(options.out, "explain.html")];
    await writeWhole(paths[0]!, await explainPage(network.name, images));
    if (options.onnx) paths.push(...(await writeGraphs(network, selected, options)));
    output.text(describeMap(records));
    output.text(`\n${paths.join("\n")}`);
  },
});

type Method = (typeof methods)[number];

function methodNamed(name: string): Method {
  const method = methods.find((method) => method.name === name);
  const fits = methods.filter(({ gives, needsLayer }: { gives: string; needsLayer?: true }) => gives !== "layer" && !needsLayer); // prettier-ignore
  if (method && fits.includes(method)) return method;
  throw new CajalError(
    "unknown-name",
    `method "${name}": expected one of ${fits.map((method) => method.name).join(", ")}.`,
    { name },
  );
}

const open = ({ source }: Classifier): Promise<Explainer> =>
  "graph" in source ? openExplainer(source.graph) : openExplainer(source.model, source.weights);

/** An image cropped and resized to the network's input size, and the network's input. */
async function prepareImage(
  file: string,
  explainer: Explainer,
  network: Classifier,
  preprocessing: Preprocessing | "unit" | undefined,
): Promise<{ pixels: Tensor<"float32">; x: Tensor<"float32"> }> {
  const [height = 224, width = 224, channels = 3] = explainer.inputShape;
  const image = await readImage(file, { channels: channels === 1 ? 1 : 3 });
  const pixels = resizing(image, { width, height, cropToAspectRatio: true });
  const mode = preprocessing ?? network.preprocessing ?? (channels === 3 ? "tf" : "unit");
  const x =
    mode === "unit" || channels !== 3
      ? tensor(
          "float32",
          pixels.shape,
          pixels.data.map((value) => value / 255),
        )
      : preprocessInput(pixels, mode);
  return { pixels, x: { ...x, shape: [1, ...x.shape] } };
}

async function metricsOf(
  explainer: Explainer,
  x: Tensor,
  heat: Tensor,
  target: number,
  { seed, signal }: { seed: number; signal: AbortSignal },
): Promise<Pick<ExplainRecord, "deletion" | "insertion" | "road">> {
  const common = { heat, target, seed, signal };
  const curves = await explainer.measure(x, { metric: "deletion-insertion", ...common });
  const losses = await explainer.measure(x, { metric: "road", ...common });
  const withRandom = ({ figures, random }: typeof curves, name: string) =>
    [(figures[name] as number[])[0]!, (random[name] as number[])[0]!] as const;
  return {
    deletion: withRandom(curves, "deletionAuc"),
    insertion: withRandom(curves, "insertionAuc"),
    road: withRandom(losses, "combined"),
  };
}

/** Writes the methods that are graphs as ONNX files. */
async function writeGraphs(
  { source }: Classifier,
  selected: readonly Method[],
  { out, layer, class: target }: { out: string; layer?: string; class?: number },
): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, gives } of selected) {
    if (!graphMethods.includes(name)) continue;
    const options = {
      target: target ?? (name === "integrated-gradients" ? "input" : "top"),
      ...(gives === "cam" && layer !== undefined && { layer }),
    } as object;
    const graph =
      "graph" in source
        ? attributionGraph(name as MethodName, source.graph, options)
        : attributionGraph(name as MethodName, source.model, source.weights, options);
    const path = join(out, `${name}.onnx`);
    await writeWhole(path, encodeModel(graph));
    paths.push(path);
  }
  return paths;
}

function describeMap(records: readonly ExplainRecord[]): string {
  const pair = (both: readonly [number, number] | undefined) =>
    both ? `${both[0].toFixed(3)} (${both[1].toFixed(3)})` : "–";
  return textTable(
    ["image", "method", "class", "probability", "layer", "deletion", "insertion", "ROAD"],
    records.map((record) => [
      basename(record.image),
      record.method,
      record.label ?? String(record.class),
      record.probability.toFixed(3),
      record.layer ?? "",
      pair(record.deletion),
      pair(record.insertion),
      pair(record.road),
    ]),
  );
}
