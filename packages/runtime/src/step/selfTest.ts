// Self-test of training on an engine and device. Engines, devices and their versions differ in more than rounding:
// one left every new weight at zero, another gave a loss of 0 for a sum of too many tensors, both silently. So a
// small network is trained there first, and its losses compared with Keras'.
import { CajalError, isCajalError, sizeOf, tensor, type Tensor } from "@cajal/core";
import { functional, weightSpecs, type ModelConfig } from "@cajal/models";
import { trainStepOf, type TrainCore } from "./core";
import { trainableModel, type TrainableKeras } from "./model";
import type { Loss, Optimizer, TrainStepOptions } from "./trainStep";

/** Opens a training step of another model on the same engine. */
export type OpenCore = (
  trainable: TrainableKeras,
  weights: ReadonlyMap<string, Tensor>,
  options: TrainStepOptions,
) => Promise<TrainCore>;

export interface SelfTestNetwork {
  readonly model: ModelConfig;
  /** Losses of four steps in Keras: fixtures/make_training_self_test.py. */
  readonly losses: readonly number[];
}

/** The second is for devices that cannot train convolutions, such as TF.js' wasm. */
export const selfTestNetworks: readonly (() => SelfTestNetwork)[] = [
  () => {
    const net = functional("convolutional");
    const image = net.input([6, 6, 2]);
    let x = net.layer("Conv2D", { filters: 4, kernel_size: 3, padding: "same" }, image);
    x = net.layer("BatchNormalization", {}, x);
    x = net.layer("ReLU", {}, x);
    x = net.layer("MaxPooling2D", { pool_size: 2 }, x);
    x = net.layer("Flatten", {}, x);
    x = net.layer("Dense", { units: 3 }, x);
    return { model: net.model([image], [x]), losses: [6.144628, 1.894908, 0.35949, 0.416865] };
  },
  () => {
    const net = functional("dense");
    const line = net.input([6]);
    let x = net.layer("Dense", { units: 5, activation: "tanh" }, line);
    x = net.layer("Dense", { units: 3 }, x);
    return { model: net.model([line], [x]), losses: [0.396313, 0.36415, 0.312071, 0.254745] };
  },
];

/** Relative tolerance of a loss. GPUs round products to 10 bits, and errors add up over steps; wrong results differ far more. */
const tolerance = 0.03;

const results = new Map<string, Promise<void>>();

/**
 * Trains a small network on the engine and device of `core`, once per process, unless Cajal's own tests train on
 * exactly this runtime.
 *
 * @throws CajalError `engine` with the step whose loss differs from Keras'
 */
export function selfTestOnce(
  core: TrainCore,
  { openTrainStep }: { readonly openTrainStep: OpenCore },
): Promise<void> {
  const { engine, device, isTested: tested } = core;
  if (tested) return Promise.resolve();
  const key = `${engine} ${device}`;
  const result = results.get(key) ?? selfTest(core, openTrainStep);
  results.set(key, result);
  return result;
}

/** As {@link selfTestOnce}, every time. */
export async function selfTest(
  { engine, device }: Pick<TrainCore, "engine" | "device">,
  open: OpenCore,
): Promise<void> {
  for (const network of selfTestNetworks) {
    const { model, losses } = network();
    let got: readonly number[];
    try {
      got = await lossesOf(model, losses.length, open, { engine, device });
    } catch (error) {
      if (isCajalError(error, "unsupported")) continue;
      throw error;
    }
    losses.forEach((expected, step) => {
      if (Math.abs(got[step]! - expected) <= tolerance * expected) return;
      throw new CajalError(
        "engine",
        `engine ${engine} trains wrongly on device ${device}: the loss of a small network before update ${step + 1} ` +
          `is ${got[step]!.toPrecision(4)}, expected ${expected.toPrecision(4)} (Keras). ` +
          "Update the engine's package and the device's driver, or use another device.",
        { engine, device, step, got, expected: losses },
      );
    });
    return;
  }
}

/** The losses of a network of the self-test. */
export async function lossesOf(
  model: ModelConfig,
  steps: number,
  open: OpenCore,
  target: Pick<TrainCore, "engine" | "device">,
): Promise<number[]> {
  const options = { ...selfTestOptions, ...target };
  const trainable = trainableModel(model, options);
  const weights = weightSpecs(model).map(({ key, shape }, i): [string, Tensor] => [
    key,
    /gamma|variance/.test(key) ? tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(1)) : wave(i, shape), // prettier-ignore
  ]);
  const step = trainStepOf(await open(trainable, new Map(weights), options), trainable, options);
  try {
    const shape = [4, ...trainable.inputs[0]!.shape.slice(1).map(Number)];
    const batch = { x: wave(0, shape), y: wave(1, [4, 3]) };
    const losses: number[] = [];
    while (losses.length < steps) losses.push((await step.run(batch)).loss);
    return losses;
  } finally {
    await step.dispose();
  }
}

function wave(index: number, shape: readonly number[]): Tensor<"float32"> {
  const value = (i: number) => 0.7 * Math.sin(1.7 * (i + 1) * (index + 1) + index);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
  );
}

const meanSquares: Loss = {
  name: "mean_squared_error",
  compute(ops, yTrue, yPred) {
    const error = ops.sub(yPred, yTrue);
    return ops.reduceMean(ops.mul(error, error), { axes: [-1] });
  },
};

/** v ← 0.9 v − rate · g, p ← p + v: Keras' SGD with momentum. */
const momentum: Optimizer = {
  name: "SGD",
  learningRate: () => 0.05,
  slots: { momentum: 0 },
  update(ops, { parameter, gradient, slots, rate }) {
    const velocity = ops.sub(ops.mul(slots["momentum"]!, 0.9), ops.mul(gradient, rate));
    return { parameter: ops.add(parameter, velocity), slots: { momentum: velocity } };
  },
};

export const selfTestOptions = { loss: meanSquares, optimizer: momentum, verify: false } as const;
