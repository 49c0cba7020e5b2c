// Images of free height and width, beside the same model of a fixed size.
import { random, tensor } from "@cajal/core";
import { functional, type Functional, type Symbolic } from "@cajal/models";
import { expect, it } from "vitest";
import { initialize } from "./initializers/initialize";
import { open } from "./open";
import { openGradient } from "./openGradient";

const drawn = (shape: readonly number[]) => {
  const numbers = random(1, "x");
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: size }, () => numbers.normal()),
  );
};

type Build = (net: Functional, x: Symbolic) => Symbolic;

const flattens: [string, Build][] = [
  ["behind a convolution", (net, x) => net.layer("Flatten", {}, net.layer("Conv2D", { filters: 3, kernel_size: 2 }, x))], // prettier-ignore
  ["channels first", (net, x) => net.layer("Flatten", { data_format: "channels_first" }, x)],
  ["twice", (net, x) => net.layer("Flatten", {}, net.layer("Flatten", {}, x))],
];

it.each(
  flattens.flatMap(([name, build]) => (["onnx", "tfjs"] as const).map((engine) => ({ name, build, engine }))), // prettier-ignore
)("Flatten, $name, on $engine", async ({ build, engine }) => {
  const x = drawn([2, 4, 5, 2]);
  const ofSize = (height: number | null, width: number | null) => {
    const net = functional("m");
    const input = net.input([height, width, 2], { name: "x" });
    return net.model(input, build(net, input));
  };
  const answer = async (model: ReturnType<typeof ofSize>) => {
    await using session = await open(model, initialize(model, { seed: 1 }), { engine, device: "cpu" }); // prettier-ignore
    return session.predict(x);
  };
  expect(await answer(ofSize(null, null))).toEqual(await answer(ofSize(4, 5)));
});

const windows: [string, object][] = [
  ["Conv2D", { filters: 2, kernel_size: [1, 2], strides: 4 }],
  ["Conv2D", { filters: 2, kernel_size: [2, 1], strides: 3 }],
  ["SeparableConv2D", { filters: 2, kernel_size: [1, 3], strides: 4 }],
  ["DepthwiseConv2D", { kernel_size: 2, strides: 4 }],
  ["MaxPooling2D", { pool_size: [3, 1], strides: 2 }],
  ["AveragePooling2D", { pool_size: 2, strides: [2, 3] }],
];

it.each(windows)("windows smaller than their strides: %s %j", async (className, config) => {
  const ofSize = (height: number | null, width: number | null) => {
    const net = functional("m");
    const input = net.input([height, width, 2], { name: "x" });
    return net.model(input, net.layer(className as "Conv2D", { ...config, padding: "same" } as never, input)); // prettier-ignore
  };
  const free = ofSize(null, null);
  const weights = initialize(free, { seed: 1 });
  await using session = await openGradient(free, weights, { device: "cpu" });
  for (const [height, width] of [
    [4, 4],
    [5, 8],
    [8, 6],
    [3, 7],
  ] as const) {
    // prettier-ignore
    const x = drawn([1, height, width, 2]);
    await using fixed = await openGradient(ofSize(height, width), weights, { device: "cpu" });
    expect(await session.run({ x })).toEqual(await fixed.run({ x }));
  }
});
