// cajal learn: trains a network on a data set, and reports its progress.
import { CajalError, unknownName, type Weights } from "@cajal/core";
import type { Dataset } from "@cajal/datasets";
import { checkWritable, checkWritableFolder } from "@cajal/files/node";
import { modelFacts, summary, type ModelConfig } from "@cajal/models";
import { type DeviceChoice, devices, open } from "@cajal/runtime";
import {
  accuracy,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  type Checkpoint,
  type OptimizerOptions,
  ftrl,
  lamb,
  lion,
  muon,
  nadam,
  rmsprop,
  sgd,
  sparseCategoricalCrossentropy,
  train,
} from "@cajal/train";
import { checkpoints, checkSavePath, latestCheckpoint, saveModel } from "@cajal/train/node";
import { host } from "../measure/environment";
import { duration, engineName, figures, milliseconds, percent, whole } from "../text/format";
import { imageSet } from "../choices/imageSets";
import { networkFor, recordName } from "../choices/networks";
import { readings } from "../measure/readings";
import type { BenchRecord } from "../measure/record";
import { scheduleNames, schedules } from "../choices/schedules";
import { median, p90 } from "../measure/statistics";
import { placeOf, versionsOf } from "../measure/versionsOf";
import { defineCommand } from "./shared/defineCommand";
import { goingOn } from "./shared/goingOn";
import { choice, flag, fraction, negatedFlag, number, text } from "./shared/parameters";

/** The batch size for which the recipes' learning rates were chosen. */
const usualOptimizer = "adam";

const optimizers = {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  ftrl,
  lamb,
  lion,
  muon,
  nadam,
  rmsprop,
  sgd: (options: OptimizerOptions) => sgd({ momentum: 0.9, ...options }),
};

