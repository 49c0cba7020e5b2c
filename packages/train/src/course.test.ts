// The training runs of a course in deep learning, as Keras computes them: U-Nets, autoencoders, forecasts,
// video, text, audio, several inputs and outputs, options of training, frozen bases. The loss of every
// step, the gradients of the first, the weights at the end.
import { readdirSync } from "node:fs";
import { tensor, type NamedBatch, type Tensor } from "@cajal/core";
import { readKeras, type ModelConfig } from "@cajal/models";
import { openTrainStep, type Loss, type Optimizer, type TrainStepOptions } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import * as data from "../testing/courseData";
import {
  difference,
  gradientsOf,
  ofSeveralNetworks,
  optimizerOf,
  readGolden,
  startOf,
  type KerasOptimizer,
} from "../testing/courseGoldens";
import {
  adam,
  averagedWeights,
  binaryCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  dice,
  huber,
  meanAbsoluteError,
  meanSquaredError,
  sgd,
  sparseCategoricalCrossentropy,
  tversky,
} from "./index";

type Options = Partial<Omit<TrainStepOptions, "optimizer">> & Pick<TrainStepOptions, "loss">;

/** A part of a run: how it trains, from which step on, with which optimizer if not the file's. */
interface Phase extends Options {
  readonly from?: number;
  readonly optimizer?: Optimizer;
}

interface Run {
  batch(step: number): NamedBatch;
  readonly phases: readonly Phase[];
  /** How many batches make an update, if not one. */
  readonly accumulate?: number;
  /** What the weights at the end are, if not those of the last step. */
  readonly averaged?: true;
  /** After how many steps the weights become their averages (Keras: `ema_overwrite_frequency`). */
  readonly overwriteEvery?: number;
}

const { rows } = data;
const column = (labels: readonly number[]) => tensor("float32", [labels.length, 1], labels);
const numbers = (labels: readonly number[]) => tensor("int32", [labels.length], labels);
const ofSize =
  (size: number, x: Tensor, y: Tensor) =>
  (step: number): NamedBatch => ({ x: rows(x, step * size, size), y: rows(y, step * size, size) });

/** BCE and a Dice of each image whose sums have 1 added, as the files state it. */
const bceAndDice = (): Loss => {
  const bce = binaryCrossentropy();
  return {
    name: "bce_dice",
    compute(ops, y, p) {
      const axes = [1, 2, 3];
      const sum = (x: typeof p) => ops.reduceSum(x, { axes });
      const doubledOverlap = ops.add(ops.mul(sum(ops.mul(y, p)), 2), 1);
      const overlap = ops.sub(1, ops.div(doubledOverlap, ops.add(ops.add(sum(y), sum(p)), 1)));
      return ops.add(ops.reduceMean(bce.compute(ops, y, p), { axes: [1, 2] }), overlap);
    },
  };
};

const segmentation = (loss: Loss): Run => {
  const { image, mask } = data.shapes("shapes", 32, 16);
  return { batch: ofSize(8, image, mask), phases: [{ loss }] };
};

const autoencoder = (loss: Loss, { flat = false, noise = 0 } = {}): Run => {
  const { images } = data.mnist(128);
  const y = flat ? { ...images, shape: [128, 784] } : images;
  const clamp = (value: number) => Math.min(Math.max(value, 0), 1);
  const noisy = noise
    ? data.filled(y.shape, (i) => clamp(y.data[i]! + noise * data.unit("denoise", i)))
    : y;
  return { batch: ofSize(16, noisy, y), phases: [{ loss }] };
};

const onlyOnes = (): Run => {
  const { images, labels } = data.mnist(2000);
  const onesIndices = labels.flatMap((label, i) => (label === 1 ? [i] : [])).slice(0, 64);
  const x = data.filled(
    [64, 784],
    (i) => images.data[onesIndices[Math.floor(i / 784)]! * 784 + (i % 784)]!,
  );
  return { batch: ofSize(16, x, x), phases: [{ loss: meanSquaredError() }] };
};

const forecast = (loss: Loss, { horizon = 1, features = 1, everyStep = false } = {}): Run => {
  const all = data.windows("series", { n: 64, window: 24, horizon, features });
  return { batch: ofSize(16, all.x, everyStep ? all.next : all.y), phases: [{ loss }] };
};

const nextFrame = (every: boolean): Run => {
  const { clip } = data.clips("squares", 32, 4, 8);
  const frame = 64;
  const x = data.filled([32, 4, 8, 8, 1], (i) => clip.data[Math.floor(i / 4 / frame) * 5 * frame + (i % (4 * frame))]!); // prettier-ignore
  const y = every
    ? data.filled([32, 4, 8, 8, 1], (i) => clip.data[Math.floor(i / 4 / frame) * 5 * frame + frame + (i % (4 * frame))]!) // prettier-ignore
    : data.filled([32, 8, 8, 1], (i) => clip.data[Math.floor(i / frame) * 5 * frame + 4 * frame + (i % frame)]!); // prettier-ignore
  return { batch: ofSize(8, x, y), phases: [{ loss: binaryCrossentropy() }] };
};

