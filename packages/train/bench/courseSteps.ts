// Training steps of the course that are no classifier of one model: a U-Net, an LSTM, a GRU, a DCGAN. The networks, data
// for a step, and how it trains; peers/torch_worker.py of @cajal/bench has the same in PyTorch.
import { random, tensor, type NamedBatch, type Tensor, type Weights } from "@cajal/core";
import { functional, type Functional, type ModelConfig, type Symbolic } from "@cajal/models";
import { initialize, openTrainStep, type TrainStep, type TrainStepOptions } from "@cajal/runtime";
import { adam, binaryCrossentropy, meanSquaredError, sparseCategoricalCrossentropy } from "@cajal/train"; // prettier-ignore

/** One model's part in a step. */
export interface Turn {
  readonly model: ModelConfig;
  readonly options: Pick<TrainStepOptions, "loss" | "optimizer" | "learningRateMultipliers" | "frozen">; // prettier-ignore
  readonly batch: NamedBatch;
}

export interface CourseStep {
  /** How many examples are in a batch, if nothing else is asked for. */
  readonly batch: number;
  /** The models that take turns. Layers of the same name have the same weights. */
  turns(batch: number): readonly Turn[];
}

const numbers = random(1, "course steps");
const filled = (shape: readonly number[], next: () => number): Tensor =>
  tensor("float32", shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next));
const uniform = (...shape: number[]) => filled(shape, () => numbers.float());
const normal = (...shape: number[]) => filled(shape, () => numbers.normal());

/** Lesson 12 with `--full`: pictures of 32 × 32, a class for each pixel. */
const unet: CourseStep = {
  batch: 16,
  turns(batch) {
    const net = functional("unet");
    const widths = [16, 32, 64];
    const twice = (x: Symbolic, filters: number) => {
      const options = { filters, kernel_size: 3, padding: "same", use_bias: false } as const;
      for (let i = 0; i < 2; i++)
        x = net.layer("ReLU", {}, net.layer("BatchNormalization", { momentum: 0.9 }, net.layer("Conv2D", options, x))); // prettier-ignore
      return x;
    };
    const image = net.input([32, 32, 3], { name: "image" });
    const skips: Symbolic[] = [];
    let x = image;
    for (const filters of widths.slice(0, -1)) {
      x = twice(x, filters);
      skips.push(x);
      x = net.layer("MaxPooling2D", {}, x);
    }
    x = twice(x, widths.at(-1)!);
    for (const [i, skip] of [...skips.entries()].toReversed()) {
      x = net.layer("Conv2DTranspose", { filters: widths[i]!, kernel_size: 2, strides: 2 }, x);
      x = twice(net.layer("Concatenate", {}, [skip, x]), widths[i]!);
    }
    const logits = net.layer("Conv2D", { filters: 4, kernel_size: 1 }, x);
    const labels = Array.from({ length: batch * 32 * 32 }, () => numbers.integer(4));
    return [
      {
        model: net.model(image, logits),
        options: {
          loss: sparseCategoricalCrossentropy({ fromLogits: true }),
          optimizer: adam({ learningRate: 0.005 }),
        },
        batch: { x: uniform(batch, 32, 32, 3), y: tensor("int32", [batch, 32, 32], labels) },
      },
    ];
  },
};

/** A forecast, as in lesson 13: 64 hours of 8 quantities, the next value of one. */
const forecast = (className: "LSTM" | "GRU"): CourseStep => ({
  batch: 32,
  turns(batch) {
    const net = functional("forecast");
    const window = net.input([64, 8], { name: "window" });
    const next = net.layer("Dense", { units: 1 }, net.layer(className, { units: 64 }, window));
    return [
      {
        model: net.model(window, next),
        options: { loss: meanSquaredError(), optimizer: adam({ learningRate: 0.001 }) },
        batch: { x: normal(batch, 64, 8), y: normal(batch, 1) },
      },
    ];
  },
});

