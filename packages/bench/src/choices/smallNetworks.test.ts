import { resolve, summary } from "@cajal/models";
import { expect, it } from "vitest";
import { imageSet } from "./imageSets";
import { spelledName, smallNetwork, smallNetworks } from "./smallNetworks";

it.each(smallNetworks)("$name takes every data set, and is small", ({ name }) => {
  for (const dataset of ["digits", "mnist", "cifar10"]) {
    const model = smallNetwork(name, imageSet(dataset));
    expect(resolve(model).outputs[0]!.shape).toEqual([null, 10]);
    const { totalParams, macs } = summary(model);
    expect(totalParams).toBeLessThan(250_000);
    // A minute of learning from 24,000 examples at 40 GFLOP/s allows some 20 M, forwards and backwards.
    expect(macs).toBeLessThan(20e6);
  }
});

it("has its blocks: by hand, of the residual network on digits", () => {
  // Kernels 9·(16 + 2·16·16 + (16·32 + 32·32) + (32·64 + 64·64)) and shortcuts 16·32 + 32·64, four numbers a
  // channel of the normalizations (16·3 + 32·3 + 64·3), and 64·10 + 10.
  const kernels = 9 * (16 + 512 + 1536 + 6144) + 512 + 2048;
  const { totalParams } = summary(smallNetwork("small-resnet", imageSet("digits")));
  expect(totalParams).toBe(kernels + 4 * 336 + 650);
});

it("takes the networks of the table too, and knows no others", () => {
  expect(resolve(smallNetwork("LeNet5", imageSet("mnist"))).outputs[0]!.shape).toEqual([null, 10]);
  expect(() => smallNetwork("small-vg", imageSet("digits"))).toThrow(expect.objectContaining({ code: "unknown-name" })); // prettier-ignore
});

it("has one spelling for records", () => {
  expect(["lenet5", "LeNet-5", "SmallVGG", "small-vgg"].map(spelledName)).toEqual(["LeNet5", "LeNet5", "small-vgg", "small-vgg"]); // prettier-ignore
  expect(() => spelledName("small-vg")).toThrow(expect.objectContaining({ code: "unknown-name" }));
});
