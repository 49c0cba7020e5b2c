// cajal transfer: trains a classifier on a folder with one folder of images per class.
import { readFile } from "node:fs/promises";
import { join, resolve as absolute } from "node:path";
import { CajalError, type Tensor } from "@cajal/core";
import { evaluation, type Dataset, type Image } from "@cajal/datasets";
import { imageFolder } from "@cajal/datasets/node";
import { checkWritableFolder } from "@cajal/files/node";
import { summary } from "@cajal/models";
import { decodeModel } from "@cajal/onnx";
import { open } from "@cajal/runtime";
import { fineTune, withHead, writeModel, type LoadedModel, type Stage, type TunedGraph } from "@cajal/transfer"; // prettier-ignore
import { checkOutside } from "../choices/checkOutside";
import { isGraphFile } from "../choices/imageModel";
import { graphBase, modelBase } from "../choices/transferBase";
import { cajalVersion } from "../measure/cajalVersion";
import { describeOnnx } from "../measure/describeOnnx";
import { environment } from "../measure/environment";
import { confusionOf } from "../measure/readings";
import { asTyped } from "../text/asTyped";
import { percent, whole } from "../text/format";
import type { Report } from "../report/report";
import type { Epoch } from "../report/sections/learning";
import type { Misread } from "../report/sections/predictions";
import { reportFiles, writeReport } from "../report/write";
import { defineCommand } from "./shared/defineCommand";
import { goingOn } from "./shared/goingOn";
import { keptIn } from "./shared/keptIn";
import { mapsByEpoch } from "./shared/mapsByEpoch";
import { fraction, number, numbers, text } from "./shared/parameters";
import { preprocess } from "./shared/preprocess";

