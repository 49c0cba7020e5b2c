// Images of free height and width, beside the same model of a fixed size.
import { random, tensor } from "@cajal/core";
import { functional, type Functional, type Symbolic } from "@cajal/models";
import { expect, it } from "vitest";
import { initialize } from "./initializers/initialize";
import { open } from "./open";

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