const direction = (): Run => {
  const { clip, direction: labels } = data.clips("squares", 32, 4, 8);
  const x = data.filled([32, 4, 8, 8, 1], (i) => clip.data[Math.floor(i / 256) * 320 + (i % 256)]!);
  return {
    batch: ofSize(8, x, numbers(labels)),
    phases: [{ loss: sparseCategoricalCrossentropy() }],
  };
};

const text = (padsBefore = false): Run => {
  const { x, labels } = data.texts("text", 64, 10, 20, padsBefore);
  return { batch: ofSize(16, x, column(labels)), phases: [{ loss: binaryCrossentropy() }] };
};

const audio = (spectrum: boolean): Run => {
  const { wave, labels } = data.tones("tones", 64, 128);
  const x = spectrum ? data.spectrogram(wave) : wave;
  const loss = sparseCategoricalCrossentropy({ fromLogits: true });
  return { batch: ofSize(16, x, numbers(labels)), phases: [{ loss }] };
};

const severalInputs = (): Run => {
  const { images, labels } = data.mnist(128);
  const table = data.filled([128, 4], (i) => {
    const label = labels[Math.floor(i / 4)]!;
    const r = data.unit("rows/table", i);
    return [r, r, label / 10 + 0.5 * r, label % 2][i % 4]!;
  });
  const category = labels.map((_, i) => data.bits("rows/category", i) % 5);
  const categories = tensor("int32", [128, 1], category);
  const large = column(labels.map((label) => (label >= 5 ? 1 : 0)));
  const value = data.filled([128, 1], (i) => labels[i]! / 10 + 0.25 * (category[i]! - 2));
  const part = (step: number, x: Tensor) => rows(x, step * 16, 16);
  return {
    batch: (t) => ({
      x: { image: part(t, images), table: part(t, table), category: part(t, categories) },
      y: { large: part(t, large), value: part(t, value) },
    }),
    phases: [
      {
        loss: { large: binaryCrossentropy(), value: meanSquaredError() },
        lossWeights: { value: 0.5 },
      },
    ],
  };
};

const digits = (phase: Partial<Phase> = {}, more: Partial<Run> & { image?: boolean } = {}): Run => {
  const { images, labels } = data.mnist(128);
  const x = more.image ? images : { ...images, shape: [128, 784] };
  return {
    batch: ofSize(16, x, numbers(labels)),
    phases: [{ loss: sparseCategoricalCrossentropy(), ...phase }],
    ...more,
  };
};

const oneHot = (loss: Loss): Run => {
  const { images, labels } = data.mnist(128);
  const y = data.filled([128, 10], (i) => (labels[Math.floor(i / 10)] === i % 10 ? 1 : 0));
  return { batch: ofSize(16, { ...images, shape: [128, 784] }, y), phases: [{ loss }] };
};

const weighted = (): Run => {
  const run = digits();
  const weight = data.filled([128], (n) => (data.bits("sample_weight", n) % 5) / 2);
  return { ...run, batch: (t) => ({ ...run.batch(t), weight: rows(weight, t * 16, 16) }) };
};

const dropped = (): Run => {
  const run = digits();
  const mask = (t: number) =>
    data.filled([16, 12], (i) => (data.bits(`dropout/${t}`, i) % 4 === 0 ? 0 : 4 / 3));
  return {
    ...run,
    batch: (t) => ({ x: { pixels: run.batch(t).x as Tensor, mask: mask(t) }, y: run.batch(t).y }),
  };
};

const threeLosses = (): Run => {
  const { images, labels, pixels } = data.mnist(128);
  const x = { ...images, shape: [128, 784] };
  const isOdd = column(labels.map((label) => label % 2));
  const size = data.filled([128, 1], (n) => {
    const image = pixels.subarray(n * 784, (n + 1) * 784);
    return image.reduce((a, b) => a + b, 0) / 784 / 255;
  });
  const part = (t: number, of: Tensor) => rows(of, t * 16, 16);
  return {
    batch: (t) => ({
      x: part(t, x),
      y: { digit: part(t, numbers(labels)), odd: part(t, isOdd), size: part(t, size) },
    }),
    phases: [
      {
        loss: {
          digit: sparseCategoricalCrossentropy(),
          odd: binaryCrossentropy(),
          size: huber({ delta: 0.2 }),
        },
        lossWeights: { odd: 0.5, size: 2 },
      },
    ],
  };
};

