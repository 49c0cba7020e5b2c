// Tensors in memory that threads share.
import { tensor, type Tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { expect, it } from "vitest";
import { descent, sum } from "../testing/training";
import { open } from "./open";
import { openGradient } from "./openGradient";
import { openTrainStep } from "./openTrainStep";

function shared(shape: readonly number[], numbers: readonly number[]): Tensor {
  const data = new Float32Array(new SharedArrayBuffer(4 * numbers.length));
  data.set(numbers);
  return tensor("float32", shape, data);
}

const net = functional("m");
const input = net.input([2], { name: "x" });
const dense = net.layer("Dense", { units: 1, name: "y", use_bias: false }, input);
const model = net.model(input, dense);
const weights = () => new Map([["y/kernel", shared([2, 1], [2, 3])]]);
const x = shared([2, 2], [1, 0, 1, 2]);
const place = { engine: "onnx", device: "cpu" } as const;

it("are fed to a session", async () => {
  await using session = await open(model, weights(), place);
  expect([...(await session.predict(x)).data]).toEqual([2, 8]);
});

it("are fed for gradients", async () => {
  await using session = await openGradient(model, weights(), place);
  const { gradients } = await session.run({ x }, { dy: shared([2, 1], [1, -1]) });
  expect([...gradients["x"]!.data]).toEqual([2, 3, -2, -3]);
});

it("are trained on", async () => {
  const options = { ...place, loss: sum, optimizer: descent(1), threads: 1 };
  await using step = await openTrainStep(model, weights(), options);
  await step.run({ x, y: shared([2, 1], [0, 0]) });
  expect([...(await step.weights()).get("y/kernel")!.data]).toEqual([1, 2]);
});
