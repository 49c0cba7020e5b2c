// Which layers and options a training step on TF.js refuses.
import { tensor } from "@cajal/core";
import { defineLayer, functional, readKeras } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { initialize } from "../../initializers/initialize";
import { openTrainStep } from "../../openTrainStep";
import { descent, sum } from "../../../testing/training";

const [loss, optimizer] = [sum, descent(1)];

/** A layer of sequences [3, 4], and a Dense after it. */
function modelOf(class_name: string, config: object) {
  const calls = class_name === "MultiHeadAttention" ? 2 : 1;
  const entry = (class_name: string, name: string, config: object, from: string[]) => ({
    class_name,
    name,
    config: { ...config, name },
    inbound_nodes: from.length > 0 ? [from.map((each) => [each, 0, 0, {}])] : [],
  });
  return readKeras({
    class_name: "Functional",
    config: {
      name: "m",
      layers: [
        entry("InputLayer", "x", { batch_input_shape: [null, 3, 4] }, []),
        entry(
          class_name,
          "tried",
          config,
          Array.from({ length: calls }, () => "x"),
        ),
        entry("Flatten", "flat", {}, ["tried"]),
        entry("Dense", "dense", { units: 1 }, ["flat"]),
      ],
      input_layers: [["x", 0, 0]],
      output_layers: [["dense", 0, 0]],
    },
  });
}

const openOn = (engine: "onnx" | "tfjs", model: ReturnType<typeof modelOf>, options = {}) =>
  openTrainStep(model, initialize(model, { seed: 1 }), { loss, optimizer, engine, device: "cpu", ...options }); // prettier-ignore

const layer = (class_name: string, config: object) => ({ layer: { class_name, config } });

describe("random numbers that follow no seed", () => {
  it.each([
    ["AlphaDropout", { rate: 0.5 }],
    ["GaussianNoise", { stddev: 0.5 }],
    ["GaussianDropout", { rate: 0.5 }],
    ["SimpleRNN", { units: 2, dropout: 0.5 }],
    ["LSTM", { units: 2, dropout: 0.5 }],
    ["GRU", { units: 2, dropout: 0.5 }],
    ["GRU", { units: 2, dropout: 0.5, reset_after: false }],
    ["Bidirectional", layer("LSTM", { units: 2, dropout: 0.5 })],
    ["Bidirectional", layer("GRU", { units: 2, dropout: 0.5 })],
    ["TimeDistributed", layer("Dropout", { rate: 0.5 })],
    ["RNN", { cell: { class_name: "GRUCell", config: { units: 2, dropout: 0.5 } } }],
    ["MultiHeadAttention", { num_heads: 1, key_dim: 2, dropout: 0.5 }],
  ])("of %s %j are refused", async (className, config) => {
    await expect(openOn("tfjs", modelOf(className, config))).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(
        /^layer "tried".*could not be repeated\. Train with engine onnx/,
      ),
    });
  });

  it("are said to be so within another layer", async () => {
    const model = modelOf("TimeDistributed", layer("Dropout", { rate: 0.5, seed: 3 }));
    await expect(openOn("tfjs", model)).rejects.toThrow(
      'layer "tried" (Dropout): it draws random numbers in training that follow no seed in TF.js within TimeDistributed',
    );
  });

  it.each([
    ["LSTM", { units: 2, dropout: 0.5, recurrent_dropout: 0.5 }],
    ["Bidirectional", layer("GRU", { units: 2, dropout: 0.5 })],
  ])("are not drawn by %s %j that computes as in inference", async (className, config) => {
    const step = await openOn("tfjs", modelOf(className, config), { inferenceMode: ["tried"] });
    const x = tensor("float32", [2, 3, 4], Array.from({ length: 24 }, (_, i) => Math.sin(i))); // prettier-ignore
    const onnx = await openOn("onnx", modelOf(className, config), { inferenceMode: ["tried"] });
    const batch = { x, y: tensor("float32", [2, 1]) };
    expect((await step.run(batch)).loss).toBeCloseTo((await onnx.run(batch)).loss, 5);
    await Promise.all([step.dispose(), onnx.dispose()]);
  });

  it.each([
    ["Dropout", { rate: 0.5 }],
    ["SpatialDropout1D", { rate: 0.5 }],
    ["AlphaDropout", { rate: 0 }],
    ["LSTM", { units: 2, dropout: 0 }],
    ["TimeDistributed", layer("Dense", { units: 2 })],
  ])("are not drawn, or seeded, in %s %j", async (className, config) => {
    const model = modelOf(className, config);
    const losses: number[] = [];
    for (let run = 0; run < 2; run++) {
      const step = await openOn("tfjs", model, { seed: 7 });
      const x = tensor(
        "float32",
        [2, 3, 4],
        Array.from({ length: 24 }, (_, i) => Math.sin(i)),
      );
      losses.push((await step.run({ x, y: tensor("float32", [2, 1]) })).loss);
      await step.dispose();
    }
    expect(losses[0]).toBe(losses[1]);
  });
});

