// What is not trained: layers and nested models by name, by a factor of 0 and by `trainable: false`, with
// the averages of their batch normalizations, on both engines.
import { random, tensor, type Weights } from "@cajal/core";
import type { LayerEntry, ModelConfig } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { initialize } from "../initializers/initialize";
import { openTrainStep } from "../openTrainStep";
import { descent, squares } from "../../testing/training";
import type { TrainStepOptions } from "./trainStep";

const [loss, optimizer] = [squares, descent(0.1)];

const input = (name: string, size: number): LayerEntry => ({
  class_name: "InputLayer",
  name,
  config: { batch_input_shape: [null, size] },
  inbound_nodes: [],
});

const layer = (
  class_name: string,
  name: string,
  from: string,
  config: Readonly<Record<string, unknown>>,
  call = 0,
): LayerEntry => ({ class_name, name, config, inbound_nodes: [[[from, call, 0, {}]]] });

/** x → inner (dense, norm) → out, the first two within a nested model. */
const model = (
  marked: { root?: boolean; inner?: boolean; dense?: boolean; norm?: boolean } = {},
): ModelConfig => ({
  class_name: "Functional",
  config: {
    name: "outer",
    ...(marked.root === false && { trainable: false }),
    layers: [
      input("x", 3),
      layer("Functional", "inner", "x", {
        name: "inner",
        ...(marked.inner === false && { trainable: false }),
        layers: [
          input("i", 3),
          layer("Dense", "dense", "i", {
            units: 3,
            trainable: marked.dense !== false,
            kernel_regularizer: { class_name: "L2", config: { l2: 0.5 } },
          }),
          layer("BatchNormalization", "norm", "dense", { trainable: marked.norm !== false }),
        ],
        input_layers: [["i", 0, 0]],
        output_layers: [["norm", 0, 0]],
      }),
      layer("Dense", "out", "inner", { units: 2 }, 1),
    ],
    input_layers: [["x", 0, 0]],
    output_layers: [["out", 0, 0]],
  },
});

const numbers = random(3, "frozen");
const noise = (shape: readonly number[]) =>
  tensor(
    "float32",
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.normal()),
  );
const batch = { x: noise([8, 3]), y: noise([8, 2]) };

const trained = ["inner/dense/bias", "inner/dense/kernel", "inner/norm/beta", "inner/norm/gamma"];
const averages = ["inner/norm/moving_mean", "inner/norm/moving_variance"];
const out = ["out/bias", "out/kernel"];

