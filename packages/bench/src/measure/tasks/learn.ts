// Trains a network on a data set from scratch, with a fixed budget of examples.
import { summary } from "@cajal/models";
import { accuracy, adam, cosineDecay, sparseCategoricalCrossentropy, train } from "@cajal/train";
import { imageSet } from "../../choices/imageSets";
import { smallNetwork } from "../../choices/smallNetworks";
import { figures } from "../../text/format";
import type { CurvePoint } from "../record";
import { median, p90 } from "../statistics";
import type { SingleTask } from "./task";

export interface LearnSettings {
  /** Number of examples to train on, counting repetitions. */
  readonly examples: number;
  /** Folder with the data set's files; without it they are downloaded. */
  readonly data?: string;
}

/** Part of all steps over which the rate rises: networks without batch normalization die of large first steps. */
const warmup = 0.1;

export const learn: SingleTask<LearnSettings> = {
  name: "learn",
  async run(
    { model: name, dataset, engine, device, batch, seed = 42, threads, settings },
    progress,
  ) {
    const { examples, data: folder } = settings;
    const set = imageSet(dataset ?? "digits");
    const { training, validation, part } = await set.load({ folder, seed });
    const some = training.size > examples ? training.take(examples) : training;
    const epochs = Math.max(1, Math.round(examples / some.size));
    const model = smallNetwork(name, set);
    const steps = epochs * Math.ceil(some.size / batch);
    const warmupSteps = Math.ceil(steps * warmup);
    const { augment, learningRate } = set.recipe;
    const { totalParams: params, macs } = summary(model);
    const curve: CurvePoint[] = [];
    const times: number[] = [];
    let stepBegan = 0;
    const events = train(model, augment === undefined ? some : augment.change(some, seed), {
      engine,
      device,
      threads,
      epochs,
      batchSize: batch,
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      optimizer: adam({
        learningRate: cosineDecay(0, {
          warmupSteps,
          warmupTarget: learningRate,
          decaySteps: Math.max(1, steps - warmupSteps),
        }),
      }),
      metrics: [accuracy()],
      validation: validation.batch(256),
      seed,
      worker: false, // steps are timed
    });
    const startTime = performance.now();
    for await (const event of events)
      switch (event.type) {
        case "start":
          stepBegan = performance.now();
          break;
        case "step":
          times.push(performance.now() - stepBegan);
          progress(
            (event.epoch + (event.batch + 1) / event.stepsPerEpoch) / epochs,
            `epoch ${event.epoch + 1} of ${epochs}  loss ${event.loss.toFixed(3)}`,
          );
          stepBegan = performance.now();
          break;
        case "epoch":
          curve.push({
            epoch: event.epoch + 1,
            seconds: Number(((performance.now() - startTime) / 1000).toFixed(2)),
            loss: event.loss,
            val_accuracy: event.validation!.metrics.accuracy!,
          });
          stepBegan = performance.now();
          break;
      }
    const seconds = Number(((performance.now() - startTime) / 1000).toFixed(2));
    const common = { params, macs, ...(part !== undefined && { dataset: `${set.name}-part` }) };
    return [
      { ...common, n: validation.size, top1: curve.at(-1)!.val_accuracy, seconds, curve },
      {
        ...common,
        phase: "train",
        n: times.length,
        median_ms: figures(median(times)),
        p90_ms: figures(p90(times)),
      },
    ];
  },
};