export const transfer = defineCommand({
  name: "transfer",
  examples: [
    [
      "cajal transfer --data flowers --model MobileNet",
      "flowers/rose/1.jpg, flowers/tulip/1.jpg …",
    ],
    ["cajal transfer --data faces --model mine.keras --size 160", "on a model of your own"],
    ["cajal transfer --data flowers --model ResNet50 --epochs 20,0", "the head alone"],
    ["cajal transfer --data flowers --model resnet.onnx --preprocess torch", "of PyTorch's"],
  ],
  options: {
    data: text("<folder>", "a folder with a folder of pictures for each class", { required: true }),
    model: text("<name>", "a network with published weights, or a file", { default: "MobileNet" }),
    preprocess,
    epochs: numbers("<head,upper>", "passes with the head alone, then with upper layers too", {
      least: 0,
      count: 2,
      default: [15, 5],
    }),
    from: text(
      "<layer>",
      "the first of the upper layers (of a graph: initializer); default: those after the first two thirds",
    ),
    layer: text("<name>", "the layer (of a graph: node or value) whose output is the features"),
    size: number("<n>", "height and width of pictures; default: the network's", { least: 32 }),
    batch: number("<n>", "pictures a step", { least: 1, default: 16 }),
    explain: number("<n>", "held-out pictures whose maps the report shows by epoch; 0: none", {
      least: 0,
      default: 3,
    }),
    holdOut: fraction("<share>", "of the pictures, to be told apart at the end", { default: 0.2 }),
  },
  out: text("<folder>", "model, ONNX file and report go there; given again it goes on", {
    default: "cajal-transfer",
  }),
  async run(context, options) {
    const { output, progress, seed, signal } = context;
    const { data: folder, model: name, out, holdOut } = options;
    const startTime = new Date();
    if (holdOut <= 0 || holdOut >= 1)
      throw new CajalError(
        "bad-argument",
        `--hold-out ${holdOut}: expected a share of the pictures, between 0 and 1, such as 0.2.`,
        { holdOut },
      );
    checkOutside(out, folder);
    const isGraph = isGraphFile(name);
    const models = [...(isGraph ? [] : ["model.keras"]), "model.onnx"];
    await checkWritableFolder(out, [...models, ...reportFiles]);
    progress.start(`Network ${name}`);
    const pretrained = await (isGraph ? graphBase : modelBase)(name, options, context);
    const { base, preprocessing, size, asInput, batch = options.batch } = pretrained;
    const [height, width] = size;
    progress.finish(`${whole(pretrained.params)} parameters, input ${height}×${width}`);

    const chain = evaluation({ name, input: [height, width, 3], preprocessing }); // prettier-ignore
    const all = await imageFolder(folder, { channels: 3, prepare: (image) => chain(image) as Image<"float32"> }); // prettier-ignore
    const classes = all.classes!;
    const [training, validation] = all
      .batch(batch, { dropRemainder: pretrained.batch !== undefined })
      .split(1 - holdOut, { seed, stratify: true });
    if (validation.size === 0 || classes.length < 2)
      throw new CajalError(
        "bad-argument",
        `${folder}: ${all.size} pictures of ${classes.length} classes are too few: expected at least two folders, and some pictures to hold out.`,
      );
    const [first, second] = options.epochs as [number, number];
    const stages: Stage[] = [
      { epochs: first },
      ...(second > 0
        ? [{ epochs: second, learns: options.from ? { from: options.from } : "upper" } as const]
        : []),
    ];
    progress.start(`${whole(training.size)} pictures of ${classes.length} classes, ${whole(validation.size)} held out`); // prettier-ignore
    const curve = await keptIn<Omit<Epoch, "epoch">>(join(out, "state", "epochs.json"));
    // Epochs of the head on which the upper layers of an earlier run build.
    const builtOn = await keptIn<number>(join(out, "state", "head.json"));
    checkStages(out, [first, second], { done: curve.keys(), head: builtOn.all()[0] });
    const headed = pretrained.model && withHead(pretrained.model, { labels: classes, seed }).model;
    const maps =
      headed &&
      (await mapsByEpoch(headed, validation, {
        name,
        classes,
        count: options.explain,
        epochs: first + second,
        path: join(out, "state", `maps-of-${options.explain}.json`),
        signal,
      }));
    const inputs = (part: Dataset) => part.map(({ x, y }) => ({ x: asInput(x), y }));
    let trainedWeights: LoadedModel | TunedGraph | undefined;
    let place = { engine: "", device: "" };
    const events = fineTune(base, inputs(training), {
      labels: classes,
      stages,
      seed,
      signal,
      validation: inputs(validation),
      folder: join(out, "state"),
      cache: join(out, "state"),
    });
    for await (const event of goingOn(events, { folder: out, option: "--out" }))
      switch (event.type) {
        case "start":
          place = { engine: event.engine, device: event.device };
          if (event.stage === 1) await builtOn.add("epochs", first);
          break;
        case "step":
          progress.update((event.batch + 1) / event.stepsPerEpoch, `epoch ${event.epoch + 1} of ${stages[event.stage]!.epochs}, loss ${event.loss.toFixed(3)}`); // prettier-ignore
          break;
        case "epoch": {
          const { loss, metrics, validation: validated, seconds } = event;
          await curve.add(`${event.stage}/${event.epoch}`, {
            loss,
            accuracy: metrics.accuracy ?? NaN,
            val_loss: validated?.loss ?? NaN,
            val_accuracy: validated?.metrics.accuracy ?? NaN,
            seconds,
          });
          progress.say(`${event.stage === 0 ? "head" : "upper layers"}, epoch ${event.epoch + 1}: loss ${loss.toFixed(4)}, held out ${percent(validated?.metrics.accuracy ?? NaN)}`); // prettier-ignore
          await maps?.add(event.stage * first + event.epoch, () => event.weights());
          break;
        }
        case "tuned":
          trainedWeights = event;
          break;
      }
    const epochs = curve.all().map((each, i): Epoch => ({ epoch: i + 1, ...each }));
    const mapsSection = await maps?.section();
    if (!isGraph) await writeModel(join(out, "model.keras"), trainedWeights!, { signal });
    await writeModel(join(out, "model.onnx"), trainedWeights!, { signal });
    const bytes = await readFile(join(out, "model.onnx"));

    // Predictions for the held-out images, and which are wrong.
    await using session = await open(bytes, { signal });
    const truths: number[] = [];
    const reads: number[] = [];
    const misread: Misread[] = [];
    for await (const { x, y } of validation.batches({ signal })) {
      const { data: answers } = await session.predict(asInput(x));
      for (let i = 0; i < x.shape[0]!; i++) {
        const row = Array.from(answers.subarray(i * classes.length, (i + 1) * classes.length), Number); // prettier-ignore
        const probability = Math.max(...row);
        const read = row.indexOf(probability);
        const truth = Number(y.data[i]);
        if (read !== truth)
          misread.push({ index: truths.length, truth, read, probability, ...thumbnail(x, i) });
        truths.push(truth);
        reads.push(read);
      }
    }
    misread.sort((a, b) => b.probability - a.probability);
    const { params, macs } = factsOf(trainedWeights!, bytes);
    const seconds = (Date.now() - startTime.getTime()) / 1000;
    const dataset = folder;
    const report: Report = {
    format: "cajal-report-1",
    suite: "transfer",
    title: `${name} learns ${folder}`,
    seed,
    command: "transfer",
    options: asTyped({
      data: folder, model: name, preprocess: options.preprocess, epochs: options.epochs, from: options.from,
      layer: options.layer, size: options.size, batch: options.batch, explain: options.explain, "hold-out": holdOut, seed,
    }),
    at: startTime.toISOString(),
    seconds,
    environment: environment(),
    versions: { cajal: cajalVersion },
    records: [],
    checks: [],
    sections: [
      {
        type: "learning", model: name, dataset, ...place, optimizer: "adam", batch, params, macs,
        train_examples: training.size, validation_examples: validation.size, seconds, epochs,
      },
      {
        type: "predictions", model: name, dataset, classes, examples: truths.length,
        confusion: confusionOf(truths, reads, classes.length), misread,
      },
      ...(mapsSection ? [mapsSection] : []),
    ],
  }; // prettier-ignore
    const reports = await writeReport(out, report);
    const accuracy = 1 - misread.length / truths.length;
    output.document({ model: name, classes, examples: all.size, held_out: truths.length, accuracy, epochs, out }); // prettier-ignore
    output.text(
      [
        `${percent(accuracy)} of ${whole(truths.length)} held-out pictures read right.`,
        ...models.map((file) => `  ${absolute(join(out, file))}`),
        ...reports.map((path) => `  ${absolute(path)}`),
      ].join("\n"),
    );
  },
});

