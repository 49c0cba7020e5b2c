// cajal explain: maps of images by several methods, side by side on a page, with their metrics.
import { basename, extname, join } from "node:path";
import {
  CajalError,
  preprocessInput,
  tensor,
  unknownName,
  type Preprocessing,
  type Tensor,
} from "@cajal/core";
import { decodeImage, resizing } from "@cajal/datasets";
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
import { checkWritableFolder, writeAllWhole } from "@cajal/files/node";
import { encodeModel } from "@cajal/onnx";
import { classifier, type Classifier } from "../choices/classifier";
import { textTable } from "../text/tables";
import { readInput } from "../readInput";
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
  /** Where the map is zero everywhere. */
  readonly zero?: true;
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
    preprocess: choice(
      "what pixels become; default: the network's own, or tf (−1 … 1)",
      ["caffe", "tf", "torch", "unit"],
      { placeholder: "<name>" },
    ),
    metrics: negatedFlag("leaves out deletion, insertion and ROAD, which take most of the time"),
    onnx: flag("writes methods that are graphs as ONNX files"),
  },
  out: text("<folder>", "where page, pictures and graphs go", { default: "cajal-explain" }),
  async run({ output, progress, signal, seed }, options) {
    const selected = methodsOf(options);
    const page = join(options.out, "explain.html");
    await checkWritableFolder(options.out, [basename(page)]);
    const network = await classifier(options.model, signal);
    await using explainer = await open(network);
    checkClass(explainer, options.class);
    const labels = labelsOf(explainer, network);
    const inputSize = inputSizeOf(explainer, network);
    checkPreprocess(inputSize, network, options.preprocess);
    // Every file is read once before the work begins, which one that is missing or damaged would waste.
    for (const file of options.images) await readPicture(file, inputSize);
    const graphs = options.onnx ? graphsOf(network, selected, options) : [];
    const images: ExplainedImage[] = [];
    const records: ExplainRecord[] = [];
    const pictures: [path: string, content: Uint8Array][] = [];
    progress.start(`What ${network.name} looks at`);
    for (const [i, file] of options.images.entries()) {
      const pixels = await readPicture(file, inputSize);
      const x = inputOf(pixels, network, options.preprocess);
      const { data } = await explainer.scores(x, { output: "probability", signal });
      const target = options.class ?? data.indexOf(data.reduce((a, b) => Math.max(a, b)));
      const probability = data[target]!;
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
        const zero = map.data.every((value) => value === 0);
        const { picture, legend } = overlay(map, pixels);
        const figures = options.metrics ? await metricsOf(explainer, x, map, target, { seed, signal }) : {}; // prettier-ignore
        const path = join(options.out, `${stem}-${name}.png`);
        pictures.push([path, await encodePng(picture)]);
        records.push({
          image: file,
          model: network.name,
          method: name,
          class: target,
          ...(labels && { label: labels[target]! }),
          probability,
          ...(layer !== undefined && { layer }),
          ...(zero && { zero }),
          ...(delta && { delta: delta[0]! }),
          ...figures,
          picture: path,
        });
        maps.push({ title, picture, legend, layer, zero, ...figures });
        progress.update(
          (i * selected.length + k + 1) / (options.images.length * selected.length),
          `${basename(file)}: ${title}`,
        );
      }
      images.push({
        name: basename(file),
        picture: pictureOf(pixels),
        label: labels?.[target] ?? `class ${target}`,
        probability,
        maps,
      });
    }
    progress.finish();
    await writeAllWhole([...pictures, ...graphs, [page, await explainPage(network.name, images)]], {
      signal,
    });
    for (const record of records) output.line(record);
    output.text(describeMap(records));
    output.text(`\n${[page, ...graphs.map(([path]) => path)].join("\n")}`);
  },
});

type Method = (typeof methods)[number];

/** @throws CajalError `unknown-name`, `bad-argument` */
function methodsOf({
  method: names,
  layer,
  onnx,
}: {
  readonly method: readonly string[];
  readonly layer?: string;
  readonly onnx?: boolean;
}): readonly Method[] {
  const selected = [...new Set(names)].map(methodNamed);
  const named = names.join(", ");
  if (selected.length === 0)
    throw new CajalError(
      "bad-argument",
      "--method: expected at least one method, such as grad-cam.",
    );
  if (layer !== undefined && !selected.some(({ gives }) => gives === "cam"))
    throw new CajalError(
      "bad-argument",
      `--layer ${layer}: it is for class activation maps, such as grad-cam, and none is among ${named}.`,
      { layer, methods: names },
    );
  if (onnx && !selected.some(({ name }) => graphMethods.includes(name)))
    throw new CajalError(
      "bad-argument",
      `--onnx: ${named} cannot be written as a graph. Those that can: ${graphMethods.join(", ")}.`,
      { methods: names },
    );
  return selected;
}

