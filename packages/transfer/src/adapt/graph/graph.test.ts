// Surgery on ONNX graphs: those of real models and PyTorch's exports, cut, given a new head, tuned.
import { readFileSync } from "node:fs";
import { sizeOf, tensor, type Tensor } from "@cajal/core";
import { dataset, digits } from "@cajal/datasets";
import { decodeModel, encodeModel, GraphBuilder } from "@cajal/onnx";
import { open } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../../core/testing/shared";
import { unit } from "../../../../models/testing/generated";
import { cutAt, withHead } from "../../index";
import { fineTune } from "../fineTune";
import { readModel } from "../../readModel";

const x = (shape: readonly number[], seed = 1) =>
  tensor(
    "float32",
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => unit(seed, i)),
  );

/** A small convolutional classifier, as an exporter would name its parts. */
function small() {
  const g = new GraphBuilder({ name: "small" });
  const image = g.input("image", "float32", ["batch", 2, 6, 6]);
  const weight = (name: string, shape: number[], seed: number) =>
    g.initializer(name, x(shape, seed));
  const features = g.relu(g.conv(image, weight("body.weight", [4, 2, 3, 3], 2), weight("body.bias", [4], 3), {})); // prettier-ignore
  const flat = g.flatten(g.globalAveragePool(features));
  g.output(g.gemm(flat, weight("head.weight", [4, 5], 4), weight("head.bias", [5], 5)), "logits");
  return { model: decodeModel(encodeModel(g.build())), features: features.name };
}

describe("a graph that others exported", () => {
  it("is refused where configs alone are expected, and read where graphs are taken", async () => {
    const bytes = encodeModel(small().model);
    await expect(readModel(bytes)).rejects.toMatchObject({ code: "unsupported" });
    const read = await readModel(bytes, { graphs: true });
    expect(read.format).toBe("ONNX");
    expect([...read.weights.keys()]).toEqual([
      "body.weight",
      "body.bias",
      "head.weight",
      "head.bias",
    ]);
  });

  it("is cut at a value or a node, and keeps nothing of the rest", async () => {
    const { model, features } = small();
    const cut = cutAt({ model }, features);
    expect([...cut.weights!.keys()]).toEqual(["body.weight", "body.bias"]);
    expect(cut.model.graph.outputs.map(({ name }) => name)).toEqual([features]);
    await using whole = await open(model);
    await using part = await open(cut.model);
    const image = x([2, 2, 6, 6]);
    const { data, shape } = await part.predict(image);
    expect(shape).toEqual([2, 4, 4, 4]);
    // The mean of each map, times the head by hand.
    const { data: logits } = await whole.predict(image);
    const weights = new Map(model.graph.initializers);
    const [w, b] = ["head.weight", "head.bias"].map((name) => weights.get(name)!.data as Float32Array); // prettier-ignore
    for (let n = 0; n < 2; n++)
      for (let k = 0; k < 5; k++) {
        let sum = b![k]!;
        for (let c = 0; c < 4; c++) {
          const at = (n * 4 + c) * 16;
          const mean = Array.from(data.slice(at, at + 16), Number).reduce((a, v) => a + v, 0) / 16;
          sum += mean * w![c * 5 + k]!;
        }
        expect(Number(logits[n * 5 + k])).toBeCloseTo(sum, 4);
      }
    expect(() => cutAt({ model }, "nowhere")).toThrow(/nowhere.*nearest/s);
  });

  it("gets a new head on maps of more axes than are pooled otherwise", async () => {
    const g = new GraphBuilder();
    const maps = g.reshape(g.input("image", "float32", ["batch", 2, 48]), [-1, 2, 2, 3, 2, 4]);
    g.output(g.relu(maps), "maps");
    const model = g.build();
    for (const pooling of ["avg", "max"] as const) {
      const { model: headed, features } = withHead({ model }, { classes: 3, pooling });
      await using session = await open(cutAt({ model: headed }, features).model);
      const image = x([2, 2, 48]);
      const { shape, data } = await session.predict(image);
      expect(shape).toEqual([2, 2]);
      data.forEach((value, i) => {
        const map = Array.from(image.data.slice(48 * i, 48 * i + 48), (v) =>
          Math.max(0, Number(v)),
        );
        const mean = map.reduce((a, v) => a + v, 0) / 48;
        expect(value).toBeCloseTo(pooling === "avg" ? mean : Math.max(...map), 5);
      });
    }
  });

  it("is refused where the first axis of its features is not that of the examples", async () => {
    const g = new GraphBuilder();
    const each = g.input("x", "float32", ["batch", 4]);
    g.output(g.concat([each, g.neg(each)], { axis: 0 }), "y");
    const data = dataset({ x: x([6, 4]), y: tensor("int32", [6]) }).batch(3);
    const events = fineTune({ model: g.build() }, data, { classes: 2 });
    await expect(events.next()).rejects.toThrow(/6 rows of 4 for 3 examples, expected one for each/); // prettier-ignore
  });

  it("gets a new head, which alone learns first", async () => {
    const { model, features } = small();
    const { model: headed, head } = withHead({ model }, { classes: 3, layer: features });
    expect(head).toEqual(["predictions/kernel", "predictions/bias"]);
    await using session = await open(headed);
    const { data, shape } = await session.predict(x([2, 2, 6, 6]));
    expect(shape).toEqual([2, 3]);
    expect(Number(data[0]) + Number(data[1]) + Number(data[2])).toBeCloseTo(1, 5);

    // Three classes told apart by the image's brightness.
    const images = x([48, 2, 6, 6], 9);
    const y = tensor(
      "int32",
      [48],
      Array.from({ length: 48 }, (_, i) => i % 3),
    );
    images.data.forEach((value, i) => (images.data[i] = value + (Math.floor(i / 72) % 3) - 1));
    const stages = [
      { epochs: 4, learningRate: 0.05 },
      { epochs: 4, learningRate: 0.01, learns: { from: "body" } },
    ];
    const before = new Map(model.graph.initializers);
    const losses: number[] = [];
    for await (const event of fineTune({ model }, dataset({ x: images, y }).batch(16), {
      classes: 3,
      layer: features,
      stages,
      seed: 1,
    })) {
      // prettier-ignore
      if (event.type === "epoch") losses.push(event.loss);
      if (event.type === "end" && event.stage === 0)
        expect(event.weights.get("body.weight")?.data).toEqual(before.get("body.weight")!.data);
      if (event.type !== "tuned") continue;
      expect(event.weights.get("body.weight")!.data).not.toEqual(before.get("body.weight")!.data);
      await using tuned = await open(decodeModel(encodeModel(event.model)));
      const { data: p } = await tuned.predict(images);
      const right = Array.from({ length: 48 }, (_, i) => {
        const row = Array.from(p.slice(3 * i, 3 * i + 3), Number);
        return row.indexOf(Math.max(...row)) === i % 3;
      });
      expect(right.filter(Boolean).length).toBeGreaterThan(40);
    }
    expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!);
    expect(losses).toHaveLength(8);
  });
});

