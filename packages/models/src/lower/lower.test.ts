import { random, sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import { GraphBuilder, type OnnxModel } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { noise } from "../../testing/checkLayer";
import { runOnnx } from "../../testing/runOnnx";
import type { ModelConfig } from "../keras/config";
import { functional, type Functional, type Symbolic } from "../network/functional";
import { declareInputs, lower, toOnnx } from "./lower";
import { resolve } from "../network/network";
import { weightSpecs } from "../network/summary";
import { fromInput, inputWeights, toInput } from "./weightSources";

const weightsOf = (model: ModelConfig): Weights =>
  new Map(
    weightSpecs(model).map(({ key, shape }) => [
      key,
      noise(shape, "float32", key, key.endsWith("variance")),
    ]),
  );

function chain(
  shape: readonly number[],
  build: (net: Functional, x: Symbolic) => Symbolic,
): ModelConfig {
  const net = functional("m");
  const x = net.input(shape, { name: "x" });
  return net.model([x], [build(net, x)]);
}

const operators = ({ graph }: OnnxModel) => graph.nodes.map(({ op }) => op);
const count = (model: OnnxModel, op: string) =>
  operators(model).filter((each) => each === op).length;

/** The same model with weights as inputs: nothing is folded there. */
async function runUnfolded(
  model: ModelConfig,
  weights: Weights,
  feeds: Record<string, Tensor>,
  training = false,
): Promise<Record<string, Tensor>> {
  const g = new GraphBuilder();
  const { source, inputs } = inputWeights(g);
  const { outputs, updates } = lower(g, model, {
    inputs: declareInputs(g, resolve(model)),
    weights: source,
    training,
  });
  outputs.forEach((value, i) => g.output(value, `y${i}`));
  for (const [key, value] of updates) g.output(value, `${key}:updated`);
  const parameterFeeds = [...inputs].map(
    ([key, input]) => [key, toInput(input, weights.get(key)!)] as const,
  );
  return runOnnx(g.build(), { ...feeds, ...Object.fromEntries(parameterFeeds) });
}

function expectClose(a: Tensor, b: Tensor, tolerance = 1e-5): void {
  expect(a.shape).toEqual(b.shape);
  for (let i = 0; i < a.data.length; i++)
    expect(Math.abs(Number(a.data[i]) - Number(b.data[i]))).toBeLessThan(tolerance);
}

/** A network of everything that touches layouts. */
const mixedModel = chain([9, 8, 3], (net, x) => {
  let a = net.layer("ZeroPadding2D", { padding: [[0, 1], [2, 0]] }, x); // prettier-ignore
  a = net.layer("Conv2D", { filters: 4, kernel_size: 3, use_bias: false }, a);
  a = net.layer("BatchNormalization", {}, a);
  a = net.layer("ReLU", { max_value: 6 }, a);
  const paddedValue = net.layer("ZeroPadding2D", {}, a);
  const pooled = net.layer("MaxPooling2D", { pool_size: 3, strides: 2 }, paddedValue);
  let b = net.layer("DepthwiseConv2D", { kernel_size: 3, padding: "same", strides: 2 }, a);
  b = net.layer("BatchNormalization", { scale: false }, b);
  b = net.layer("SeparableConv2D", { filters: 4, kernel_size: 3, padding: "same" }, b);
  b = net.layer("BatchNormalization", { center: false }, b);
  const concatenated = net.layer("Concatenate", {}, [pooled, b, net.layer("Add", {}, [pooled, b])]);
  let y = net.layer("CustomScaleLayer", { scale: 0.3 }, [
    concatenated,
    net.layer("Conv2D", { filters: 12, kernel_size: 1 }, concatenated),
  ]);
  y = net.layer("Dropout", { rate: 0.5 }, net.layer("Flatten", {}, y));
  y = net.layer("Dense", { units: 7 }, y);
  return net.layer("Softmax", {}, net.layer("BatchNormalization", {}, y));
});

describe("toOnnx", () => {
  it("turns a CNN's images at its door alone, and folds what can be folded", async () => {
    const weights = weightsOf(mixedModel);
    const onnx = toOnnx(mixedModel, weights);
    expect(count(onnx, "Transpose")).toBe(1); // the input
    expect(count(onnx, "Pad")).toBe(0);
    expect(count(onnx, "BatchNormalization")).toBe(0);
    expect(count(onnx, "Mul")).toBe(0);
    expect(count(onnx, "Reshape")).toBe(0);
    const feeds = { x: noise([2, 9, 8, 3], "float32", "x") };
    const [folded] = Object.values(await runOnnx(onnx, feeds));
    const { y0 } = await runUnfolded(mixedModel, weights, feeds);
    expectClose(folded!, y0!);
  });

  it("leaves the weights it was given as they were", () => {
    const weights = weightsOf(mixedModel);
    const weightsBefore = [...weights].map(([key, { data }]) => [key, [...data]]);
    toOnnx(mixedModel, weights);
    expect([...weights].map(([key, { data }]) => [key, [...data]])).toEqual(weightsBefore);
  });

  it("names inputs and outputs after their layers, with the batch free", () => {
    const { graph } = toOnnx(mixedModel, weightsOf(mixedModel));
    expect(graph.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["batch", 9, 8, 3] }]);
    expect(graph.outputs).toEqual([{ name: "softmax", dtype: "float32", shape: ["batch", 7] }]);
  });

  it("runs with any batch, and on images of any size where the config leaves it free", async () => {
    const freeModel = functional("free");
    const x = freeModel.input([null, null, 3], { name: "x" } as object) as Symbolic;
    let y = freeModel.layer(
      "Conv2D",
      { filters: 2, kernel_size: 3, strides: 2, padding: "same" },
      x,
    );
    y = freeModel.layer("AveragePooling2D", { pool_size: 3, strides: 2, padding: "same" }, y);
    y = freeModel.layer("GlobalMaxPooling2D", {}, y);
    const model = freeModel.model([x], [y]);
    const onnx = toOnnx(model, weightsOf(model));
    const fixedModel = (h: number, w: number) => {
      const net = functional("fixed");
      const x = net.input([h, w, 3], { name: "x" });
      let y = net.layer("Conv2D", { filters: 2, kernel_size: 3, strides: 2, padding: "same" }, x);
      y = net.layer("AveragePooling2D", { pool_size: 3, strides: 2, padding: "same" }, y);
      return net.model([x], [net.layer("GlobalMaxPooling2D", {}, y)]);
    };
    for (const [n, h, w] of [
      [1, 8, 7],
      [3, 5, 6],
    ] as const) {
      const feeds = { x: noise([n, h, w, 3], "float32", "image") };
      const [any] = Object.values(await runOnnx(onnx, feeds));
      const ownModel = fixedModel(h, w);
      const [fixedSize] = Object.values(
        await runOnnx(toOnnx(ownModel, weightsOf(ownModel)), feeds),
      );
      expectClose(any!, fixedSize!);
    }
  });

  it("gives the outputs of layers asked for beside the model's, unfolded", async () => {
    const weights = weightsOf(mixedModel);
    const onnx = toOnnx(mixedModel, weights, {
      outputs: ["conv2d", "zero_padding2d_1", "flatten"],
    });
    expect(onnx.graph.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["softmax", ["batch", 7]],
      ["conv2d", ["batch", 8, 8, 4]],
      ["zero_padding2d_1", ["batch", 10, 10, 4]],
      ["flatten", ["batch", 192]],
    ]);
    const feeds = { x: noise([1, 9, 8, 3], "float32", "x") };
    const results = await runOnnx(onnx, feeds);
    // The padding's own output: zeros around, in Keras' order.
    const { data } = results["zero_padding2d_1"]!;
    expect(data.slice(0, 40).every((x) => Number(x) === 0)).toBe(true);
    expectClose(
      results["softmax"]!,
      Object.values(await runOnnx(toOnnx(mixedModel, weights), feeds))[0]!,
    );
    expect(() => toOnnx(mixedModel, weights, { outputs: ["conv"] })).toThrow(
      expect.objectContaining({ code: "unknown-name" }),
    );
  });

  it("does not fold what something else reads", () => {
    const model = chain([4, 4, 2], (net, x) => {
      const conv = net.layer("Conv2D", { filters: 2, kernel_size: 1 }, x);
      return net.layer("Add", {}, [conv, net.layer("BatchNormalization", {}, conv)]);
    });
    expect(count(toOnnx(model, weightsOf(model)), "BatchNormalization")).toBe(1);
    const activeModel = chain([4, 4, 2], (net, x) =>
      net.layer(
        "BatchNormalization",
        {},
        net.layer("Conv2D", { filters: 2, kernel_size: 1, activation: "relu" }, x),
      ),
    );
    expect(count(toOnnx(activeModel, weightsOf(activeModel)), "BatchNormalization")).toBe(1);
  });

  it("turns a flat image instead of a large kernel behind it, to the same effect", async () => {
    const rows = 64 * 64 * 16;
    const model = (units: number) =>
      chain([64, 64, 16], (net, x) => {
        const image = net.layer("MaxPooling2D", { pool_size: 1 }, x);
        return net.layer("Dense", { units, use_bias: false }, net.layer("Flatten", {}, image));
      });
    // Every column of the large kernel is the small one's.
    const column = noise([rows, 1], "float32", "column");
    const repeatedColumns = new Float32Array(rows * 65).map((_, i) =>
      Number(column.data[Math.floor(i / 65)]),
    );
    const onnx = [
      toOnnx(model(1), new Map([["dense/kernel", column]])),
      toOnnx(
        model(65),
        new Map([["dense/kernel", tensor("float32", [rows, 65], repeatedColumns)]]),
      ),
    ];
    expect(onnx.map((each) => count(each, "Transpose"))).toEqual([1, 2]);
    const feeds = { x: noise([1, 64, 64, 16], "float32", "x") };
    const [smallOutput, largeOutput] = await Promise.all(onnx.map((each) => runOnnx(each, feeds)));
    const [expected] = smallOutput!["dense"]!.data;
    for (const got of largeOutput!["dense"]!.data)
      expect(Math.abs(Number(got) - Number(expected))).toBeLessThan(1e-4 * Math.sqrt(rows));
  });

  it("keeps a padding before a max pool whose values may be negative", async () => {
    const model = chain([4, 4, 1], (net, x) =>
      net.layer("MaxPooling2D", { pool_size: 3 }, net.layer("ZeroPadding2D", {}, x)),
    );
    const onnx = toOnnx(model, new Map());
    expect(count(onnx, "Pad")).toBe(1);
    const x = tensor("float32", [1, 4, 4, 1], new Float32Array(16).fill(-1));
    const [y] = Object.values(await runOnnx(onnx, { x }));
    expect([...y!.data]).toEqual([0, 0, 0, 0]);
  });

  it("says which weight is missing or does not fit", () => {
    const weights = new Map(weightsOf(mixedModel));
    weights.delete("dense/bias");
    expect(() => toOnnx(mixedModel, weights)).toThrow(
      expect.objectContaining({
        code: "bad-model",
        message: expect.stringMatching(/"dense\/bias" \[7\] is missing/),
      }),
    );
    weights.set("dense/bias", tensor("float32", [8]));
    expect(() => toOnnx(mixedModel, weights)).toThrow(
      expect.objectContaining({
        code: "bad-shape",
        message: expect.stringMatching(/"dense\/bias": got \[8\], expected \[7\]/),
      }),
    );
  });

  it("gives an input that is an output too, and two outputs of one layer", async () => {
    const net = functional("m");
    const x = net.input([2], { name: "x" });
    const model = net.model([x], [x, x]);
    const feeds = { x: tensor("float32", [1, 2], [3, 4]) };
    const results = Object.values(await runOnnx(toOnnx(model, new Map()), feeds));
    expect(results.map(({ data }) => [...data])).toEqual([
      [3, 4],
      [3, 4],
    ]);
  });
});

