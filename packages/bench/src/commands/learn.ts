// cajal learn: trains a network on a data set, and says how it goes.
import { CajalError, unknownName } from "@cajal/core";
import { checkWritable, checkWritableFolder } from "@cajal/files/node";
import { modelFacts, summary } from "@cajal/models";
import { type DeviceChoice, devices } from "@cajal/runtime";
import {
  accuracy,
  adagrad,
  adam,
  adamw,
  type Checkpoint,
  type OptimizerOptions,
  rmsprop,
  sgd,
  sparseCategoricalCrossentropy,
  train,
} from "@cajal/train";
import { checkpoints, latestCheckpoint, saveModel } from "@cajal/train/node";
import type { CommonOptions, Context } from "../context";
import { host } from "../measure/environment";
import { duration, engineName, figures, milliseconds, percent, whole } from "../report/format";
import { imageSet } from "../choices/imageSets";
import { networkFor, recordName } from "../choices/networks";
import type { BenchRecord } from "../measure/record";
import type { ScheduleName } from "../choices/scheduleNames";
import { schedules } from "../choices/schedules";
import { median, p90 } from "../measure/statistics";
import { placeOf, versionsOf } from "../measure/versionsOf";

export interface LearnOptions extends CommonOptions {
  model: string;
  dataset: string;
  data?: string;
  epochs?: number;
  batch?: number;
  optimizer: string;
  learningRate?: number;
  schedule: ScheduleName;
  augment: boolean;
  engine?: string;
  device: string;
  checkpoint?: string;
  resume?: boolean;
  save?: string;
}

/** The recipes' learning rates are meant for it. */
const usualOptimizer = "adam";

const optimizers = {
  adagrad,
  adam,
  adamw,
  rmsprop,
  sgd: (options: OptimizerOptions) => sgd({ momentum: 0.9, ...options }),
};

export async function learn(
  { output, progress, seed, signal }: Context,
  options: LearnOptions,
): Promise<void> {
  const { device } = options;
  if (options.checkpoint !== undefined) await checkWritableFolder(options.checkpoint);
  if (options.save !== undefined) await checkWritable(options.save);
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
  const resume = options.resume === true ? await latest(options.checkpoint) : undefined;

  const { totalParams: params, macs } = summary(model);
  progress.start(`Data set ${data.name}`);
  const { seen, heldOut, part } = await data.load({
    folder: options.data,
    seed,
    signal,
    onProgress: (note) => progress.update(0, note),
  });
  progress.finish(
    part === undefined
      ? `${whole(seen.size)} examples to learn from, ${whole(heldOut.size)} held out`
      : `a part of it, ${part}`,
  );

  const steps = epochs * Math.ceil(seen.size / batch);
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
  let began = 0;
  let record: BenchRecord | undefined;
  let read = NaN;
  let seconds = 0;
  const run = train(model, augment === undefined ? seen : augment.change(seen, seed), {
    epochs,
    batchSize: batch,
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer,
    metrics: [accuracy()],
    validation: heldOut.batch(256),
    seed,
    signal,
    // Refused there, with the known ones, when it is none.
    device: device as DeviceChoice,
    ...(engine !== undefined && { engine }),
    ...(options.checkpoint !== undefined && { checkpoint: checkpoints(options.checkpoint) }),
    ...(resume !== undefined && { resume }),
  });
  for await (const event of run)
    switch (event.type) {
      case "start":
        place = { engine: event.engine, device: event.device };
        began = performance.now();
        break;
      case "step":
        times.push(performance.now() - began);
        progress.update(
          (event.epoch + (event.batch + 1) / event.stepsPerEpoch) / epochs,
          `epoch ${event.epoch + 1} of ${epochs}  loss ${event.loss.toFixed(3)}`,
        );
        began = performance.now();
        break;
      case "epoch": {
        read = event.validation?.metrics.accuracy ?? NaN;
        const { loss, metrics, validation, seconds } = event;
        progress.say(
          `epoch ${event.epoch + 1} of ${epochs}: loss ${loss.toFixed(4)}, accuracy ${percent(metrics.accuracy ?? NaN, 2)}; held out: loss ${(validation?.loss ?? NaN).toFixed(4)}, accuracy ${percent(read, 2)} (${duration(seconds)})`,
        );
        began = performance.now();
        break;
      }
      case "checkpoint":
        began = performance.now();
        break;
      case "end":
        seconds = event.seconds;
        if (options.save !== undefined)
          await saveModel(options.save, {
            model,
            weights: event.weights,
            ...(seen.classes && { labels: seen.classes }),
          });
        progress.finish(`${percent(read, 2)} of the held-out examples read right`);
        break;
    }
  const common = {
    suite: "learn",
    model: recordName(options.model),
    // Accuracy on a part is another measurement.
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
  output.line({ ...common, phase: "accuracy", batch, n: heldOut.size, top1: read });
  output.text(
    [
      `${percent(read, 2)} of ${whole(heldOut.size)} held-out examples read right, after ${epochs} ${epochs === 1 ? "epoch" : "epochs"} in ${duration(seconds)}`,
      ...(part === undefined ? [] : [`on a part of ${data.name}: ${part}`]),
      ...(record === undefined
        ? []
        : [`${milliseconds(record.median_ms!)} a step of ${batch} on ${engineName(place)}`]),
      ...(options.save === undefined ? [] : [`saved as ${options.save}`]),
    ].join("\n"),
  );
}

function engineOf(name: string | undefined): "onnx" | "tfjs" | undefined {
  if (name === undefined || name === "onnx" || name === "tfjs") return name;
  throw unknownName("engine", name, ["onnx", "tfjs"]);
}

/** The newest checkpoint; nothing where there is none yet, so that one call serves to begin and to go on. */
async function latest(folder: string | undefined): Promise<Checkpoint | undefined> {
  if (folder === undefined)
    throw new CajalError(
      "bad-argument",
      "--resume needs --checkpoint <folder>: where to go on from.",
    );
  return latestCheckpoint(folder);
}