function methodNamed(name: string): Method {
  const method = methods.find((method) => method.name === name);
  const fits = methods.filter(({ gives, needsLayer }: { gives: string; needsLayer?: true }) => gives !== "layer" && !needsLayer); // prettier-ignore
  if (method && fits.includes(method)) return method;
  throw unknownName(
    "method",
    name,
    fits.map((method) => method.name),
  );
}

/** @throws CajalError `bad-argument` */
function checkClass({ classes }: Explainer, target: number | undefined): void {
  if (target === undefined || (Number.isInteger(target) && target >= 0 && target < classes)) return;
  throw new CajalError(
    "bad-argument",
    `--class ${target}: the network tells ${classes} apart, 0 … ${classes - 1}.`,
    { class: target, classes },
  );
}

/** A single score is that of the second of two classes. */
function labelsOf({ classes }: Explainer, { labels }: Classifier): readonly string[] | undefined {
  const ofScores = classes === 1 && labels?.length === 2 ? labels.slice(1) : labels;
  return ofScores?.length === classes ? ofScores : undefined;
}

const open = ({ source }: Classifier): Promise<Explainer> =>
  "graph" in source ? openExplainer(source.graph) : openExplainer(source.model, source.weights);

interface InputSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** @throws CajalError `unsupported` for a network that takes anything but pictures */
function inputSizeOf({ inputShape }: Explainer, { name }: Classifier): InputSize {
  const [height = 224, width = 224, channels = 3] = inputShape;
  if (inputShape.length === 3 && (channels === 1 || channels === 3))
    return { height, width, channels };
  const shape = inputShape.map((extent) => extent ?? "?").join();
  throw new CajalError(
    "unsupported",
    `${name}: it takes [${shape}], expected pictures, [height, width, 1 or 3 channels] ([channels, height, width] in ONNX graphs). openExplainer of @cajal/explain takes tensors of any shape.`,
    { shape: inputShape },
  );
}

/** @throws CajalError `bad-argument` for means of colours where pictures are grey */
function checkPreprocess(
  { channels }: InputSize,
  { name }: Classifier,
  preprocess: Preprocessing | "unit" | undefined,
): void {
  if (channels === 3 || preprocess === undefined || preprocess === "tf" || preprocess === "unit") return; // prettier-ignore
  throw new CajalError(
    "bad-argument",
    `--preprocess ${preprocess}: it has a mean for each colour, and ${name} takes grey pictures. Expected unit (0 … 1) or tf (−1 … 1).`,
    { preprocess },
  );
}

/**
 * A picture cropped and resized to the network's input size, 0 … 255.
 *
 * @throws CajalError `bad-argument` where the file cannot be read, `bad-file` for what is no picture
 */
async function readPicture(
  file: string,
  { height, width, channels }: InputSize,
): Promise<Tensor<"float32">> {
  // A file with a name, by which errors call it.
  const image = await decodeImage(new File([(await readInput(file)) as Uint8Array<ArrayBuffer>], file), { channels }); // prettier-ignore
  return resizing(image, { width, height, cropToAspectRatio: true });
}

/** Pixels as the network's input, a batch of one. */
function inputOf(
  pixels: Tensor<"float32">,
  network: Classifier,
  preprocess: Preprocessing | "unit" | undefined,
): Tensor<"float32"> {
  const isColor = pixels.shape[2] === 3;
  const mode = preprocess ?? (isColor ? (network.preprocessing ?? "tf") : "unit");
  const scaled = (change: (pixel: number) => number) => tensor("float32", pixels.shape, pixels.data.map(change)); // prettier-ignore
  const x =
    mode === "unit"
      ? scaled((pixel) => pixel / 255)
      : isColor
        ? preprocessInput(pixels, mode)
        : scaled((pixel) => pixel / 127.5 - 1);
  return { ...x, shape: [1, ...x.shape] };
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

/** The methods that are graphs, as ONNX files. */
function graphsOf(
  { source }: Classifier,
  selected: readonly Method[],
  { out, layer, class: target }: { out: string; layer?: string; class?: number },
): (readonly [path: string, content: Uint8Array])[] {
  return selected
    .filter(({ name }) => graphMethods.includes(name))
    .map(({ name, gives }) => {
      const options = {
        target: target ?? (name === "integrated-gradients" ? "input" : "top"),
        ...(gives === "cam" && layer !== undefined && { layer }),
      } as object;
      const graph =
        "graph" in source
          ? attributionGraph(name as MethodName, source.graph, options)
          : attributionGraph(name as MethodName, source.model, source.weights, options);
      return [join(out, `${name}.onnx`), encodeModel(graph)] as const;
    });
}

function describeMap(records: readonly ExplainRecord[]): string {
  const zeros = records
    .filter(({ zero }) => zero)
    .map(({ image, method }) => `\n${basename(image)}, ${method}: the map is zero everywhere.`);
  const pair = (both: readonly [number, number] | undefined) =>
    both ? `${both[0].toFixed(3)} (${both[1].toFixed(3)})` : "–";
  const table = textTable(
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
  return `${table}${zeros.length > 0 ? "\n" : ""}${zeros.join("")}`;
}