describe.each(["onnx", "tfjs"] as const)("on %s", (engine) => {
  /** Keys of the weights that two steps change, and the loss of the first. */
  async function changed(
    network: ModelConfig,
    options: Partial<TrainStepOptions> = {},
    examples = batch,
  ): Promise<{ keys: string[]; loss: number }> {
    const before: Weights = initialize(network, { seed: 1 });
    const settings = { loss, optimizer, engine, device: "cpu" as const, ...options };
    const step = await openTrainStep(network, before, settings);
    const first = await step.run(examples);
    await step.run(examples);
    const after = await step.weights();
    await step.dispose();
    const keys = [...after.keys()].filter(
      (key) => after.get(key)!.data.join() !== before.get(key)!.data.join(),
    );
    return { keys: keys.toSorted(), loss: first.loss };
  }
  const all = [...trained, ...averages, ...out].toSorted();

  it("all is trained where nothing is said", async () => {
    // The gradient of a bias before a normalization is 0 but for rounding.
    const { keys } = await changed(model());
    expect(keys.filter((key) => key !== "inner/dense/bias")).toEqual(
      all.filter((key) => key !== "inner/dense/bias"),
    );
  });

  it.each<[string, ModelConfig, Partial<TrainStepOptions>]>([
    ["its name", model(), { frozen: ["inner"] }],
    ["its layers' names", model(), { frozen: ["inner/dense", "inner/norm"] }],
    ["its own mark", model({ inner: false }), {}],
    ["its layers' marks", model({ dense: false, norm: false }), {}],
  ])("a nested model is frozen by %s, its averages too", async (_, network, options) => {
    expect((await changed(network, options)).keys).toEqual(out);
  });

  it("one layer in a nested model is frozen by its path", async () => {
    const { keys } = await changed(model(), { frozen: ["inner/norm"] });
    expect(keys).toEqual(["inner/dense/bias", "inner/dense/kernel", ...out]);
  });

  it("a normalization in inference mode learns, and its averages stay", async () => {
    const norm = await changed(model(), { inferenceMode: ["inner/norm"] });
    expect(norm.keys).toEqual([...trained, ...out].toSorted());
    expect(await changed(model(), { inferenceMode: ["inner"] })).toEqual(norm);
    // It computes as a frozen one does, and a free one does not.
    expect(norm.loss).toBe((await changed(model(), { frozen: ["inner/norm"] })).loss);
    expect(norm.loss).not.toBe((await changed(model())).loss);
    await expect(changed(model(), { inferenceMode: ["inner/gone"] })).rejects.toMatchObject({
      code: "unknown-name",
    });
  });

  it("a factor of 0 leaves what gradients train, and the averages follow the data", async () => {
    const both: Record<string, number>[] = [{ inner: 0 }, { "inner/dense": 0, "inner/norm": 0 }];
    for (const factors of both)
      expect((await changed(model(), { learningRateMultipliers: factors })).keys).toEqual(
        [...averages, ...out].toSorted(),
      );
  });

  it("a layer's own factor goes before that of the model around it", async () => {
    const learningRateMultipliers = { inner: 0, "inner/norm": 2 };
    const { keys } = await changed(model(), { learningRateMultipliers });
    expect(keys).toEqual([...averages, "inner/norm/beta", "inner/norm/gamma", ...out].toSorted());
  });

  it("the loss has no share of regularizers of what is not trained, as in Keras", async () => {
    const free = await changed(model({ norm: false }));
    const frozen = await changed(model({ norm: false, dense: false }));
    const kernel = initialize(model(), { seed: 1 }).get("inner/dense/kernel")!;
    let squares = 0;
    for (const w of kernel.data) squares += Number(w) ** 2;
    expect(free.loss - frozen.loss).toBeCloseTo(0.5 * squares, 5);
  });

  /** [steps, 3] → a layer → out. */
  const sequence = (
    class_name: string,
    config: Readonly<Record<string, unknown>>,
  ): ModelConfig => ({
    class_name: "Functional",
    config: {
      name: "sequence",
      layers: [
        {
          class_name: "InputLayer",
          name: "x",
          config: { batch_input_shape: [null, 2, 3] },
          inbound_nodes: [],
        },
        layer(class_name, "in", "x", config),
        layer("Flatten", "flat", "in", {}),
        layer("Dense", "out", "flat", { units: 2 }),
      ],
      input_layers: [["x", 0, 0]],
      output_layers: [["out", 0, 0]],
    },
  });
  const inner = (class_name: string, name: string, config = {}, trainable = false) => ({
    class_name,
    config: { name, trainable, ...config },
  });

  it.each<[string, ModelConfig, Partial<TrainStepOptions>]>([
    [
      "what is within TimeDistributed",
      sequence("TimeDistributed", { layer: inner("Dense", "d", { units: 3 }) }),
      {},
    ],
    [
      "a normalization within TimeDistributed",
      sequence("TimeDistributed", { layer: inner("BatchNormalization", "n") }),
      {},
    ],
    [
      "that by its path",
      sequence("TimeDistributed", { layer: inner("BatchNormalization", "n", {}, true) }),
      { frozen: ["in/n"] },
    ],
    [
      "that by the layer around",
      sequence("TimeDistributed", { layer: inner("BatchNormalization", "n", {}, true) }),
      { frozen: ["in"] },
    ],
    ...(engine === "tfjs"
      ? []
      : ([
          [
            "both directions",
            sequence("Bidirectional", { layer: inner("GRU", "g", { units: 2 }) }),
            {},
          ],
          ["a cell", sequence("RNN", { cell: inner("LSTMCell", "c", { units: 2 }) }), {}],
          [
            "a stack of cells",
            sequence("RNN", {
              cell: inner("StackedRNNCells", "s", {
                cells: [inner("GRUCell", "c", { units: 2 }, true)],
              }),
            }),
            {},
          ],
        ] as [string, ModelConfig, object][])),
  ])("%s is not trained where its own config or name says so", async (_, network, options) => {
    // prettier-ignore
    const x = { x: noise([8, 2, 3]), y: batch.y };
    expect((await changed(network, options, x)).keys).toEqual(out);
  });

  it("of the parts of a layer one alone is frozen, by its mark and by its path", async () => {
    if (engine === "tfjs") return; // It has no GRU of Keras 3 within Bidirectional.
    const x = { x: noise([8, 2, 3]), y: batch.y };
    const both = (trainable: boolean) =>
      sequence("Bidirectional", {
        layer: inner("GRU", "g", { units: 2 }, true),
        backward_layer: inner("GRU", "h", { units: 2, go_backwards: true }, trainable),
      });
    for (const [network, options] of [
      [both(false), {}],
      [both(true), { frozen: ["in/backward_h"] }],
      [both(true), { learningRateMultipliers: { in: 1, "in/backward_h": 0 } }],
    ] as const) {
      const { keys } = await changed(network, options, x);
      expect(keys.some((key) => key.startsWith("in/forward_g/"))).toBe(true);
      expect(keys.filter((key) => key.startsWith("in/backward_h/"))).toEqual([]);
    }
  });

  it("a factor of 0 leaves a weight that its constraint would move", async () => {
    const network = sequence("Dense", { units: 2, kernel_constraint: "UnitNorm" });
    const x = { x: noise([8, 2, 3]), y: batch.y };
    const { keys } = await changed(network, { learningRateMultipliers: { in: 0 } }, x);
    expect(keys).toEqual(out);
  });

  it("a model that is marked as a whole has nothing to train", async () => {
    const network = model({ root: false });
    const settings = { loss, optimizer, engine, device: "cpu" as const };
    await expect(
      openTrainStep(network, initialize(network, { seed: 1 }), settings),
    ).rejects.toMatchObject({ code: "bad-argument", message: expect.stringContaining("frozen") });
  });

  it("a name that no layer has is refused with those there are", async () => {
    const network = model();
    const settings = { loss, optimizer, engine, device: "cpu" as const, frozen: ["inner/dnse"] };
    await expect(
      openTrainStep(network, initialize(network, { seed: 1 }), settings),
    ).rejects.toMatchObject({
      code: "unknown-name",
      message: expect.stringContaining("inner/dense"),
    });
  });
});