describe.each(["onnx", "tfjs"] as const)("what no engine trains says so on %s", (engine) => {
  it.each([
    ["LSTM", { units: 2, recurrent_dropout: 0.5 }, /recurrent_dropout 0\.5 cannot be trained: .* Use dropout, or recurrent_dropout 0/],
    ["Bidirectional", layer("GRU", { units: 2, recurrent_dropout: 0.5 }), /Use dropout, or recurrent_dropout 0/],
    ["RandomFlip", { mode: "horizontal" }, /RandomFlip changes images in training.*take the layer out \(cutAt/],
    ["RandomContrast", { factor: 0.5 }, /take the layer out/],
    ["RandomZoom", { height_factor: 0.5 }, /take the layer out/],
  ])("%s %j", async (className, config, message) => {
    await expect(openOn(engine, modelOf(className, config))).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(message),
    });
  }); // prettier-ignore
});

it.each(["onnx", "tfjs"] as const)(
  "factors of 0 alone would change nothing on %s",
  async (engine) => {
    const model = modelOf("Dense", { units: 2 });
    const learningRateMultipliers = { tried: 0, dense: 0 };
    const run = async () => {
      const step = await openOn(engine, model, { learningRateMultipliers });
      await step.run({ x: tensor("float32", [2, 3, 4]), y: tensor("float32", [2, 1]) });
    };
    await expect(run()).rejects.toThrow(/training would change nothing/);
  },
);

it.each([
  ["LSTM", "LSTM"],
  ["LSTM", "SimpleRNN"],
  ["SimpleRNN", "GRU"],
  ["GRU", "LSTM"],
] as const)("%s that begins from given states trains before %s", async (first, second) => {
  const net = functional("states");
  const [x, h] = [net.input([3, 2], { name: "x" }), net.input([2], { name: "h" })];
  const own = (name: string, kind: string) => ({ units: 2, name, ...(kind === "GRU" && { reset_after: false }) }); // prettier-ignore
  const states = first === "LSTM" ? [h, h] : [h];
  const sequence = net.layer(first, { ...own("first", first), return_sequences: true }, [
    x,
    ...states,
  ]);
  const model = net.model([x, h], net.layer(second, own("second", second), sequence));
  const filled = (...shape: number[]) => tensor("float32", shape, Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i))); // prettier-ignore
  const batch = { x: { x: filled(2, 3, 2), h: filled(2, 2) }, y: filled(2, 2) };
  const [tfjs, onnx] = [await openOn("tfjs", model), await openOn("onnx", model)];
  for (const measured of ["run", "evaluate"] as const)
    expect((await tfjs[measured](batch)).loss).toBeCloseTo((await onnx[measured](batch)).loss, 5);
  await Promise.all([tfjs.dispose(), onnx.dispose()]);
});

it("says where a layer of one's own fails while a batch is measured", async () => {
  const failing = defineLayer({
    className: "Failing",
    fields: {},
    shape: (_, [x]) => [x!],
    lower: (_, [x], g) => [g.identity(x!)],
    tfjs: () => {
      throw new TypeError("oops");
    },
  });
  const net = functional("own");
  const x = net.input([2]);
  const model = net.model(x, net.own(failing, {}, net.layer("Dense", { units: 1 }, x)));
  const options = { loss, optimizer, engine: "tfjs", device: "cpu", layers: [failing] } as const;
  await using step = await openTrainStep(model, initialize(model, { seed: 1, layers: [failing] }), options); // prettier-ignore
  const batch = { x: tensor("float32", [1, 2]), y: tensor("float32", [1, 1]) };
  await expect(step.evaluate(batch)).rejects.toMatchObject({ code: "engine", message: expect.stringContaining("oops") }); // prettier-ignore
});
