// Layers are those on the way from the image to the first output, and class activation maps take them as they lie.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import { initialize } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { openExplainer } from "..";

const image = tensor(
  "float32",
  [4, 4, 1],
  Float32Array.from({ length: 16 }, (_, i) => i / 16),
);

describe("layers on the way to the first output alone", () => {
  it("of an ONNX graph", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 1, 4, 4]);
    const kernel = g.constant(tensor("float32", [2, 1, 1, 1], [1, 2]));
    const maps = g.relu(g.conv(x, g.mul(kernel, kernel)));
    const means = g.reduceMean(maps, { axes: [2, 3], keepdims: false });
    const sizes = g.shape(x, { start: 0, end: 2 });
    const scores = g.add(means, g.expand(g.constant(tensor("float32", [1, 2])), sizes));
    const aside = g.sigmoid(g.conv(x, kernel));
    g.output(g.softmax(scores, { axis: -1 }), "first");
    g.output(aside, "second");
    await using explainer = await openExplainer(g.build(), { threads: 1 });
    const names = explainer.layers.map(({ name }) => name);
    // Neither what is computed from weights, or as many numbers as there are images, nor what leads elsewhere.
    expect(names).toEqual(["Conv", maps.name, means.name, scores.name, "first"]);
    const map = explainer.attribute(image, { method: "grad-cam", target: 0, layer: "second" });
    await expect(map).rejects.toMatchObject({ code: "unknown-name" });
  });

  it.each(["onnx", "tfjs"] as const)("of a Keras model, on engine %s", async (engine) => {
    const net = functional("two");
    const x = net.input([4, 4, 1]);
    const conv = net.layer("Conv2D", { name: "conv", filters: 2, kernel_size: 3 }, x);
    const pool = net.layer("GlobalAveragePooling2D", { name: "pool" }, conv);
    const aside = net.layer("Conv2D", { name: "aside", filters: 2, kernel_size: 2 }, conv);
    const model = net.model([x], [net.layer("Dense", { name: "scores", units: 2 }, pool), aside]);
    const weights = initialize(model, { seed: 1 });
    await using explainer = await openExplainer(model, weights, { engine, device: "cpu" });
    const names = explainer.layers.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(["conv", "pool", "scores"]);
    expect(names).not.toContain("aside");
  });
});

it.each(["onnx", "tfjs"] as const)(
  "a channel of a Keras sequence is its last axis, on engine %s",
  async (engine) => {
    const net = functional("sequence");
    const x = net.input([3, 1]);
    const conv = net.layer("Conv1D", { name: "conv", filters: 2, kernel_size: 1 }, x);
    const pool = net.layer("GlobalAveragePooling1D", {}, conv);
    const model = net.model(x, net.layer("Dense", { units: 2 }, pool));
    const weights = new Map([...initialize(model, { seed: 1 }), ["conv/kernel", tensor("float32", [1, 1, 2], [1, 2])] as const]); // prettier-ignore
    await using explainer = await openExplainer(model, weights, { engine, device: "cpu" });
    const step = { image: tensor("float32", [3, 1]), steps: 1, optimizer: "sgd", learningRate: 1 } as const; // prettier-ignore
    // The mean of 2 x over three steps, and one of them.
    const { first: mean } = await explainer.maximize({ ...step, layer: "conv", channel: 1 });
    expect(Array.from(mean.data)).toEqual(Array(3).fill(expect.closeTo(2 / 3, 6)));
    const { first: one } = await explainer.maximize({ ...step, layer: "conv", channel: 1, position: [2, 0] }); // prettier-ignore
    expect(Array.from(one.data)).toEqual([0, 0, 2]);
  },
);

describe("maps that lie channels last", async () => {
  // As many channels as rows and columns: shapes do not tell which axis is which.
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", 1, 4, 4]);
  const maps = g.relu(g.conv(x, g.constant(tensor("float32", [4, 1, 1, 1], [1, 2, 3, 4]))));
  const last = g.transpose(maps, [0, 2, 3, 1]);
  const identity = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
  const dense = g.relu(g.matMul(last, g.constant(tensor("float32", [4, 4], identity))));
  g.output(g.reduceMean(dense, { axes: [1, 2], keepdims: false }), "scores");
  const model = g.build();

  it("are not chosen", async () => {
    await using explainer = await openExplainer(model, { threads: 1 });
    expect(explainer.mapLayer).toBe(maps.name);
  });

  it.each([last.name, dense.name])("are refused: %s", async (layer) => {
    await using explainer = await openExplainer(model, { threads: 1 });
    const map = explainer.attribute(image, { method: "grad-cam", target: 0, layer });
    await expect(map).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining(`"${maps.name}"`) }); // prettier-ignore
  });

  it.each([maps.name, last.name, dense.name])(
    "have channels to maximize all the same: %s",
    async (layer) => {
      await using explainer = await openExplainer(model, { threads: 1 });
      const step = {
        layer,
        channel: 2,
        image,
        steps: 1,
        optimizer: "sgd",
        learningRate: 1,
      } as const;
      const gained = async (asked: object) => {
        const { first } = await explainer.maximize({ ...step, ...asked });
        return Array.from(first.data, (value, i) => value - image.data[i]!);
      };
      // Channel 2 is 3 x, of one pixel or the mean of sixteen, of which the first is 0 and has no slope.
      expect(await gained({ position: [1, 0] })).toEqual([0, 0, 0, 0, 3, ...Array(11).fill(0)]);
      expect(await gained({})).toEqual([0, ...Array(15).fill(expect.closeTo(3 / 16, 6))]);
    },
  );
});

// PyTorch's nn.Linear takes the last axis of an image, its width; an exporter of TensorFlow leaves channels there.
describe.each([
  ["along the width of an image", [1, 4, 4], 0],
  ["on the channels of an image that lies channels last", [8, 8, 3], 2],
] as const)("a dense layer %s", (_, [first, height, width], axis) => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", first, height, width]);
  const diagonal = Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 2 : 0));
  const dense = g.matMul(x, g.constant(tensor("float32", [width, width], diagonal)));
  const kernel = tensor("float32", [2, first, 1, 1], Float32Array.from({ length: 2 * first }, (_, i) => (i < first ? 1 : 3))); // prettier-ignore
  const maps = g.conv(dense, g.constant(kernel));
  g.output(g.reduceMean(maps, { axes: [2, 3], keepdims: false }), "scores");

  it("has its channels where the image has them", async () => {
    await using explainer = await openExplainer(g.build(), { threads: 1 });
    const asked = { method: "grad-cam", target: 1, layer: dense.name } as const;
    if (axis !== 0) {
      const zeros = tensor("float32", [height, width, first]);
      return expect(explainer.attribute(zeros, asked)).rejects.toThrow(`of which axis ${axis} are the channels`); // prettier-ignore
    }
    // The mean of 3 · 2 x: maps 2 x of weight 3 / 16.
    const { cam } = await explainer.attribute(image, asked);
    cam!.data.forEach((value, i) => expect(value).toBeCloseTo((3 / 8) * image.data[i]!, 6));
  });
});
