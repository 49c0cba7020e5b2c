// A batch normalization that is called twice changes its moving averages twice, in the order in which Keras (3.15) makes
// the calls: that of the values' way to the output, whichever was called first.
import { random, tensor, type Tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { expect, it } from "vitest";
import { initialize } from "../initializers/initialize";
import { openTrainStep } from "../openTrainStep";
import { squares } from "../../testing/training";
import type { Optimizer } from "./trainStep";

const optimizer: Optimizer = {
  name: "none",
  learningRate: () => 0,
  slots: {},
  update: (_, { parameter }) => ({ parameter, slots: {} }),
};

const numbers = random(1, "averages");
const filled = (...shape: number[]) =>
  tensor("float32", shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.normal())); // prettier-ignore
const meanOf = ({ data }: Tensor, channel: number) =>
  [0, 1, 2, 3].reduce((sum, row) => sum + Number(data[row * 2 + channel]) / 4, 0);

const cases = (["onnx", "tfjs"] as const).flatMap((engine) =>
  [
    { called: "ab", joined: "ab", last: "b" },
    { called: "ab", joined: "ba", last: "a" },
    { called: "ba", joined: "ab", last: "b" },
    { called: "ba", joined: "ba", last: "a" },
  ].map((each) => ({ engine, ...each })),
);

it.each(cases)("on $engine, called $called and joined $joined: $last last", async ({ engine, called, joined, last }) => {
  const net = functional("shared");
  const inputs = { a: net.input([2], { name: "a" }), b: net.input([2], { name: "b" }) };
  const [first, second] = [...called] as ("a" | "b")[];
  const ofFirst = net.layer("BatchNormalization", { momentum: 0.75, name: "norm" }, inputs[first!]);
  const values = { [first!]: ofFirst, [second!]: net.again(ofFirst, inputs[second!]) };
  const both = net.layer("Concatenate", {}, [...joined].map((name) => values[name]!));
  const model = net.model([inputs.a, inputs.b], net.layer("Dense", { units: 1 }, both));
  const x = { a: filled(4, 2), b: filled(4, 2) };
  await using step = await openTrainStep(model, initialize(model, { seed: 1 }), { loss: squares, optimizer, engine, device: "cpu", verify: false }); // prettier-ignore
  await step.run({ x, y: filled(4, 1) });
  const means = (await step.weights()).get("norm/moving_mean")!;
  const [earlier, later] = last === "b" ? [x.a, x.b] : [x.b, x.a];
  // moving ← 0.75 moving + 0.25 mean, twice, from 0.
  for (const channel of [0, 1])
    expect(means.data[channel]).toBeCloseTo(0.75 * 0.25 * meanOf(earlier, channel) + 0.25 * meanOf(later, channel), 6); // prettier-ignore
}); // prettier-ignore
