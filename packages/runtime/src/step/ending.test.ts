import { functional, resolve, toOnnx, weightSpecs, type ModelConfig } from "@cajal/models";
import { sizeOf, tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { checkEnding, endingOf, endingOfGraph } from "./ending";
import { trainableGraph } from "./graph";
import { trainableModel } from "./model";
import type { Loss } from "./trainStep";

type Net = ReturnType<typeof functional>;
type Value = ReturnType<Net["input"]>;

const model = (end: (net: Net, x: Value) => Value): ModelConfig => {
  const net = functional("m");
  const x = net.input([4]);
  return net.model([x], [end(net, net.layer("Dense", { units: 4, name: "hidden" }, x))]);
};
const dense = (activation: string) =>
  model((net, x) => net.layer("Dense", { units: 4, activation, name: "out" }, x));

const ends: [string, ModelConfig, string | undefined][] = [
  ["the activation of a layer", dense("softmax"), "softmax"],
  ["none", dense("linear"), "linear"],
  ["a Softmax", model((net, x) => net.layer("Softmax", {}, x)), "softmax"],
  [
    "an Activation, then a Reshape",
    model((net, x) =>
      net.layer(
        "Reshape",
        { target_shape: [2, 2] },
        net.layer("Activation", { activation: "sigmoid" }, x),
      ),
    ),
    "sigmoid",
  ],
  [
    "a linear Activation behind a softmax",
    model((net, x) =>
      net.layer("Activation", { activation: "linear" }, net.layer("Softmax", {}, x)),
    ),
    "softmax",
  ],
  ["a mean of two", model((net, x) => net.layer("Average", {}, [x, x])), undefined],
  ["a relu", dense("relu"), "relu"],
];

describe("the end of a model", () => {
  it.each(ends)("is %s", (_, network, activation) =>
    expect(endingOf(resolve(network))?.activation).toBe(activation),
  );

  it.each(ends.slice(0, 4))("is %s in its graph too", (_, network, activation) => {
    const weights = new Map(
      weightSpecs(network).map(({ key, shape }) => [key, tensor("float32", shape)]),
    );
    expect(endingOfGraph(toOnnx(network, weights).graph)?.activation).toBe(activation);
  });
});

const compute: Loss["compute"] = (ops, _, yPred) => ops.reduceSum(yPred);
const ofLogits: Loss = { name: "of logits", compute, logitsOf: "softmax" };
const ofProbabilities: Loss = {
  name: "of probabilities",
  compute,
  fromLogits: { activation: "softmax", loss: { name: "of logits", compute } },
};
const optimizer = { name: "none", learningRate: () => 0, slots: {}, update: () => ({}) as never };

describe("a loss and an end that do not fit", () => {
  it.each([
    ["softmax", ofLogits, /ends with softmax.*fromLogits/],
    ["sigmoid", ofLogits, /ends with sigmoid.*fromLogits/],
    ["linear", ofProbabilities, /no activation.*fromLogits: true/],
    ["tanh", ofProbabilities, /ends with tanh/],
    ["log_softmax", ofProbabilities, /ends with log_softmax/],
  ] as const)("%s and a loss %o are refused", (activation, loss, said) => {
    const error = { code: "bad-argument", message: expect.stringMatching(said) };
    const network = dense(activation);
    expect(() => trainableModel(network, { loss, optimizer })).toThrow(
      expect.objectContaining(error),
    );
    const weights = new Map(
      weightSpecs(network).map(({ key, shape }) => [
        key,
        tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(1)),
      ]),
    );
    const graph = toOnnx(network, weights);
    expect(() => trainableGraph(graph, { loss, optimizer })).toThrow(
      expect.objectContaining(error),
    );
  });

  it("what may be meant is left alone", () => {
    for (const activation of ["softmax", "sigmoid", "relu", "softplus", "exponential"])
      expect(() =>
        trainableModel(dense(activation), { loss: ofProbabilities, optimizer }),
      ).not.toThrow();
    for (const activation of ["linear", "tanh", "log_softmax", "relu"])
      expect(() => trainableModel(dense(activation), { loss: ofLogits, optimizer })).not.toThrow();
    expect(() => checkEnding(ofLogits, undefined)).not.toThrow();
  });
});
