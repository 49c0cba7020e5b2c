// Models of which something is not used, which TF.js would leave out.
import { sizeOf, tensor, type Tensor } from "@cajal/core";
import { functional, readKeras, weightSpecs, type ModelConfig } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { open } from "../../open";
import { openTrainStep } from "../../openTrainStep";

/** Of two inputs, the second of which is not read. */
function unusedInput() {
  const net = functional("m");
  const [a, b] = ["a", "b"].map((name) => net.input([2], { name }));
  return net.model([a!, b!], [net.layer("Dense", { units: 1, name: "y" }, a!)]);
}

/** A model within a model, of whose two outputs the second is not read. */
function unusedOutput() {
  const sub = functional("sub");
  const s = sub.input([2], { name: "s" });
  const inner = sub.model([s], [sub.layer("Dense", { units: 1, name: "y" }, s), sub.layer("Dense", { units: 1, name: "z" }, s)]); // prettier-ignore
  return readKeras({
    class_name: "Functional",
    config: {
      name: "m",
      layers: [
        { class_name: "InputLayer", name: "a", config: { name: "a", batch_input_shape: [null, 2] }, inbound_nodes: [] },
        { class_name: "Functional", name: "sub", config: inner.config, inbound_nodes: [[["a", 0, 0, {}]]] },
      ],
      input_layers: [["a", 0, 0]],
      output_layers: [["sub", 0, 0]],
    },
  }); // prettier-ignore
}

describe.each<[string, () => ModelConfig, [string, ...number[]][]]>([
  [
    "an input",
    unusedInput,
    [
      ["y/kernel", -2, -3],
      ["y/bias", 0],
    ],
  ],
  [
    "an output of a model within the model",
    unusedOutput,
    [
      ["sub/y/kernel", -2, -3],
      ["sub/y/bias", 0],
      ["sub/z/kernel", 5, 5],
      ["sub/z/bias", 5],
    ],
  ],
])("%s that is not used", (_, build, trained) => {
  const model = build();
  const weights = new Map<string, Tensor>(
    weightSpecs(model).map(({ key, shape }) => [key, tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(key.includes("z") ? 5 : 1))]), // prettier-ignore
  );
  const x = tensor("float32", [1, 2], [3, 4]);
  const feeds = (inputs: readonly { readonly name: string }[]) => Object.fromEntries(inputs.map(({ name }) => [name, x])); // prettier-ignore

  it.each(["onnx", "tfjs"] as const)("is left unused on %s, and trains nothing", async (engine) => {
    await using session = await open(model, weights, { engine, device: "cpu" });
    const [y] = Object.values(await session.run(feeds(session.inputs)));
    expect([...y!.data]).toEqual([8]); // 3 + 4 + 1
    const step = await openTrainStep(model, weights, {
      loss: { name: "sum", compute: (ops, _, yPred) => ops.reduceSum(yPred, { axes: [-1] }) },
      optimizer: { name: "sgd", learningRate: () => 1, slots: {}, update: (ops, { parameter, gradient, rate }) => ({ parameter: ops.sub(parameter, ops.mul(gradient, rate)), slots: {} }) },
      engine,
      device: "cpu",
    }); // prettier-ignore
    await step.run({ x: feeds(session.inputs), y: tensor("float32", [1, 1]) });
    const after = [...(await step.weights()).entries()].map(([key, { data }]) => [key, ...data]);
    expect(after).toEqual(trained);
    await step.dispose();
  });
});