const transfer = (...phases: readonly Partial<Phase>[]): Run => {
  const { images, labels } = data.mnist(128);
  const loss = sparseCategoricalCrossentropy();
  return {
    batch: ofSize(16, images, numbers(labels.map((label) => label % 5))),
    phases: phases.map((phase) => ({ loss, ...phase })),
  };
};
const headAlone = { optimizer: adam({ learningRate: 0.02 }), frozen: ["base"] };
const lastBlock = {
  from: 6,
  optimizer: adam({ learningRate: 0.002 }),
  frozen: ["base/block1_conv", "base/block1_bn"],
};

const runs: Readonly<Record<string, () => Run>> = {
  "segmentation/transpose_bce": () => segmentation(binaryCrossentropy()),
  "segmentation/transpose_dice": () => segmentation(dice()),
  "segmentation/transpose_bce_dice": () => segmentation(bceAndDice()),
  "segmentation/upsampling_bce_dice": () => segmentation(bceAndDice()),
  "segmentation/upsampling_bilinear_tversky": () => segmentation(tversky({ alpha: 0.3, beta: 0.7 })), // prettier-ignore
  "segmentation/transpose_bn_bce": () => segmentation(binaryCrossentropy()),
  "autoencoder/dense_mse": () => autoencoder(meanSquaredError(), { flat: true }),
  "autoencoder/conv_bce": () => autoencoder(binaryCrossentropy()),
  "autoencoder/conv_denoising_mse": () => autoencoder(meanSquaredError(), { noise: 0.5 }),
  "autoencoder/anomaly_by_reconstruction": onlyOnes,
  "forecast/lstm_one_step_mse": () => forecast(meanSquaredError()),
  "forecast/gru_two_features_mae": () => forecast(meanAbsoluteError(), { features: 2 }),
  "forecast/gru_stacked_six_steps_huber": () => forecast(huber({ delta: 0.3 }), { horizon: 6 }),
  "forecast/seq2seq_six_steps_mse": () => forecast(meanSquaredError(), { horizon: 6 }),
  "forecast/conv1d_causal_mse": () => forecast(meanSquaredError()),
  "forecast/wavenet_every_step_mse": () => forecast(meanSquaredError(), { everyStep: true }),
  "video/convlstm_next_frame": () => nextFrame(false),
  "video/convlstm_stacked_every_frame": () => nextFrame(true),
  "video/td_cnn_lstm": direction,
  "video/conv3d": direction,
  "text/gru_masked": () => text(),
  "text/stacked_gru_masked_before": () => text(true),
  "text/bidirectional_lstm_masked": () => text(),
  "text/mean_masked": () => text(),
  "text/conv1d": () => text(),
  "audio/conv1d_wave": () => audio(false),
  "audio/separable_conv1d_wave": () => audio(false),
  "audio/conv2d_spectrogram": () => audio(true),
  "audio/crnn_spectrogram": () => audio(true),
  "multi_input/image_table_category": severalInputs,
  "multi_input/gated_by_table": severalInputs,
  "training_options/class_weights": () =>
    digits({ loss: sparseCategoricalCrossentropy({ classWeights: [2, 0.5, 1, 1, 1, 3, 1, 1, 0.25, 1] }) }), // prettier-ignore
  "training_options/sample_weights": weighted,
  "training_options/label_smoothing": () => oneHot(categoricalCrossentropy({ labelSmoothing: 0.1 })), // prettier-ignore
  "training_options/focal": () => oneHot(categoricalFocalCrossentropy()),
  "training_options/three_losses": threeLosses,
  "training_options/gradient_accumulation": () => digits({}, { accumulate: 3 }),
  "training_options/gradient_accumulation_sgd": () => digits({}, { accumulate: 4 }),
  "training_options/clipnorm": () => digits(),
  "training_options/global_clipnorm": () => digits(),
  "training_options/clipvalue": () => digits(),
  "training_options/regularizers": () => digits(),
  "training_options/ema_overwrite_every_4": () => digits({}, { overwriteEvery: 4 }),
  "training_options/ema": () => digits({}, { image: true, averaged: true }),
  "training_options/max_norm": () => digits(),
  "training_options/dropout_with_given_mask": dropped,
  "training_options/exponential_decay_adamw": () => digits(),
  "transfer/base_called_in_inference_mode": () => transfer(headAlone, lastBlock),
  "transfer/base_in_inference_mode_explicitly": () =>
    transfer(headAlone, { ...lastBlock, inferenceMode: ["base"] }),
  "transfer/base_trainable_false": () => transfer(headAlone, lastBlock),
  "transfer/bn_kept_frozen": () =>
    transfer(headAlone, { ...lastBlock, frozen: [...lastBlock.frozen, "base/block2_bn"] }),
  "transfer/base_variables_left_out": () =>
    transfer({ ...headAlone, frozen: [], learningRateMultipliers: { base: 0 } }, lastBlock),
  "transfer/two_rates": () =>
    transfer({
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
      learningRateMultipliers: { base: 0.1 },
    }),
};

