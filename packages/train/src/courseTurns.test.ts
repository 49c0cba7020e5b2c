// Runs of the course in which several networks take part, as Keras computes them: two that take turns, and a
// variational autoencoder. Each turn is a step of its own over the networks it needs, as layers of one model.
import { tensor, type NamedBatch, type Tensor, type Weights } from "@cajal/core";
import { defineLayer, functional, readKeras, type ModelConfig } from "@cajal/models";
import { openTrainStep, type Loss, type TrainStep } from "@cajal/runtime";
import { expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import * as data from "../testing/courseData";
import {
  difference,
  gradientsOf,
  optimizerOf,
  readGolden,
  startOf,
  type Golden,
  type KerasOptimizer,
} from "../testing/courseGoldens";
import { binaryCrossentropy } from "./index";

const size = 16;

/** Images −1 … 1, and the noise of the k-th batch that is drawn. */
function ganData() {
  const { images } = data.mnist(128);
  const scaled = data.filled(images.shape, (i) => Math.fround((images.data[i]! * 255) / 127.5 - 1));
  return {
    real: (step: number) => data.rows(scaled, step * size, size),
    noise: (k: number) => data.filled([size, 8], (i) => data.unit(`noise/${k}`, i)),
  };
}

/** The networks of a run, as models: what was trainable when it ended is of no account. */
const networkOf = ({ models }: Golden, name: string): ModelConfig =>
  readKeras(JSON.stringify(models[name]!.config).replaceAll('"trainable":false', '"trainable":true')); // prettier-ignore

/** Both networks' models and weights: the judge's turn sees what is real, then what is drawn. */
function adversaries(golden: Golden) {
  const [generator, discriminator] = ["generator", "discriminator"].map((name) => networkOf(golden, name)); // prettier-ignore
  const judging = functional("judging");
  const [z, image] = [judging.input([8], { name: "z" }), judging.input([28, 28, 1], { name: "image" })]; // prettier-ignore
  const fake = judging.nested(generator!, z);
  const onReal = judging.nested(discriminator!, image);
  const drawing = functional("drawing");
  const noise = drawing.input([8], { name: "z" });
  return {
    judging: judging.model([z, image], [onReal, judging.again(onReal, fake)]),
    drawing: drawing.model(
      noise,
      drawing.nested(discriminator!, drawing.nested(generator!, noise)),
    ),
    start: new Map([
      ...startOf(golden, "generator", "generator/"),
      ...startOf(golden, "discriminator", "discriminator/"),
    ]),
  };
}

const filled = (value: number) => data.filled([size, 1], () => value);

/** Hands the weights of one network's step to the other's. */
async function handOver(from: TrainStep, to: TrainStep, change = (weights: Weights) => weights) {
  await to.restore(change(await from.weights()), await to.state());
}

const within = (name: string, weights: ReadonlyMap<string, Float32Array>) =>
  new Map([...weights].map(([key, values]) => [key.slice(key.indexOf("/") + 1), values] as const)
    .filter(([key]) => [...weights.keys()].includes(`${name}/${key}`))); // prettier-ignore

const arrays = (weights: Weights) =>
  new Map([...weights].map(([key, { data }]) => [key, data as Float32Array] as const));

function expectClose(got: readonly number[], expected: readonly number[], tolerance: number) {
  expect(got).toHaveLength(expected.length);
  got.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)), `step ${i}`).toBeLessThanOrEqual(tolerance)); // prettier-ignore
}

const gradientsIn = ({ gradients_of_first_step: all }: Golden, name: string) =>
  Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(`${name}|`))
      .map(([key, sample]) => [key.slice(name.length + 1), sample]),
  );

