import { random, tensor } from "@cajal/core";
import { functional, toOnnx } from "@cajal/models";
import { sampledEarly } from "@cajal/onnx";
import { expect, it } from "vitest";
import { initialize } from "../../initializers/initialize";
import { open } from "../../open";
import { openGradient } from "../../openGradient";

/** A residual block before two convolutions of stride 2 that read single pixels, as in ResNet50. */
function network() {
  const net = functional("stages");
  const x = net.input([9, 8, 3]);
  const conv = (filters: number, k: number, name: string, from: typeof x, strides = 1) =>
    net.layer("Conv2D", { filters, kernel_size: k, strides, padding: "same", name }, from);
  const relu = (name: string, from: typeof x) =>
    net.layer("Activation", { activation: "relu", name }, from);
  const inner = net.layer("BatchNormalization", { name: "bn" }, conv(4, 3, "inner", x));
  const outer = conv(3, 1, "outer", relu("inner_out", inner));
  const sum = net.layer("Add", { name: "sum" }, [outer, x]);
  const block = relu("block_out", sum);
  const next = net.layer("Add", { name: "next" }, [
    conv(5, 1, "left", block, 2),
    conv(5, 1, "right", block, 2),
  ]);
  return net.model([x], [net.layer("GlobalAveragePooling2D", { name: "mean" }, next)]);
}

const model = network();
const input = model.config.layers[0]!.config.name as string;
const weights = initialize(model, { seed: 2 });
const numbers = random(3, "sampledEarly");
const image = tensor("float32", [2, 9, 8, 3], Float32Array.from({ length: 432 }, () => numbers.normal())); // prettier-ignore

it("applies to the network", () =>
  expect(sampledEarly(toOnnx(model, weights))).not.toEqual(toOnnx(model, weights)));

it("gives the predictions of engine tfjs, which computes all pixels", async () => {
  await using session = await open(model, weights, { engine: "onnx", device: "cpu" });
  await using other = await open(model, weights, { engine: "tfjs", device: "cpu" });
  const [got, expected] = [await session.predict(image), await other.predict(image)];
  got.data.forEach((value, i) => expect(value).toBeCloseTo(Number(expected.data[i]), 5));
});

it("gives the gradients of engine tfjs, of the input and of layers whose pixels are left out otherwise", async () => {
  const withRespectTo = [input, "inner_out", "block_out"];
  const gradientsOn = async (engine: "onnx" | "tfjs") => {
    await using session = await openGradient(model, weights, { engine, device: "cpu", withRespectTo, values: ["sum"] }); // prettier-ignore
    const { gradients, values } = await session.run({ [input]: image });
    return { ...gradients, ...values };
  };
  const [got, expected] = [await gradientsOn("onnx"), await gradientsOn("tfjs")];
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(got[name]!.shape).toEqual(shape);
    data.forEach((value, i) => expect(Number(got[name]!.data[i]), name).toBeCloseTo(Number(value), 5)); // prettier-ignore
  }
  await using byInput = await openGradient(model, weights, { engine: "onnx", device: "cpu" });
  const { gradients } = await byInput.run({ [input]: image });
  expected[input]!.data.forEach((value, i) => expect(Number(gradients[input]!.data[i])).toBeCloseTo(Number(value), 5)); // prettier-ignore
});
