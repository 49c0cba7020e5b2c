// What Keras configs say of training: free extents under either name, whole numbers as inputs, and the
// ranges of constraints, regularizers and initializers.
import { tensor } from "@cajal/core";
import type { LayerEntry, ModelConfig } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { initialize } from "../initializers/initialize";
import { openTrainStep } from "../openTrainStep";
import { descent, squares } from "../../testing/training";

const [loss, optimizer] = [squares, descent(0.1)];

const chain = (
  input: Readonly<Record<string, unknown>>,
  layers: readonly (readonly [string, Readonly<Record<string, unknown>>])[],
): ModelConfig => {
  const entries: LayerEntry[] = [
    { class_name: "InputLayer", name: "x", config: input, inbound_nodes: [] },
    ...layers.map(([class_name, config], i): LayerEntry => ({
      class_name,
      name: `l${i}`,
      config,
      inbound_nodes: [[[i === 0 ? "x" : `l${i - 1}`, 0, 0, {}]]],
    })),
  ];
  return {
    class_name: "Functional",
    config: {
      name: "m",
      layers: entries,
      input_layers: [["x", 0, 0]],
      output_layers: [[entries.at(-1)!.name, 0, 0]],
    },
  };
};

describe.each(["onnx", "tfjs"] as const)("on %s", (engine) => {
  const settings = { loss, optimizer, engine, device: "cpu" as const };

  it.each(["batch_shape", "batch_input_shape"])("%s with free extents trains", async (key) => {
    const model = chain({ [key]: [null, null, null, 1] }, [
      ["Conv2D", { filters: 2, kernel_size: 3, padding: "same" }],
      ["GlobalAveragePooling2D", {}],
    ]);
    const step = await openTrainStep(model, initialize(model, { seed: 1 }), settings);
    const losses: number[] = [];
    for (const size of [4, 6, 4]) {
      const x = tensor("float32", [2, size, size, 1], new Float32Array(2 * size * size).fill(1));
      losses.push((await step.run({ x, y: tensor("float32", [2, 2], [1, 2, 3, 4]) })).loss);
    }
    expect(losses[2]).toBeLessThan(losses[0]!);
    await step.dispose();
  });

  it("pixels as they are train behind a Rescaling", async () => {
    const model = (dtype: string) =>
      chain({ batch_input_shape: [null, 2], dtype }, [
        ["Rescaling", { scale: 1 / 255 }],
        ["Dense", { units: 1 }],
      ]);
    const weights = initialize(model("uint8"), { seed: 1 });
    const y = tensor("float32", [2, 1], [1, 0]);
    const results = [];
    for (const dtype of ["uint8", "float32"] as const) {
      const step = await openTrainStep(model(dtype), weights, settings);
      results.push(await step.run({ x: tensor(dtype, [2, 2], [0, 128, 255, 7]), y }));
      await step.dispose();
    }
    expect(results[0]!.loss).toBeCloseTo(results[1]!.loss, 6);
    const step = await openTrainStep(model("uint8"), weights, settings);
    const wrong = { x: tensor("int32", [2, 2], [0, 1, 2, 3]), y };
    await expect(step.run(wrong)).rejects.toMatchObject({ code: "bad-argument" });
    await step.dispose();
  });

  it.each<[string, Record<string, unknown>]>([
    [
      "a negative MaxNorm",
      { kernel_constraint: { class_name: "MaxNorm", config: { max_value: -1 } } },
    ],
    ["a rate above 1", { kernel_constraint: { class_name: "MinMaxNorm", config: { rate: 2 } } }],
    [
      "an empty range",
      { kernel_constraint: { class_name: "MinMaxNorm", config: { min_value: 3, max_value: 1 } } },
    ],
    [
      "an axis that is not there",
      { kernel_constraint: { class_name: "UnitNorm", config: { axis: 5 } } },
    ],
    [
      "a factor that is no number",
      { kernel_regularizer: { class_name: "L2", config: { l2: "much" } } },
    ],
    ["a negative factor", { kernel_regularizer: { class_name: "L1L2", config: { l1: -1 } } }],
    ["a regularizer of JavaScript's", { kernel_regularizer: "constructor" }],
    ["a constraint of JavaScript's", { kernel_constraint: { class_name: "toString", config: {} } }],
  ])("%s is refused when training opens", async (_, config) => {
    const model = chain({ batch_input_shape: [null, 2] }, [["Dense", { units: 2, ...config }]]);
    const weights = initialize(model, { seed: 1 });
    const error = await openTrainStep(model, weights, settings).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ message: expect.stringContaining("l0/kernel") });
    expect(["bad-argument", "unknown-name"]).toContain((error as { code: string }).code);
  });
});

it.each<unknown>([
  "constructor",
  "__proto__",
  { class_name: "RandomNormal", config: { stddev: -1 } },
  { class_name: "VarianceScaling", config: { scale: -2 } },
])("the initializer %j is refused", (kernel_initializer) => {
  const model = chain({ batch_input_shape: [null, 2] }, [
    ["Dense", { units: 2, kernel_initializer }],
  ]);
  expect(() => initialize(model, { seed: 1 })).toThrow(/l0/);
});