/** A text classifier: numbers of words, their vectors, statistics and a limit, which are no parameters. */
function textClassifier() {
  const g = new GraphBuilder({ name: "text" });
  const words = g.input("words", "int64", ["batch", 4]);
  const weight = (name: string, shape: number[], seed: number) =>
    g.initializer(name, x(shape, seed));
  const constant = (name: string, value: number) =>
    g.initializer(name, tensor("float32", [3], Array<number>(3).fill(value)));
  const vectors = g.op("Gather", [weight("embedding.weight", [6, 3], 2), words]);
  const mean = g.reduceMean(vectors, { axes: [1], keepdims: false });
  const normal = g.op("BatchNormalization", [mean, constant("norm.weight", 1), constant("norm.bias", 0), constant("norm.running_mean", 0.1), constant("norm.running_var", 2)]); // prettier-ignore
  const limit = g.initializer("limit", tensor("float32", [], [5]));
  const hidden = g.op("Clip", [g.matMul(normal, weight("body.weight", [3, 8], 3)), undefined, limit]); // prettier-ignore
  g.output(g.gemm(hidden, weight("head.weight", [8, 2], 4), weight("head.bias", [2], 5)), "logits");
  return { model: decodeModel(encodeModel(g.build())), features: hidden.name };
}

it("a graph that takes numbers of words learns behind a new head, and what is frozen stays bit for bit", async () => {
  const { model, features } = textClassifier();
  const draw = (i: number) => Math.floor(unit(7, i) * 1e6) % 6;
  const words = Array.from({ length: 120 }, (_, i) => Math.abs(draw(i)));
  // Three classes, told apart by the first word.
  const y = Array.from({ length: 30 }, (_, i) => words[4 * i]! % 3);
  const data = dataset({ x: tensor("int64", [30, 4], words), y: tensor("int32", [30], y) });
  const losses: number[] = [];
  for await (const event of fineTune({ model }, data.batch(10), {
    classes: 3,
    layer: features,
    stages: [
      { epochs: 3, learningRate: 0.02 },
      { epochs: 12, learningRate: 0.05, learns: ["body", "predictions"] },
      { epochs: 12, learningRate: 0.02, learns: "all" },
    ],
    seed: 1,
  })) {
    if (event.type === "epoch") losses.push(event.loss);
    if (event.type !== "end" && event.type !== "tuned") continue;
    const bitEqual = (name: string) => {
      const before = model.graph.initializers.get(name) as Tensor;
      return before.data.every((v, i) => v === event.weights.get(name)!.data[i]);
    };
    const statistics = ["norm.running_mean", "norm.running_var", "limit"];
    const stage = event.type === "tuned" ? 2 : event.stage;
    for (const name of ["embedding.weight", "norm.weight"])
      expect([stage, name, bitEqual(name)]).toEqual([stage, name, stage < 2]);
    if (event.type === "tuned") expect(statistics.filter(bitEqual)).toEqual(statistics);
  }
  expect(losses).toHaveLength(27);
  expect(losses.at(-1)).toBeLessThan(0.7 * losses[0]!);
});