const engines = ["onnx", "tfjs"] as const;

/** What engine tfjs says it cannot train: regularizers of outputs. */
const refusedByTfjs: ReadonlySet<string> = new Set(["training_options/regularizers"]);

describeWithShared("the course's runs as Keras computes them", "reference/course", (folder) => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json") && !name.endsWith("gaussian.json"))
    .map((name) => name.replaceAll("\\", "/").slice(0, -".json".length))
    .toSorted();

  it("has a run for every file, but for those of several networks", () =>
    expect([...Object.keys(runs), ...ofSeveralNetworks].toSorted()).toEqual(files));

  const cases = engines.flatMap((engine) => Object.keys(runs).map((name) => ({ name, engine })));
  it.each(cases)("$name on $engine", async ({ name, engine }) => {
    const golden = readGolden(name);
    const [modelConfig] = Object.values(golden.models);
    // The files hold what was trainable when the run ended; here the phases say so.
    const written = JSON.stringify(modelConfig!.config).replaceAll('"trainable":false', '"trainable":true'); // prettier-ignore
    const model: ModelConfig = readKeras(written);
    const start = startOf(golden);
    const tolerance = golden.suggested_tolerance;
    const run = runs[name]!();
    const { optimizer: _, from: __, ...firstPhase } = run.phases[0]!;
    // A second thread of ONNX Runtime would spin while it waits for the next small operator.
    const place = { engine, device: "cpu", ...(engine === "onnx" && { threads: 1 }) } as const;
    const first = { ...firstPhase, ...place };
    if (engine === "tfjs" && refusedByTfjs.has(name))
      return expect(gradientsOf(model, start, first, run.batch(0))).rejects.toMatchObject({
        code: "unsupported",
      });

    // Constraints would change weights after the probe's step.
    const free = readKeras(written.replace(/"kernel_constraint":\{.*?"registered_name":null\}/g, '"kernel_constraint":null')); // prettier-ignore
    const gradients = await gradientsOf(free, start, first, run.batch(0));
    const expected = Object.fromEntries(
      Object.entries(golden.gradients_of_first_step)
        .filter(([key]) => !key.includes("|") || key.startsWith("head_alone|"))
        .map(([key, sample]) => [key.replace(/.*\|/, ""), sample]),
    );
    expect(difference(gradients, expected), "gradients of the first step").toBeLessThanOrEqual(
      tolerance.gradients_of_first_step,
    );

    // TF.js is slow in Node: its first steps, and the whole run on ONNX Runtime.
    const steps = engine === "tfjs" ? Math.max(2, run.accumulate ?? 1) : golden.steps;
    let weights: ReadonlyMap<string, Tensor> = start;
    const losses: number[] = [];
    for (const [i, { from = 0, optimizer, ...phase }] of run.phases.entries()) {
      if (from >= steps) break;
      const until = Math.min(run.phases[i + 1]?.from ?? steps, steps);
      const step = await openTrainStep(model, weights, {
        ...phase,
        ...place,
        optimizer: optimizer ?? optimizerOf(golden.optimizer as KerasOptimizer),
        verify: false,
      });
      const together = run.accumulate ?? 1;
      for (let t = from; t < until; t += together) {
        const batches = Array.from({ length: together }, (_, k) => run.batch(t + k));
        losses.push((await step.run(together === 1 ? batches[0]! : batches)).loss);
        if (run.overwriteEvery && (t + 1) % run.overwriteEvery === 0) {
          const state = await step.state();
          await step.restore(averagedWeights(await step.weights(), state), state);
        }
      }
      weights = run.averaged
        ? averagedWeights(await step.weights(), await step.state())
        : await step.weights();
      await step.dispose();
    }
    const together = run.accumulate ?? 1;
    const each = losses.map((_, i) => {
      const part = golden.loss_at_each_step.slice(i * together, (i + 1) * together);
      return part.reduce((a, b) => a + b) / together;
    });
    each.forEach(
      (value, i) =>
      expect(Math.abs(losses[i]! - value) / Math.max(1, value), `loss of step ${i}`).toBeLessThanOrEqual(tolerance.loss_at_each_step), // prettier-ignore
    );
    if (steps < golden.steps) return;
    const ends = new Map([...weights].map(([key, { data }]) => [key, data as Float32Array]));
    expect(difference(ends, golden.weights_at_the_end), "weights at the end").toBeLessThanOrEqual(
      tolerance.weights_at_the_end,
    );
  });
});

describe("the course's data", () => {
  it("follows the generator of the reference numbers", () => {
    expect(data.bits("block1_conv1/kernel", 0)).toBe(2797875557);
    expect(data.unit("block1_conv1/kernel", 1)).toBeCloseTo(0.7995442, 6);
  });
});