export const learn = defineCommand({
  name: "learn",
  examples: [
    ["cajal learn", "LeNet-5 learns the embedded digits"],
    ["cajal learn --dataset mnist", "MNIST, fetched once and kept"],
    ["cajal learn --model convnet --dataset cifar10", "a network with batch normalization"],
    ["cajal learn --checkpoint run1 --resume", "goes on where it was interrupted"],
  ],
  options: {
    model: text("<name>", "network", { default: "lenet5" }),
    dataset: text("<name>", "data set", { default: "digits" }),
    data: text("<folder>", "folder with the data set's files; without it they are fetched"),
    epochs: number("<n>", "passes over the data; default: the data set's", { least: 1 }),
    batch: number("<n>", "examples a step; default: the data set's", { least: 1 }),
    optimizer: text("<name>", "optimizer", { default: "adam" }),
    learningRate: fraction(
      "<rate>",
      "the largest; default: the data set's for adam, else the optimizer's",
    ),
    schedule: choice("of the learning rate, over the whole run", scheduleNames, {
      placeholder: "<name>",
      default: "cosine",
    }),
    augment: negatedFlag("learn the images as they are, not moved or mirrored at random"),
    engine: text("<name>", "engine; default: the fastest that trains"),
    device: text("<name>", "device of the engine", { default: "auto" }),
    checkpoint: text("<folder>", "keeps the state there after every epoch"),
    save: text("<file>", "writes the trained model there: config, weights and labels in one file"),
    resume: flag("goes on from the checkpoint; give the same options again"),
  },
  async run({ output, progress, seed, signal }, options) {
    const { device } = options;
    if (options.checkpoint !== undefined) await checkWritableFolder(options.checkpoint);
    if (options.save !== undefined) {
      checkSavePath(options.save);
      await checkWritable(options.save);
    }
    const data = imageSet(options.dataset);
    const { recipe } = data;
    const { epochs = recipe.epochs, batch = recipe.batch } = options;
    const model = networkFor(options.model, data);
    const makeOptimizer = Object.entries(optimizers).find(
      ([name]) => name === options.optimizer,
    )?.[1];
    if (makeOptimizer === undefined)
      throw unknownName("optimizer", options.optimizer, Object.keys(optimizers));
    const engine = engineOf(options.engine);
    const resume = options.resume === true ? await latestOrNone(options.checkpoint) : undefined;

    if (resume && resume.position.epoch > epochs)
      throw new CajalError(
        "bad-argument",
        `${options.checkpoint}: it holds a run of ${resume.position.epoch} epochs; got --epochs ${epochs}. Give as many or more, or another --checkpoint.`,
        { learned: resume.position.epoch, epochs },
      );

    const { totalParams: params, macs } = summary(model);
    progress.start(`Data set ${data.name}`);
    const { training, validation, part } = await data.load({
      folder: options.data,
      seed,
      signal,
      onProgress: (note) => progress.update(0, note),
    });
    progress.finish(
      part === undefined
        ? `${whole(training.size)} examples to learn from, ${whole(validation.size)} held out`
        : `a part of it, ${part}`,
    );

    const steps = epochs * Math.ceil(training.size / batch);
    const learningRate =
      options.learningRate ??
      (options.optimizer === usualOptimizer
        ? recipe.learningRate
        : makeOptimizer({}).learningRate(0));
    const optimizer = makeOptimizer({
      learningRate: schedules[options.schedule](learningRate, steps),
    });
    const augment = options.augment ? recipe.augment : undefined;
    const how = [
      `batches of ${batch}`,
      `${options.optimizer} at ${learningRate} (${options.schedule})`,
      ...(augment === undefined ? [] : [`images ${augment.description}`]),
    ].join(", ");
    progress.start(
      `${modelFacts(options.model).name}, ${whole(params)} parameters, learns ${data.name}`,
    );
    progress.say(how);
    let place = { engine: "", device: "" };
    const times: number[] = [];
    let startTime = 0;
    let record: BenchRecord | undefined;
    let read = NaN;
    let seconds = 0;
    const run = train(model, augment === undefined ? training : augment.change(training, seed), {
      epochs,
      batchSize: batch,
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      optimizer,
      metrics: [accuracy()],
      validation: validation.batch(256),
      seed,
      signal,
      // An unknown name is refused there, with a list of the known ones.
      device: device as DeviceChoice,
      ...(engine !== undefined && { engine }),
      ...(options.checkpoint !== undefined && { checkpoint: checkpoints(options.checkpoint) }),
      ...(resume !== undefined && { resume }),
    });
    for await (const event of resume
      ? goingOn(run, { folder: options.checkpoint!, option: "--checkpoint" })
      : run)
      switch (event.type) {
        case "start":
          place = { engine: event.engine, device: event.device };
          startTime = performance.now();
          break;
        case "step":
          times.push(performance.now() - startTime);
          progress.update(
            (event.epoch + (event.batch + 1) / event.stepsPerEpoch) / epochs,
            `epoch ${event.epoch + 1} of ${epochs}  loss ${event.loss.toFixed(3)}`,
          );
          startTime = performance.now();
          break;
        case "epoch": {
          read = event.validation?.metrics.accuracy ?? NaN;
          const { loss, metrics, validation: validationResult, seconds } = event;
          progress.say(
            `epoch ${event.epoch + 1} of ${epochs}: loss ${loss.toFixed(4)}, accuracy ${percent(metrics.accuracy ?? NaN, 2)}; held out: loss ${(validationResult?.loss ?? NaN).toFixed(4)}, accuracy ${percent(read, 2)} (${duration(seconds)})`,
          );
          startTime = performance.now();
          break;
        }
        case "checkpoint":
          startTime = performance.now();
          break;
        case "end":
          seconds = event.seconds;
          // A run that had ended goes on with no epoch.
          if (Number.isNaN(read))
            read = await accuracyOf(model, event.weights, { validation, place, signal });
          if (options.save !== undefined)
            await saveModel(options.save, {
              model,
              weights: event.weights,
              ...(training.classes && { labels: training.classes }),
            });
          progress.finish(`${percent(read, 2)} of the held-out examples read right`);
          break;
      }
    const common = {
      suite: "learn",
      model: recordName(options.model),
      // Accuracy on a subset is a different measurement.
      dataset: part === undefined ? data.name : `${data.name}-part`,
      ...place,
      params,
      macs,
      seed,
      versions: versionsOf(placeOf(await devices({ signal }), place)),
      host: host(),
      at: new Date().toISOString(),
    };
    if (times.length > 0) {
      record = {
        ...common,
        phase: "train",
        batch,
        n: times.length,
        median_ms: figures(median(times)),
        p90_ms: figures(p90(times)),
      };
      output.line(record);
    }
    output.line({ ...common, phase: "accuracy", batch, n: validation.size, top1: read });
    output.text(
      [
        `${percent(read, 2)} of ${whole(validation.size)} held-out examples read right, after ${epochs} ${epochs === 1 ? "epoch" : "epochs"} in ${duration(seconds)}`,
        ...(part === undefined ? [] : [`on a part of ${data.name}: ${part}`]),
        ...(record === undefined
          ? []
          : [`${milliseconds(record.median_ms!)} a step of ${batch} on ${engineName(place)}`]),
        ...(options.save === undefined ? [] : [`saved as ${options.save}`]),
      ].join("\n"),
    );
  },
});

function engineOf(name: string | undefined): "onnx" | "tfjs" | undefined {
  if (name === undefined || name === "onnx" || name === "tfjs") return name;
  throw unknownName("engine", name, ["onnx", "tfjs"]);
}

/** The share of examples that a network reads right. */
async function accuracyOf(
  model: ModelConfig,
  weights: Weights,
  { validation, place, signal }: { validation: Dataset; place: object; signal: AbortSignal },
): Promise<number> {
  await using session = await open(model, weights, { ...place, signal });
  let right = 0;
  for await (const { x, y } of validation.batch(256).batches({ signal }))
    readings(await session.predict(x)).forEach(({ read }, i) => {
      if (read === Number(y.data[i])) right++;
    });
  return right / validation.size;
}

/** The newest checkpoint; undefined where there is none yet, so that the same call begins and resumes a run. */
async function latestOrNone(folder: string | undefined): Promise<Checkpoint | undefined> {
  if (folder === undefined)
    throw new CajalError(
      "bad-argument",
      "--resume needs --checkpoint <folder>: where to go on from.",
    );
  return latestCheckpoint(folder);
}