/**
 * Refuses epochs to which a run in the folder cannot go on: only its last stage may become longer.
 *
 * @param earlier.done `stage/epoch` of those that it has learned; `head`: how many its upper layers build on
 * @throws CajalError `bad-argument`
 */
function checkStages(
  out: string,
  epochs: readonly [head: number, upper: number],
  { done, head }: { done: readonly string[]; head: number | undefined },
): void {
  const learned = epochs.map((_, stage) => done.filter((key) => key.startsWith(`${stage}/`)).length); // prettier-ignore
  const isShorter = epochs.some((planned, stage) => learned[stage]! > planned);
  if (!isShorter && (head === undefined || head === epochs[0])) return;
  throw new CajalError(
    "bad-argument",
    `${out} holds a run of ${head ?? learned[0]} epochs of the head and ${learned[1]} of upper layers; got --epochs ${epochs.join(",")}. Its last stage may have more; for anything else choose another --out.`,
    { learned, epochs },
  );
}

function factsOf({ model }: LoadedModel | TunedGraph, onnx: Uint8Array) {
  if ("graph" in model) {
    const { params, macs } = describeOnnx(decodeModel(onnx), onnx.length);
    return { params, macs: macs ?? 0 };
  }
  const { totalParams: params, macs } = summary(model);
  return { params, macs };
}

const edge = 32;

/** An image for the report: grey, small, with its range stretched. */
function thumbnail(
  { data, shape }: Tensor,
  i: number,
): Pick<Misread, "width" | "height" | "pixels"> {
  // prettier-ignore
  const [, height, width, channels] = shape as [number, number, number, number];
  const start = i * height * width * channels;
  const grey = Array.from({ length: edge * edge }, (_, at) => {
    const y = Math.floor(((Math.floor(at / edge) + 0.5) / edge) * height);
    const x = Math.floor((((at % edge) + 0.5) / edge) * width);
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += Number(data[start + (y * width + x) * channels + c]);
    return sum;
  });
  const [low, high] = [Math.min(...grey), Math.max(...grey)];
  // 0 is the page's paper, 1 its ink: dark pixels are ink.
  return { width: edge, height: edge, pixels: grey.map((value) => (high - value) / (high - low || 1)) }; // prettier-ignore
}
