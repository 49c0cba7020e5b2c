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
const dense = (activation: string, units = 4) =>
  model((net, x) => net.layer("Dense", { units, activation, name: "out" }, x));

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
  ["a ReLU", model((net, x) => net.layer("ReLU", { max_value: 6 }, x)), "relu6"],
  ["a LeakyReLU", model((net, x) => net.layer("LeakyReLU", {}, x)), undefined],
];

describe("the end of a model", () => {
  it.each(ends)("is %s", (_, network, activation) =>
    expect(endingOf(resolve(network))?.activation).toBe(activation),
  );

  it.each(ends.slice(0, 4))("is %s in its graph too", (_, network, activation) => {
    const weights = new Map(
      weightSpecs(network).map(({ key, shape }) => [key, tensor("float32", shape)]),
    );
    expect(endingOfGraph(toOnnx(network, weights))?.activation).toBe(activation);
  });
});

const compute: Loss["compute"] = (ops, _, yPred) => ops.reduceSum(yPred);
const ofLogits: Loss = { name: "of logits", compute, logitsOf: "softmax", config: { fromLogits: true } }; // prettier-ignore
const ofLogitsAlone: Loss = { name: "of logits alone", compute, logitsOf: "softmax" };
const ofProbabilities: Loss = {
  name: "of probabilities",
  compute,
  fromLogits: { activation: "softmax", loss: { name: "of logits", compute } },
};
const ofSigmoid: Loss = {
  name: "of a sigmoid",
  compute,
  fromLogits: { activation: "sigmoid", loss: { name: "of logits", compute } },
};
const ofMasks: Loss = { name: "of masks", compute, probabilitiesOf: "sigmoid" };
const ofFocus: Loss = { ...ofMasks, config: { fromLogits: false }, probabilitiesOf: "softmax" };
const optimizer = { name: "none", learningRate: () => 0, slots: {}, update: () => ({}) as never };

describe("a loss and an end that do not fit", () => {
  it.each([
    ["softmax", ofLogits, /ends with softmax.*fromLogits/],
    ["sigmoid", ofLogits, /ends with sigmoid.*fromLogits/],
    ["softmax", ofLogitsAlone, /of logits alone applies softmax once more\. End the model with/],
    ["linear", ofProbabilities, /no activation.*fromLogits: true/],
    ["tanh", ofProbabilities, /ends with tanh/],
    ["log_softmax", ofProbabilities, /ends with log_softmax/],
    ["tanh", ofSigmoid, /ends with tanh .*End the model with activation "sigmoid", or with none/],
    ["linear", ofMasks, /no activation.*with activation "sigmoid"\.$/],
    ["linear", ofFocus, /no activation.*"softmax", or with none and set fromLogits: true/],
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

  // The graphs of these say nothing of it.
  it.each([
    ["relu", ofProbabilities],
    ["relu6", ofProbabilities],
    ["sparse_plus", ofProbabilities],
    ["relu", ofFocus],
    ["relu", ofSigmoid],
    ["softplus", ofSigmoid],
    ["exponential", ofSigmoid],
    ["squareplus", ofMasks],
    ["exponential", ofMasks],
  ] as const)("%s and a loss %o are refused of layers", (activation, loss) =>
    expect(() => trainableModel(dense(activation), { loss, optimizer })).toThrow(
      expect.objectContaining({
        code: "bad-argument",
        message: expect.stringContaining(`ends with ${activation} (layer "out" (Dense))`),
      }),
    ),
  );

  it("a ReLU behind the last layer is refused as its activation is", () =>
    expect(() =>
      trainableModel(
        model((net, x) => net.layer("ReLU", {}, x)),
        { loss: ofProbabilities, optimizer },
      ),
    ).toThrow("ends with relu"));

  it("what may be meant is left alone", () => {
    for (const activation of ["softmax", "sigmoid", "hard_sigmoid", "softplus", "exponential"])
      for (const loss of [ofProbabilities, ofFocus])
        expect(() => trainableModel(dense(activation), { loss, optimizer })).not.toThrow();
    for (const activation of ["softmax", "sigmoid", "hard_sigmoid"])
      for (const loss of [ofSigmoid, ofMasks])
        expect(() => trainableModel(dense(activation), { loss, optimizer })).not.toThrow();
    for (const activation of ["linear", "tanh", "log_softmax", "relu"])
      expect(() => trainableModel(dense(activation), { loss: ofLogits, optimizer })).not.toThrow();
    expect(() => checkEnding(ofLogits, undefined, undefined)).not.toThrow();
  });
});

describe("a softmax of one unit", () => {
  const plain: Loss = { name: "plain", compute };
  it.each([
    ["softmax", ofProbabilities, /one output a sample/],
    ["softmax", ofSigmoid, /a softmax \(.*\) of one unit/],
    ["softmax", plain, /a softmax \(.*\) of one unit/],
    ["sigmoid", ofProbabilities, /one output a sample/],
    ["linear", ofLogits, /one output a sample/],
  ] as const)("is refused: %s and a loss %o", (activation, loss, said) => {
    const error = { code: "bad-argument", message: expect.stringMatching(said) };
    const network = dense(activation, 1);
    expect(() => trainableModel(network, { loss, optimizer })).toThrow(
      expect.objectContaining(error),
    );
    const weights = new Map(
      weightSpecs(network).map(({ key, shape }) => [
        key,
        tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(1)),
      ]),
    );
    expect(() => trainableGraph(toOnnx(network, weights), { loss, optimizer })).toThrow(
      expect.objectContaining(error),
    );
  });

  it("is not one of several along another axis, nor a sigmoid", () => {
    const column = model((net, x) =>
      net.layer("Softmax", { axis: 1 }, net.layer("Reshape", { target_shape: [4, 1] }, x)),
    );
    expect(() => trainableModel(column, { loss: plain, optimizer })).not.toThrow();
    const reshaped = model((net, x) =>
      net.layer("Reshape", { target_shape: [4, 1] }, net.layer("Softmax", {}, x)),
    );
    expect(() => trainableModel(reshaped, { loss: plain, optimizer })).not.toThrow();
    for (const loss of [ofSigmoid, ofMasks, plain])
      expect(() => trainableModel(dense("sigmoid", 1), { loss, optimizer })).not.toThrow();
  });
});
