// Times training steps of a network on a random batch.
import { random, tensor } from "@cajal/core";
import { resolve } from "@cajal/models";
import { openTrainStep } from "@cajal/runtime";
import { sgd, sparseCategoricalCrossentropy } from "@cajal/train";
import { networkOf, noise } from "./shared";
import type { TimedTask } from "./task";

export const train: TimedTask = {
  name: "train",
  async open({ model: name, engine, device, batch, seed = 42, threads }) {
    const { model, weights, input } = await networkOf(name, seed);
    const step = await openTrainStep(model, weights, {
      engine,
      device,
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
      seed,
      threads,
    });
    const x = noise([batch, ...input], seed);
    const [classes = 1] = resolve(model).outputs[0]!.shape.slice(-1).map(Number);
    const labels = random(seed, "labels");
    const y = tensor(
      "int32",
      [batch],
      Array.from({ length: batch }, () => labels.integer(classes)),
    );
    return { step: () => step.run({ x, y }), device: step.device, dispose: () => step.dispose() };
  },
};
