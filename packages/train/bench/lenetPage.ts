// The smallest page that trains LeNet-5, on the engine and device that its address names: what a reader of the README
// would write, with made-up digits in place of a data set.
import { random } from "@cajal/core";
import { lenet5 } from "@cajal/models";
import type { DeviceName, EngineName } from "@cajal/runtime";
import { sgd, sparseCategoricalCrossentropy, train } from "../src/index";

const numbers = random(1, "digits");
const digit = () => Array.from({ length: 28 }, () => Array.from({ length: 28 }, () => [numbers.float()])); // prettier-ignore
const x = Array.from({ length: 64 }, digit);
const y = x.map(() => numbers.integer(10));

async function trained(): Promise<number[]> {
  const asked = new URLSearchParams(location.search);
  const losses: number[] = [];
  for await (const event of train(
    lenet5(),
    { x, y },
    {
      engine: asked.get("engine") as EngineName,
      device: asked.get("device") as DeviceName,
      batchSize: 64,
      epochs: 3,
      loss: sparseCategoricalCrossentropy({ fromLogits: true }),
      optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    },
  ))
    if (event.type === "epoch") losses.push(event.loss);
  return losses;
}

Object.assign(globalThis, { trained: trained() });
