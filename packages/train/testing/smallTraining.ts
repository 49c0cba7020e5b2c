// The training that every engine and device must repeat: 16 steps of a small network with convolution,
// normalization, overlapping and tiling pools, depthwise convolution and Adam, on handwritten digits.
import { digits, rescale } from "@cajal/datasets";
import { functional, lenet5, type ModelConfig } from "@cajal/models";
import { initialize, openTrainStep, type DeviceName, type EngineName } from "@cajal/runtime";
import { adam, sparseCategoricalCrossentropy } from "../src/index";

export interface Where {
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly threads?: number;
  /** Four steps of LeNet-5 in place of the small network: its second convolution has six input channels. */
  readonly lenet?: boolean;
  /** As a training step's own option: proofs take a software GPU as long as the training itself. */
  readonly verify?: boolean;
  /** Number of steps; default 4 of LeNet-5, 16 of the small network. */
  readonly steps?: number;
}

export async function smallTraining({
  lenet = false,
  steps = lenet ? 4 : 16,
  ...where
}: Where): Promise<number[]> {
  const model = lenet
    ? lenet5({ input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] })
    : small();
  const step = await openTrainStep(model, initialize(model, { seed: 1 }), {
    loss: sparseCategoricalCrossentropy({ fromLogits: lenet }),
    // A larger rate makes differences of rounding grow.
    optimizer: adam({ learningRate: lenet ? 0.002 : 0.02 }),
    ...where,
  });
  try {
    const losses: number[] = [];
    const batches = digits()
      .map(rescale(1 / 16))
      .take(steps * 16)
      .batch(16);
    for await (const batch of batches) losses.push((await step.run(batch)).loss);
    return losses;
  } finally {
    await step.dispose();
  }
}

function small(): ModelConfig {
  const net = functional("small");
  const image = net.input([8, 8, 1]);
  let x = net.layer("Conv2D", { filters: 4, kernel_size: 3, padding: "same" }, image);
  x = net.layer("BatchNormalization", {}, x);
  x = net.layer("ReLU", {}, x);
  x = net.layer("MaxPooling2D", { pool_size: 2 }, x);
  x = net.layer("DepthwiseConv2D", { kernel_size: 3, padding: "same" }, x);
  x = net.layer("Conv2D", { filters: 8, kernel_size: 1, activation: "relu" }, x);
  x = net.layer("MaxPooling2D", { pool_size: 2, strides: 1 }, x);
  x = net.layer("Flatten", {}, x);
  x = net.layer("Dense", { units: 10, activation: "softmax" }, x);
  return net.model([image], [x]);
}