describe("lower for training", () => {
  const seed = (g: GraphBuilder) => g.input("seed", "int64", []);

  it("rearranges no weight while it runs", () => {
    const g = new GraphBuilder();
    const { source, inputs } = inputWeights(g);
    lower(g, mixedModel, {
      inputs: declareInputs(g, resolve(mixedModel)),
      weights: source,
      training: true,
      seed: seed(g),
    });
    const layoutNodes = g.nodes.filter(({ op }) => ["Transpose", "Reshape", "Gather"].includes(op));
    const weightNames = new Set([...inputs.values()].map(({ value }) => value.name));
    expect(
      layoutNodes.filter(({ inputs }) => inputs.some((name) => weightNames.has(name))),
    ).toEqual([]);
    expect(g.nodes.filter(({ op }) => op === "Transpose").length).toBe(1);
    for (const { key, shape } of weightSpecs(mixedModel)) {
      const weight = noise(shape, "float32", key);
      expect(fromInput(inputs.get(key)!, toInput(inputs.get(key)!, weight))).toEqual(weight);
    }
  });

  it("keeps moving averages as Keras does, twice in a step where a layer is called twice", async () => {
    const net = functional("m");
    const [a, b] = [net.input([2], { name: "a" }), net.input([2], { name: "b" })];
    const p = net.layer("BatchNormalization", { momentum: 0.9, name: "bn" }, a);
    const model = net.model([a, b], [p, net.again(p, b)]);
    const feeds = {
      a: tensor("float32", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
      b: tensor("float32", [2, 2], [0, 10, 2, 30]),
    };
    const weights = new Map<string, Tensor>([
      ["bn/gamma", tensor("float32", [2], [1, 1])],
      ["bn/beta", tensor("float32", [2], [0, 0])],
      ["bn/moving_mean", tensor("float32", [2], [10, 20])],
      ["bn/moving_variance", tensor("float32", [2], [1, 1])],
    ]);
    const results = await runUnfolded(model, weights, feeds, true);
    // 0.9 (0.9 · 10 + 0.1 · 4) + 0.1 · 1, and so on; the biased variances are 5, 5 and 1, 100.
    const mean = results["bn/moving_mean:updated"]!;
    const variance = results["bn/moving_variance:updated"]!;
    expectClose(mean, tensor("float32", [2], [8.56, 18.65]));
    expectClose(variance, tensor("float32", [2], [1.36, 11.26]));
  });

  it("leaves a layer that is held fast as it is", async () => {
    const model = chain([3], (net, x) =>
      net.layer("BatchNormalization", { trainable: false, name: "bn" }, x),
    );
    const feeds = { x: noise([4, 3], "float32", "x") };
    const trainingOutput = await runUnfolded(model, weightsOf(model), feeds, true);
    const inferred = await runUnfolded(model, weightsOf(model), feeds, false);
    expect(trainingOutput).toEqual(inferred);
  });

  it("drops with the step's seed, differently in each layer", async () => {
    const net = functional("m");
    const x = net.input([1000], { name: "x" });
    const drops = [0, 1].map(() => net.layer("Dropout", { rate: 0.5 }, x));
    const model = net.model([x], drops);
    const run = async (step: number) => {
      const g = new GraphBuilder();
      const { outputs } = lower(g, model, {
        inputs: declareInputs(g, resolve(model)),
        weights: new Map(),
        training: true,
        seed: seed(g),
      });
      outputs.forEach((value, i) => g.output(value, `y${i}`));
      const ones = tensor("float32", [1, 1000], new Float32Array(1000).fill(1));
      return runOnnx(g.build(), { x: ones, seed: tensor("int64", [], [step]) });
    };
    const first = await run(1);
    expect(first).toEqual(await run(1));
    expect(first["y0"]).not.toEqual(first["y1"]);
    expect(first["y0"]).not.toEqual((await run(2))["y0"]);
    const keptValues = [...first["y0"]!.data].filter((x) => Number(x) > 0);
    expect(new Set(keptValues)).toEqual(new Set([2]));
    expect(Math.abs(keptValues.length - 500)).toBeLessThan(80); // five deviations
  });

  it("says that a seed is missing", () => {
    const g = new GraphBuilder();
    const model = chain([3], (net, x) => net.layer("Dropout", { rate: 0.5 }, x));
    const inputs = declareInputs(g, resolve(model));
    expect(() => lower(g, model, { inputs, weights: new Map(), training: true })).toThrow(
      expect.objectContaining({ code: "bad-argument" }),
    );
  });

  it.each<[string, readonly number[], readonly number[], string, object]>([
    ["one channel to maps", [2, 2, 1], [2, 2], "GlobalAveragePooling1D", {}],
    ["one channel to a line of one", [2, 2, 1], [4, 1], "Softmax", {}],
    ["one channel to an image", [2, 4, 1], [2, 2, 2], "Conv2D", { filters: 2, kernel_size: 1 }],
    ["one channel to steps", [3, 4, 1], [3, 4], "LSTM", { units: 2 }],
    ["one channel to rows", [3, 4, 1], [3, 4], "Dense", { units: 2 }],
    ["one channel to other axes", [2, 3, 1], [3, 2], "Permute", { dims: [2, 1] }],
    ["one pixel to rows", [1, 1, 6], [3, 2], "Softmax", {}],
    ["one pixel to a normalization", [1, 1, 6], [3, 2], "BatchNormalization", {}],
    ["one pixel to an image", [1, 1, 8], [2, 2, 2], "GlobalAveragePooling2D", {}],
  ])(
    "reshapes %s, behind an image as at the beginning",
    async (_, shape, target_shape, tail, config) => {
      const [behind, alone] = [true, false].map((isBehind) =>
        chain(shape, (net, x) => {
          const image = isBehind ? net.layer("MaxPooling2D", { pool_size: 1 }, x) : x;
          return net.layer(
            tail as "Softmax",
            { ...config, name: "tail" },
            net.layer("Reshape", { target_shape }, image),
          );
        }),
      );
      const feeds = { x: noise([2, ...shape], "float32", "x") };
      const [expected] = Object.values(await runOnnx(toOnnx(alone!, weightsOf(alone!)), feeds));
      for (const results of [
        await runOnnx(toOnnx(behind!, weightsOf(behind!)), feeds),
        await runUnfolded(behind!, weightsOf(behind!), feeds),
      ])
        expectClose(Object.values(results)[0]!, expected!);
    },
  );

  it("shares one input between calls that want a weight in two layouts", async () => {
    // The kernel behind a channels-first image, and behind a vector, in one model.
    const net = functional("m");
    const [a, b] = [net.input([2, 2, 3], { name: "a" }), net.input([12], { name: "b" })];
    const image = net.layer("Flatten", {}, net.layer("MaxPooling2D", { pool_size: 1 }, a));
    const p = net.layer("Dense", { units: 2, name: "d" }, image);
    const model = net.model([a, b], [p, net.again(p, b)]);
    const pixels = Array.from({ length: 12 }, () => random(1, "p").float());
    const feeds = {
      a: tensor("float32", [1, 2, 2, 3], pixels),
      b: tensor("float32", [1, 12], pixels),
    };
    for (const results of [
      await runUnfolded(model, weightsOf(model), feeds),
      await runOnnx(toOnnx(model, weightsOf(model)), feeds),
    ]) {
      const [first, second] = Object.values(results);
      expect(sizeOf(first!.shape)).toBe(2);
      expectClose(first!, second!);
    }
  });
});