describeWithShared("two networks that take turns, as in Keras", "reference/course", () => {
  it.each([
    [
      "gan/dcgan_training_mode",
      { learningRateMultipliers: { discriminator: 0 } },
      "sharing weights",
    ],
    [
      "gan/dcgan_training_mode",
      { learningRateMultipliers: { discriminator: 0 } },
      "handing them over",
    ],
    ["gan/dcgan_trainable_false", { frozen: ["discriminator"] }, "sharing weights"],
    ["gan/dcgan_trainable_false", { frozen: ["discriminator"] }, "handing them over"],
  ])("%s, %o, %s", async (name, apart, way) => {
    const isShared = way === "sharing weights";
    const next = isShared ? async () => {} : handOver;
    const golden = readGolden(name);
    const { judging, drawing, start } = adversaries(golden);
    const { real, noise } = ganData();
    const by = golden.optimizer as Readonly<Record<string, KerasOptimizer>>;
    const tolerance = golden.suggested_tolerance;
    const loss = binaryCrossentropy({ fromLogits: true });
    const judgeOptions = { loss: { discriminator: loss, discriminator_1: loss }, learningRateMultipliers: { generator: 0 } }; // prettier-ignore
    const judge = await openTrainStep(judging, start, { ...judgeOptions, optimizer: optimizerOf(by.discriminator!), verify: false }); // prettier-ignore
    const drawer = await openTrainStep(drawing, start, { loss, ...apart, optimizer: optimizerOf(by.generator!), verify: false, ...(isShared && { shareWeightsWith: judge }) }); // prettier-ignore
    const judged = (t: number): NamedBatch => ({
      x: { image: real(t), z: noise(2 * t) },
      y: { discriminator: filled(0.9), discriminator_1: filled(0) },
    });
    const drawn = (t: number): NamedBatch => ({ x: noise(2 * t + 1), y: filled(1) });

    const judgeGradients = await gradientsOf(judging, start, judgeOptions, judged(0));
    expect(difference(within("discriminator", judgeGradients), gradientsIn(golden, "discriminator"))).toBeLessThanOrEqual(tolerance.gradients_of_first_step); // prettier-ignore
    const losses = { judge: [] as number[], drawer: [] as number[] };
    for (let t = 0; t < golden.steps; t++) {
      losses.judge.push((await judge.run(judged(t))).loss);
      await next(judge, drawer);
      if (t === 0) {
        const gradients = await gradientsOf(drawing, await drawer.weights(), { loss, ...apart }, drawn(t)); // prettier-ignore
        expect(difference(within("generator", gradients), gradientsIn(golden, "generator"))).toBeLessThanOrEqual(tolerance.gradients_of_first_step); // prettier-ignore
      }
      losses.drawer.push((await drawer.run(drawn(t))).loss);
      await next(drawer, judge);
    }
    expectClose(losses.judge, golden.series_at_each_step!.discriminator!, tolerance.series_at_each_step); // prettier-ignore
    expectClose(losses.drawer, golden.loss_at_each_step, tolerance.loss_at_each_step);
    const ends = arrays(await drawer.weights());
    const all = new Map([...within("generator", ends), ...within("discriminator", ends)]);
    expect(difference(all, golden.weights_at_the_end)).toBeLessThanOrEqual(tolerance.weights_at_the_end); // prettier-ignore
    await Promise.all([judge.dispose(), drawer.dispose()]);
  });

  it("gan/wgan_clipping", async () => {
    const golden = readGolden("gan/wgan_clipping");
    const { judging, drawing, start } = adversaries(golden);
    const { real, noise } = ganData();
    const by = golden.optimizer as Readonly<Record<string, KerasOptimizer>>;
    const tolerance = golden.suggested_tolerance;
    /** The score, times what it is to be multiplied by. */
    const loss: Loss = {
      name: "score",
      compute: (ops, y, p) => ops.reduceMean(ops.mul(y, p), { axes: [-1] }),
    };
    const critic = await openTrainStep(judging, start, {
      loss: { discriminator: loss, discriminator_1: loss },
      learningRateMultipliers: { generator: 0 },
      optimizer: optimizerOf(by.critic!),
      verify: false,
    });
    const drawer = await openTrainStep(drawing, start, {
      loss,
      learningRateMultipliers: { discriminator: 0 },
      optimizer: optimizerOf(by.generator!),
      verify: false,
    });
    const clipped = (weights: Weights): Weights =>
      new Map(
        [...weights].map(([key, value]) => {
          if (!key.startsWith("discriminator/")) return [key, value];
          const data = (value.data as Float32Array).map((w) => Math.min(Math.max(w, -Math.fround(0.1)), Math.fround(0.1))); // prettier-ignore
          return [key, tensor("float32", value.shape, data)];
        }),
      );
    const series: Record<string, number[]> = { critic_step_0: [], critic_step_1: [] };
    const losses: number[] = [];
    let draws = 0;
    for (let t = 0; t < golden.steps; t++) {
      for (const k of [0, 1]) {
        const batch = {
          x: { image: real(2 * t + k), z: noise(draws++) },
          y: { discriminator: filled(-1), discriminator_1: filled(1) },
        };
        series[`critic_step_${k}`]!.push((await critic.run(batch)).loss);
        await handOver(critic, critic, clipped);
      }
      await handOver(critic, drawer);
      losses.push((await drawer.run({ x: noise(draws++), y: filled(-1) })).loss);
      await handOver(drawer, critic);
    }
    for (const [name, values] of Object.entries(series))
      expectClose(values, golden.series_at_each_step![name]!, tolerance.series_at_each_step);
    expectClose(losses, golden.loss_at_each_step, tolerance.loss_at_each_step);
    const ends = arrays(await drawer.weights());
    const all = new Map([...within("generator", ends), ...within("discriminator", ends)]);
    expect(difference(all, golden.weights_at_the_end)).toBeLessThanOrEqual(tolerance.weights_at_the_end); // prettier-ignore
    await Promise.all([critic.dispose(), drawer.dispose()]);
  });

  it("autoencoder/vae", async () => {
    const golden = readGolden("autoencoder/vae");
    const tolerance = golden.suggested_tolerance;
    /** mean + exp(log variance / 2) × what was drawn */
    const sampling = defineLayer({
      className: "Sampling",
      fields: {},
      arity: [3, 3],
      shape: (_, [mean]) => [mean!],
      layout: "channelsLast",
      lower: (_, [mean, logVariance, drawn], g) => [
        g.add(mean!, g.mul(g.exp(g.mul(logVariance!, 0.5)), drawn!)),
      ],
      samples: [{ inputs: [[2, 3], [2, 3], [2, 3]] }], // prettier-ignore
    });
    /** −½ Σ (1 + log variance − mean² − variance), [batch, 1] */
    const divergence = defineLayer({
      className: "Divergence",
      fields: {},
      arity: [2, 2],
      shape: (_, [mean]) => [[mean![0]!, 1]],
      layout: "channelsLast",
      lower: (_, [mean, logVariance], g) => {
        const squares = g.add(g.mul(mean!, mean!), g.exp(logVariance!));
        const terms = g.sub(g.add(logVariance!, 1), squares);
        return [g.mul(g.reduceSum(terms, { axes: [1], keepdims: true }), -0.5)];
      },
      samples: [{ inputs: [[2, 3], [2, 3]] }], // prettier-ignore
    });
    const net = functional("vae");
    const pixels = net.input([784], { name: "pixels" });
    const epsilon = net.input([3], { name: "epsilon" });
    const mean = net.nested(networkOf(golden, "encoder"), pixels);
    const [, logVariance] = net.outputsOf(mean);
    const z = net.own(sampling, { name: "sampling" }, [mean, logVariance!, epsilon]);
    const logits = net.nested(networkOf(golden, "decoder"), z);
    const kl = net.own(divergence, { name: "kl" }, [mean, logVariance!]);
    const model = net.model([pixels, epsilon], [logits, kl]);

    const crossentropy = binaryCrossentropy({ fromLogits: true });
    /** Summed over an image's pixels, where the loss is their mean. */
    const summed: Loss = {
      name: "summed",
      compute: (ops, y, p) => ops.mul(crossentropy.compute(ops, y, p), 784),
    };
    /** What a layer has computed as a loss. */
    const itself: Loss = {
      name: "itself",
      compute: (ops, _, p) => ops.reduceMean(p, { axes: [-1] }),
    };
    const options = { loss: { decoder: summed, kl: itself }, layers: [sampling, divergence] };
    const start = new Map([
      ...startOf(golden, "encoder", "encoder/"),
      ...startOf(golden, "decoder", "decoder/"),
    ]);
    const { images } = data.mnist(128);
    const flat: Tensor = { ...images, shape: [128, 784] };
    const batch = (t: number): NamedBatch => {
      const x = data.rows(flat, t * size, size);
      const drawn = data.filled([size, 3], (i) => Math.fround(data.unit(`epsilon/${t}`, i) * Math.fround(1.7320508))); // prettier-ignore
      return { x: { pixels: x, epsilon: drawn }, y: { decoder: x, kl: filled(0) } }; // prettier-ignore
    };
    const both = (values: ReadonlyMap<string, Float32Array>) =>
      new Map([...within("encoder", values), ...within("decoder", values)]);
    const gradients = both(await gradientsOf(model, start, options, batch(0)));
    expect(difference(gradients, golden.gradients_of_first_step)).toBeLessThanOrEqual(tolerance.gradients_of_first_step); // prettier-ignore
    const optimizer = optimizerOf(golden.optimizer as KerasOptimizer);
    const step = await openTrainStep(model, start, { ...options, optimizer, verify: false });
    const losses: number[] = [];
    const parts = { reconstruction: [] as number[], kl: [] as number[] };
    for (let t = 0; t < golden.steps; t++) {
      const { loss, metrics } = await step.run(batch(t));
      losses.push(loss);
      parts.reconstruction.push(metrics.decoder_loss!);
      parts.kl.push(metrics.kl_loss!);
    }
    expectClose(losses, golden.loss_at_each_step, tolerance.loss_at_each_step);
    for (const [name, values] of Object.entries(parts))
      expectClose(values, golden.series_at_each_step![name]!, tolerance.series_at_each_step);
    const ends = both(arrays(await step.weights()));
    expect(difference(ends, golden.weights_at_the_end)).toBeLessThanOrEqual(tolerance.weights_at_the_end); // prettier-ignore
    await step.dispose();
  });
});
