import { functional, type ModelConfig } from "@cajal/models";
import { describe, expect, it } from "vitest";
import type { Loss } from "./trainStep";
import { trainableModel } from "./model";

const ofLogits: Loss = { name: "of logits", compute: (ops, _, yPred) => ops.reduceSum(yPred) };
const loss = (activation: "softmax" | "sigmoid"): Loss => ({
  ...ofLogits,
  name: "of probabilities",
  fromLogits: { activation, loss: ofLogits },
});
const optimizer = { name: "none", learningRate: () => 0, slots: {}, update: () => ({}) as never };

/** A dense layer, and what comes behind it. */
function model(
  activation: string,
  behind: (net: ReturnType<typeof functional>, x: ReturnType<typeof net.input>) => typeof x = (
    _,
    x,
  ) => x,
): ModelConfig {
  const net = functional("m");
  const x = net.input([4]);
  const hidden = net.layer("Dense", { units: 3, activation: "relu", name: "hidden" }, x);
  const y = net.layer("Dense", { units: 3, activation, name: "out" }, hidden);
  return net.model([x], [behind(net, y)]);
}

const activationOf = (config: ModelConfig, name: string) =>
  config.config.layers.find((layer) => layer.name === name)!.config.activation;

describe("the model that is trained", () => {
  it.each(["softmax", "sigmoid"] as const)("gives logits where it ends with %s", (activation) => {
    const trained = trainableModel(model(activation), { loss: loss(activation), optimizer });
    expect(trained.outputs[0]!.activation).toBe(activation);
    expect(trained.outputs[0]!.loss.name).toBe("of logits");
    expect(activationOf(trained.network.model, "out")).toBe("linear");
    expect(activationOf(trained.network.model, "hidden")).toBe("relu");
  });

  it("gives logits where a layer of its own is the activation", () => {
    const source = model("linear", (net, x) => net.layer("Softmax", { name: "last" }, x));
    const trained = trainableModel(source, { loss: loss("softmax"), optimizer });
    expect(trained.outputs[0]!.activation).toBe("softmax");
    expect(trained.network.model.config.layers.at(-1)!.class_name).toBe("Activation");
    expect(activationOf(trained.network.model, "last")).toBe("linear");
  });

  it("stays as it is where it ends otherwise", () => {
    for (const [activation, wanted] of [
      ["sigmoid", "softmax"],
      ["exponential", "softmax"],
      ["softmax", "sigmoid"],
    ] as const) {
      const trained = trainableModel(model(activation), { loss: loss(wanted), optimizer });
      expect(trained.outputs[0]!.activation).toBe(undefined);
      expect(trained.outputs[0]!.loss.name).toBe("of probabilities");
      expect(activationOf(trained.network.model, "out")).toBe(activation);
    }
  });

  it("names its trainable weights, without those of frozen layers", () => {
    const keys = (frozen: string[]) =>
      trainableModel(model("linear"), { loss: ofLogits, optimizer, frozen })
        .weights.filter(({ multiplier }) => multiplier !== undefined)
        .map(({ key }) => key);
    expect(keys([])).toEqual(["hidden/kernel", "hidden/bias", "out/kernel", "out/bias"]);
    expect(keys(["hidden"])).toEqual(["out/kernel", "out/bias"]);
    expect(() => keys(["hidden", "out"])).toThrow("frozen");
    expect(() => keys(["hiden"])).toThrow("hidden");
  });
});
