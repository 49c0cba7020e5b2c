// Models with channels first: the same numbers as with channels last, on images turned; and what is folded
// into a convolution is what stands along its channels.
import { tensor, type Tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { noise } from "../../testing/checkLayer";
import { runOnnx } from "../../testing/runOnnx";
import { weightSpecs } from "../network/summary";
import { toOnnx } from "./lower";

type Format = "channels_first" | "channels_last";

const chain = (
  shape: readonly number[],
  layers: readonly (readonly [string, Readonly<Record<string, unknown>>])[],
) => ({
  class_name: "Sequential",
  config: {
    name: "chain",
    layers: [
      { class_name: "InputLayer", config: { name: "x", batch_input_shape: [null, ...shape] } },
      ...layers.map(([class_name, config], i) => ({
        class_name,
        config: { name: `layer${i}`, ...config },
      })),
    ],
  },
});

const weightsOf = (model: object) =>
  new Map(
    weightSpecs(model).map(({ key, shape }) => [
      key,
      noise(shape, "float32", key, key.endsWith("variance")),
    ]),
  );

const cnn = (data_format: Format) =>
  chain(data_format === "channels_first" ? [3, 6, 5] : [6, 5, 3], [
    ["ZeroPadding2D", { padding: [[1, 2], [0, 1]], data_format }], // prettier-ignore
    ["Conv2D", { filters: 4, kernel_size: 3, strides: 2, use_bias: false, data_format }],
    ["BatchNormalization", { axis: data_format === "channels_first" ? 1 : -1 }],
    ["ReLU", {}],
    ["MaxPooling2D", { pool_size: 2, strides: 1, padding: "same", data_format }],
    ["Flatten", { data_format }],
    ["Dense", { units: 2 }],
  ]);

it("computes with channels first what it does with channels last, and turns no value on the way", async () => {
  const last = cnn("channels_last");
  const weights = weightsOf(last);
  const x = noise([2, 6, 5, 3], "float32", "x");
  const channelsFirstInput = tensor("float32", [2, 3, 6, 5]);
  for (let n = 0; n < 2; n++)
    for (let i = 0; i < 30; i++)
      for (let c = 0; c < 3; c++)
        channelsFirstInput.data[(n * 3 + c) * 30 + i] = Number(x.data[(n * 30 + i) * 3 + c]);
  const graph = toOnnx(cnn("channels_first"), weights);
  expect(graph.graph.nodes.map(({ op }) => op)).not.toContain("Transpose");
  expect(graph.graph.nodes.map(({ op }) => op)).not.toContain("BatchNormalization");
  const [expected] = Object.values(await runOnnx(toOnnx(last, weights), { x }));
  const [got] = Object.values(await runOnnx(graph, { x: channelsFirstInput }));
  expectAlike(got!, expected!);
});

it.each([
  ["channels_first", -1],
  ["channels_first", 2],
  ["channels_last", 1],
] as const)("folds into a %s convolution no normalization of axis %i", async (format, axis) => {
  const model = chain(
    [5, 5, 5],
    [
      ["Conv2D", { filters: 5, kernel_size: 3, padding: "same", data_format: format }],
      ["BatchNormalization", { axis }],
    ],
  );
  const weights = weightsOf(model);
  const x = noise([2, 5, 5, 5], "float32", "x");
  // Whose output is asked for is left as it is.
  const ownOutput = await runOnnx(toOnnx(model, weights, { outputs: ["layer0"] }), { x });
  const { layer1 } = await runOnnx(toOnnx(model, weights), { x });
  expectAlike(layer1!, ownOutput.layer1!);
});

function expectAlike(got: Tensor, expected: Tensor): void {
  expect(got.shape).toEqual(expected.shape);
  got.data.forEach((value, i) => expect(value).toBeCloseTo(Number(expected.data[i]), 5));
}