/** What lesson 11 asks its readers to try (Radford et al. 2015), at the size of MNIST: judge, then drawer. */
const dcgan: CourseStep = {
  batch: 64,
  turns(batch) {
    const strided = { kernel_size: 4, strides: 2, padding: "same" } as const;
    const leaky = (net: Functional, x: Symbolic) => net.layer("LeakyReLU", { negative_slope: 0.2 }, x); // prettier-ignore
    const normalized = (net: Functional, x: Symbolic) => leaky(net, net.layer("BatchNormalization", {}, x)); // prettier-ignore
    const ofGenerator = functional("generator");
    const noise = ofGenerator.input([100], { name: "noise" });
    let x = normalized(ofGenerator, ofGenerator.layer("Dense", { units: 7 * 7 * 64, use_bias: false }, noise)); // prettier-ignore
    x = ofGenerator.layer("Reshape", { target_shape: [7, 7, 64] }, x);
    x = ofGenerator.layer("Conv2DTranspose", { filters: 32, use_bias: false, ...strided }, x);
    x = ofGenerator.layer("Conv2DTranspose", { filters: 1, activation: "tanh", ...strided }, normalized(ofGenerator, x)); // prettier-ignore
    const generator = ofGenerator.model(noise, x);

    const ofDiscriminator = functional("discriminator");
    const picture = ofDiscriminator.input([28, 28, 1], { name: "picture" });
    let y = leaky(ofDiscriminator, ofDiscriminator.layer("Conv2D", { filters: 32, ...strided }, picture)); // prettier-ignore
    y = ofDiscriminator.layer("Conv2D", { filters: 64, use_bias: false, ...strided }, y);
    y = ofDiscriminator.layer("Flatten", {}, normalized(ofDiscriminator, y));
    const discriminator = ofDiscriminator.model(picture, ofDiscriminator.layer("Dense", { units: 1 }, y)); // prettier-ignore

    const judging = functional("judging");
    const z = judging.input([100], { name: "z" });
    const image = judging.input([28, 28, 1], { name: "image" });
    const onReal = judging.nested(discriminator, image);
    const onDrawn = judging.again(onReal, judging.nested(generator, z));
    const drawing = functional("drawing");
    const ofDrawer = drawing.input([100], { name: "z" });
    const onOwn = drawing.nested(discriminator, drawing.nested(generator, ofDrawer));

    const loss = binaryCrossentropy({ fromLogits: true });
    const optimizer = adam({ learningRate: 0.0002, beta1: 0.5 });
    const always = (value: number) => filled([batch, 1], () => value);
    const judge: Turn = {
      model: judging.model([z, image], [onReal, onDrawn]),
      options: {
        loss: { discriminator: loss, discriminator_1: loss },
        learningRateMultipliers: { generator: 0 },
        optimizer,
      },
      batch: {
        x: { z: normal(batch, 100), image: uniform(batch, 28, 28, 1) },
        y: { discriminator: always(0.9), discriminator_1: always(0) },
      },
    };
    const drawer: Turn = {
      model: drawing.model(ofDrawer, onOwn),
      options: { loss, learningRateMultipliers: { discriminator: 0 }, optimizer },
      batch: { x: normal(batch, 100), y: always(1) },
    };
    return [judge, drawer];
  },
};

export const courseSteps: Readonly<Record<string, CourseStep>> = {
  unet,
  lstm: forecast("LSTM"),
  gru: forecast("GRU"),
  dcgan,
};

/** Opens the turns' steps; each call of `run` takes all turns once, and gives their losses. */
export async function openTurns(turns: readonly Turn[], options: Partial<TrainStepOptions>) {
  const steps: TrainStep[] = [];
  let weights: Weights = new Map();
  for (const { model, options: own } of turns) {
    // Networks that a later turn has as well start as they are in the first.
    const drawn = initialize(model, { seed: 1 });
    weights = new Map([...drawn, ...weights]);
    const part = new Map([...weights].filter(([name]) => drawn.has(name)));
    const [first] = steps;
    const place = first ? { shareWeightsWith: first } : options;
    steps.push(await openTrainStep(model, part, { ...own, ...place, verify: false }));
  }
  return {
    weights,
    async run(): Promise<number[]> {
      const losses: number[] = [];
      for (const [i, { batch }] of turns.entries()) losses.push((await steps[i]!.run(batch)).loss);
      return losses;
    },
    async dispose() {
      for (const step of steps) await step.dispose();
    },
  };
}