describeWithShared("real ONNX models", "data/real-models/onnx", (folder) => {
  it.each(["pytorch_lenet.onnx", "keras2onnx_mnist-sm.onnx", "cntk_mnist.onnx"])(
    "%s gets a head of three classes",
    async (file) => {
      const model = decodeModel(readFileSync(`${folder}/${file}`));
      const { model: headed } = withHead({ model }, { classes: 3 });
      await using session = await open(headed);
      const shape = session.inputs[0]!.shape!.map((dim) => (typeof dim === "number" ? dim : 1));
      const { data, shape: given } = await session.predict(x(shape));
      expect(given).toEqual([shape[0], 3]);
      expect(Array.from(data.slice(0, 3), Number).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    },
  );

  // LeNet of PyTorch knows MNIST. UCI's digits are smaller and of other hands: 8 × 8, three times as large here.
  it("pytorch_lenet.onnx, its head replaced, learns digits of another scanner", async () => {
    const model = decodeModel(readFileSync(`${folder}/pytorch_lenet.onnx`));
    const { x: small, y } = await digits().shuffle({ seed: 1 }).take(400).all();
    const large = tensor("float32", [400, 1, 28, 28]);
    for (let n = 0; n < 400; n++)
      for (let i = 0; i < 24; i++)
        for (let j = 0; j < 24; j++)
          large.data[(n * 28 + i + 2) * 28 + j + 2] = Number(small.data[(n * 8 + Math.floor(i / 3)) * 8 + Math.floor(j / 3)]) / 16; // prettier-ignore
    const [learning, validation] = dataset({ x: large, y }).batch(10).split(0.5);
    const reached: number[] = [];
    for await (const event of fineTune({ model }, learning, {
      classes: 10,
      layer: "20", // after the first dense layer
      stages: [
        { epochs: 5, learningRate: 3e-3 },
        { epochs: 2, learningRate: 1e-3, learns: "all" },
      ],
      validation,
      seed: 1,
    })) {
      if (event.type === "epoch") reached.push(event.validation!.metrics.accuracy!);
      if (event.type !== "tuned") continue;
      // What is written reads as well as what was trained.
      await using tuned = await open(decodeModel(encodeModel(event.model)));
      let right = 0;
      for await (const batch of validation.batches()) {
        const { data } = await tuned.predict(batch.x as Tensor);
        for (let n = 0; n < 10; n++) {
          const row = Array.from(data.slice(10 * n, 10 * n + 10), Number);
          if (row.indexOf(Math.max(...row)) === Number(batch.y.data[n])) right++;
        }
      }
      expect(right / 200).toBeCloseTo(reached.at(-1)!, 6);
    }
    // 0.515 after the head's first epoch, 0.900 after its fifth, 0.965 when the body has learned too.
    expect(reached).toHaveLength(7);
    expect(reached[4]).toBeGreaterThan(0.8);
    expect(reached[6]).toBeGreaterThan(0.92);
  });
});

it("is not tuned on data of other classes than its outputs, but with a new head of more", async () => {
  const data = dataset({ x: x([4, 2, 6, 6]), y: tensor("int32", [4]) }).batch(4);
  const three = Object.assign(data, { classes: ["a", "b", "c"] });
  const run = async (options = {}) => {
    for await (const _ of fineTune(small(), three, { stages: [{ epochs: 1 }], ...options }));
  };
  await run({ classes: 4 });
  await expect(run({ classes: 2 })).rejects.toThrow("a head of 2 classes and data of 3, expected at least as many"); // prettier-ignore
  await expect(run()).rejects.toThrow("the model has 5 outputs and the data 3 classes: give classes: 3 for a new head"); // prettier-ignore
});
