// ONNX models that others exported are fine-tuned: from PyTorch, Keras and CNTK, and small ones made here.
import { readFileSync } from "node:fs";
import { isCajalError, random, tensor, type Batch, type Tensor } from "@cajal/core";
import { dataset, type Dataset } from "@cajal/datasets";
import { mnist } from "@cajal/datasets/node";
import { defineLayer, functional } from "@cajal/models";
import {
  decodeModel,
  GraphBuilder,
  withInitializers,
  type OnnxModel,
  type Value,
} from "@cajal/onnx";
import { initialize, open, openTrainStep, type Loss } from "@cajal/runtime";
import type * as tfc from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { describeWithShared, shared } from "../../core/testing/shared";
import {
  accuracy,
  adam,
  binaryCrossentropy,
  findLearningRate,
  meanSquaredError,
  sgd,
  sparseCategoricalCrossentropy,
  train,
  type TrainOptions,
} from "./index";

const randomTensor = (shape: number[], name: string) => {
  const numbers = random(1, name);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "float32",
    shape,
    Array.from({ length: size }, () => numbers.normal()),
  );
};

describeWithShared(
  "real ONNX models are fine-tuned on MNIST",
  "data/real-models/onnx",
  (folder) => {
    /** The batch that each states, and which of its initializers stays. */
    const models = [
      { file: "pytorch_lenet.onnx", batch: 10, rate: 1e-3, frozen: "body.conv1.", kept: "body.conv1.weight" }, // prettier-ignore
      { file: "keras2onnx_mnist-sm.onnx", batch: 16, rate: 0.02, frozen: "W3", kept: "W3" },
      { file: "cntk_mnist.onnx", batch: 1, rate: 1e-3, frozen: "Parameter5", kept: "Parameter5" },
    ];

    it.each(models)("$file", async ({ file, batch, rate, frozen, kept }) => {
      const model = decodeModel(readFileSync(`${folder}/${file}`));
      const images = await mnist({ folder: shared("data/mnist"), split: "test" });
      const { x, y } = await images.take(80).all();
      const input = model.graph.inputs.find(({ name }) => !model.graph.initializers.has(name))!;
      const shape = [80, ...input.shape!.slice(1).map(Number)];
      // They know digits well; white paper and black ink they have not seen.
      const inverted = (x.data as Float32Array).map((v) => 1 - v);
      const data = dataset({ x: tensor("float32", shape, inverted), y }).batch(batch);
      const logits = !model.graph.nodes.some(({ op }) => op === "Softmax");

      const options: TrainOptions = {
        epochs: 3,
        loss: sparseCategoricalCrossentropy({ fromLogits: logits }),
        optimizer: adam({ learningRate: rate }),
        metrics: [accuracy()],
        frozen: [frozen],
        validation: data,
      };
      const before = await crossentropy(model, data, logits);
      let tuned = model;
      let last = Infinity;
      for await (const event of train(model, data, options)) {
        if (event.type === "epoch") last = event.validation!.loss;
        if (event.type !== "end") continue;
        expect(event.weights.get(kept)).toEqual(model.graph.initializers.get(kept));
        tuned = withInitializers(model, event.weights);
      }
      const after = await crossentropy(tuned, data, logits);
      expect(after).toBeLessThan(0.5 * before);
      // What training says of the model is what the model does when it is opened again.
      expect(after).toBeCloseTo(last, 4);
    });
  },
);

/** The mean of −log p of the digit over a dataset, summed here from what the opened model gives. */
async function crossentropy(model: OnnxModel, data: Dataset, logits: boolean): Promise<number> {
  const session = await open(model);
  const { name } = session.inputs[0]!;
  let sum = 0;
  for await (const { x, y } of data.batches()) {
    const [scores] = Object.values(await session.run({ [name]: x }));
    const classes = scores!.shape.at(-1)!;
    Array.from(y.data, Number).forEach((label, i) => {
      const row = Array.from(scores!.data, Number).slice(i * classes, (i + 1) * classes);
      const powers = row.map((v) => (logits ? Math.exp(v - Math.max(...row)) : v));
      sum -= Math.log(powers[label]! / powers.reduce((a, b) => a + b));
    });
  }
  await session.dispose();
  return sum / data.size;
}

/** x [batch, 3] · w + b, normalized by statistics, · v; a softmax at the end. */
function small({ end = "Softmax" }: { end?: string } = {}): OnnxModel {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", 3]);
  const w = g.initializer("hidden.weight", randomTensor([3, 4], "w"));
  const b = g.initializer("hidden.bias", randomTensor([4], "b"));
  const [scale, bias, mean, variance] = ["scale", "bias", "mean", "variance"].map((name, i) =>
    g.initializer(`norm.${name}`, tensor("float32", [4], [1, 0, 0, 1].fill(i % 3 === 0 ? 1 : 0))),
  );
  const limits = g.initializer("limit", tensor("float32", [], [6]));
  const v = g.initializer("last.weight", randomTensor([4, 2], "v"));
  const hidden = g.add(g.matMul(x, w), b);
  const normal = g.op("BatchNormalization", [hidden, scale, bias, mean, variance]);
  const clipped = g.op("Clip", [normal, undefined, limits]);
  const y = g.op(end, [g.matMul(g.mul(clipped, limits), v)]);
  g.output(g.identity(y), "y");
  return g.build();
}

const examples: Batch = {
  x: randomTensor([6, 3], "x"),
  y: tensor("int32", [6], [0, 1, 1, 0, 1, 0]),
};

const options = { loss: sparseCategoricalCrossentropy(), optimizer: sgd({ learningRate: 0.1 }) };

describe("the parameters of an ONNX model", () => {
  it("are what the output depends on, without statistics, limits and single numbers", async () => {
    const step = await openTrainStep(small(), options);
    expect([...(await step.weights()).keys()]).toEqual([
      "hidden.weight",
      "hidden.bias",
      "norm.scale",
      "norm.bias",
      "last.weight",
    ]);
    await step.dispose();
  });

  it("are frozen by name, or by what names begin with", async () => {
    const changedWeights = async (frozen: string[], more = {}, model = small()) => {
      const step = await openTrainStep(model, { ...options, ...more, frozen });
      await step.run(examples);
      const weightsAfter = await step.weights();
      await step.dispose();
      const old = (name: string) => model.graph.initializers.get(name)!.data;
      return [...weightsAfter].filter(([name, { data }]) => data.some((v, i) => v !== old(name)[i])).map(([name]) => name); // prettier-ignore
    };
    expect(await changedWeights(["hidden."])).toEqual(["norm.scale", "norm.bias", "last.weight"]);
    expect(await changedWeights(["norm.scale", "hidden"])).toEqual(["norm.bias", "last.weight"]);
    expect(
      await changedWeights([], { learningRateMultipliers: { "norm.": 0, hidden: 0 } }),
    ).toEqual(["last.weight"]);
    // "features.1" is not "features.10.weight" where there is "features.1.weight".
    const g = new GraphBuilder();
    const first = g.initializer("features.1.weight", randomTensor([3, 4], "a"));
    const tenth = g.initializer("features.10.weight", randomTensor([4, 2], "b"));
    g.output(g.softmax(g.matMul(g.matMul(g.input("x", "float32", ["batch", 3]), first), tenth)));
    expect(await changedWeights(["features.1"], {}, g.build())).toEqual(["features.10.weight"]);
  });

  it("refuses names that are no parameters, and a model with nothing left", async () => {
    const code = (caught: object) =>
      openTrainStep(small(), { ...options, ...caught }).then(
        () => "opened",
        (error: { code: string }) => error.code,
      );
    expect(await code({ frozen: ["hiden"] })).toBe("unknown-name");
    expect(await code({ frozen: ["norm.mean"] })).toBe("unknown-name");
    expect(await code({ frozen: [""] })).toBe("unknown-name");
    expect(await code({ learningRateMultipliers: { last: -1 } })).toBe("bad-argument");
    expect(await code({ frozen: ["hidden", "norm", "last"] })).toBe("bad-argument");
    expect(await code({ engine: "tfjs" })).toBe("unsupported");
  });
});

describe("a training step of an ONNX model", () => {
  it("knows its outputs' shapes by the batch's, whichever axes are free", async () => {
    // Twice as long as what goes in; and one longer, as with a token before the others.
    for (const [steps, more] of [
      [8, (g: GraphBuilder, h: Value) => [h, h]],
      [5, (g: GraphBuilder, h: Value) => [g.slice(h, { starts: [0], ends: [1], axes: [1] }), h]],
    ] as const) {
      const g = new GraphBuilder();
      const x = g.input("x", "float32", ["batch", "time", 3]);
      const h = g.matMul(x, g.initializer("w", randomTensor([3, 2], "w")));
      g.output(g.concat(more(g, h), { axis: 1 }), "y");
      const step = await openTrainStep(g.build(), { loss: meanSquaredError(), optimizer: sgd() });
      const batch = { x: randomTensor([2, 4, 3], "x"), y: randomTensor([2, steps, 2], "y") };
      const { loss } = await step.run(batch);
      expect((await step.run(batch)).loss).toBeLessThan(loss);
      await expect(step.run({ ...batch, y: randomTensor([2, 4, 2], "y") })).rejects.toMatchObject({
        code: "bad-shape",
        message: expect.stringContaining(`expected [2,${steps},2]`),
      });
      await step.dispose();
    }
  });

  it("computes the loss from logits where the model ends with softmax", async () => {
    // Logits of ±200 and more: by probabilities in float32, −log p would be that of a clipped 1e-7, 16.1.
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 1]);
    const w = g.initializer("w", tensor("float32", [1, 2], [100, -100]));
    g.output(g.softmax(g.matMul(x, w), { axis: 1 }), "p");
    const step = await openTrainStep(g.build(), { ...options, metrics: [accuracy()] });
    const batch = { x: tensor("float32", [2, 1], [1, 2]), y: tensor("int32", [2], [1, 0]) };
    // By hand: −log p is 200 for the first example, and 0 for the second, which alone is right.
    const { loss, metrics } = await step.evaluate(batch);
    expect(loss).toBeCloseTo(100, 4);
    expect(metrics.accuracy).toBe(0.5);
    // d loss / dw = mean of x (p − y) = [0.5, −0.5]; sgd goes a tenth of it.
    await step.run(batch);
    const moved = (await step.weights()).get("w")!.data;
    expect(moved[0]).toBeCloseTo(99.95, 4);
    expect(moved[1]).toBeCloseTo(-99.95, 4);
    await step.dispose();
  });

  it("trains and resumes, bit for bit", async () => {
    const model = small({ end: "Sigmoid" });
    const y = tensor("float32", [6, 2], [1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0]);
    const data = dataset({ x: examples.x, y }).batch(2);
    const caught = {
      loss: binaryCrossentropy(),
      optimizer: adam({ learningRate: 0.01 }),
      epochs: 3,
    };
    const run = async (more: Partial<TrainOptions>) => {
      const saved: Parameters<NonNullable<TrainOptions["checkpoint"]>["save"]>[0][] = [];
      let weights: ReadonlyMap<string, Tensor> = new Map();
      const checkpoint = { save: async (each: (typeof saved)[number]) => void saved.push(each) };
      for await (const event of train(model, data, { ...caught, checkpoint, ...more }))
        if (event.type === "end") ({ weights } = event);
      return { saved, weights };
    };
    const uninterrupted = await run({});
    const resumed = await run({ resume: uninterrupted.saved[0]! });
    expect(resumed.weights).toEqual(uninterrupted.weights);
    const onward = await run({ epochs: 0, weights: uninterrupted.weights });
    expect(onward.weights).toEqual(uninterrupted.weights);
  });

  it("looks for learning rates", async () => {
    const data = dataset(examples as Batch<"float32", "int32">).batch(6);
    const { points } = await findLearningRate(small(), data, { ...options, steps: 20 });
    expect(points.length).toBeGreaterThan(5);
  });

  it("names the node whose operator has no gradient, and the operators that have one", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 3]);
    g.output(g.fusedMatMul(x, g.initializer("w", randomTensor([3, 2], "w"))), "y");
    const error: unknown = await openTrainStep(g.build(), options).catch((e: unknown) => e);
    expect(isCajalError(error, "unsupported")).toBe(true);
    expect(error).toMatchObject({
      facts: {
        node: "FusedMatMul",
        op: "com.microsoft.FusedMatMul",
        differentiable: expect.arrayContaining(["Softmax", "LogSoftmax"]),
      },
    });
  });

  it("asks no gradient of an operator that none has to pass", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 3]);
    const early = g.initializer("early", randomTensor([3, 4], "early"));
    const late = g.initializer("late", randomTensor([4, 2], "late"));
    g.output(g.matMul(g.op("Hardmax", [g.matMul(x, early)]), late), "y");
    const loss = sparseCategoricalCrossentropy({ fromLogits: true });
    const step = await openTrainStep(g.build(), { ...options, loss, frozen: ["early"] });
    const before = (await step.run(examples)).loss;
    expect((await step.evaluate(examples)).loss).toBeLessThan(before);
    await step.dispose();
  });

  type Body = (g: GraphBuilder, x: Value) => Value;
  const stepped: [string, Body][] = [
    ["Hardmax", (g, x) => g.op("Hardmax", [x])],
    ["Floor", (g, x) => g.mul(g.op("Floor", [x]), 0.5)],
    ["Sign", (g, x) => g.add(g.op("Sign", [x]), 1)],
    ["Round", (g, x) => g.softmax(g.op("Round", [x]))],
    ["Cast", (g, x) => g.cast(g.cast(x, "int32"), "float32")],
    ["Greater", (g, x) => g.cast(g.greater(x, 0), "float32")],
    ["ArgMax", (g, x) => g.cast(g.argMax(x, { axis: 1 }), "float32")],
  ];
  it.each(stepped)(
    "refuses a model whose gradients all end at %s, and names it",
    async (op, end) => {
      const g = new GraphBuilder();
      const x = g.input("x", "float32", [2, 3]);
      g.output(end(g, g.matMul(x, g.initializer("w", randomTensor([3, 2], "w")))), "y");
      await expect(openTrainStep(g.build(), { loss: meanSquaredError(), optimizer: sgd() })).rejects.toMatchObject({ code: "bad-model", message: expect.stringContaining(`(${op})`) }); // prettier-ignore
      // Beside it there is another way.
      const twoOutputs = new GraphBuilder();
      const z = twoOutputs.matMul(twoOutputs.input("x", "float32", [2, 3]), twoOutputs.initializer("w", randomTensor([3, 2], "w"))); // prettier-ignore
      twoOutputs.output(twoOutputs.add(end(twoOutputs, z), z), "y");
      const step = await openTrainStep(twoOutputs.build(), {
        loss: meanSquaredError(),
        optimizer: sgd(),
      });
      await step.dispose();
    },
  );

  const engines = ["onnx", "tfjs"] as const;
  it.each(engines)(
    "refuses a layer of one's own and a loss that move in steps alone, on %s",
    async (engine) => {
      const floor = defineLayer({
        className: "Floored",
        fields: {},
        shape: (_, [x]) => [x],
        lower: (_, [x], g) => [g.op("Floor", [x])],
        tfjs: (_, [x], { tf }) =>
          (tf as typeof tfc).floor(x as unknown as tfc.Tensor) as unknown as typeof x & {},
      });
      const model = (end?: typeof floor) => {
        const net = functional("m");
        const x = net.input([3], { name: "x" });
        const y = net.layer("Dense", { units: 2, name: "y", kernel_regularizer: "l2" }, x);
        return net.model(x, end ? net.own(end, { name: "whole" }, y) : y);
      };
      const layers = [floor];
      const weights = initialize(model(), { seed: 1 });
      const common = { optimizer: sgd(), layers, engine, device: "cpu" } as const;
      await expect(openTrainStep(model(floor), weights, { ...common, loss: meanSquaredError() })).rejects.toMatchObject({ code: "bad-model", message: expect.stringMatching(/"whole\/.*Floor/) }); // prettier-ignore
      const errorCount: Loss = {
        name: "errors",
        compute: (ops, yTrue, yPred) =>
        ops.reduceMean(ops.cast(ops.greater(ops.abs(ops.sub(yTrue, yPred)), 1), "float32"), { axes: [-1] }), // prettier-ignore
      };
      const step = await openTrainStep(model(), weights, { ...common, loss: errorCount });
      const batch = { x: randomTensor([4, 3], "x"), y: randomTensor([4, 2], "y") };
      await expect(step.run(batch)).rejects.toMatchObject({ code: "bad-model", message: expect.stringContaining("Greater") }); // prettier-ignore
      await step.dispose();
      // Of free extents only a batch tells.
      const net = functional("free");
      const x = net.input([null, 3], { name: "x" });
      const y = net.layer("Dense", { units: 2, name: "y" }, x);
      const free = net.model(x, net.own(floor, { name: "whole" }, y));
      const freeStep = await openTrainStep(free, weights, { ...common, loss: meanSquaredError() });
      await expect(freeStep.run({ x: randomTensor([4, 5, 3], "x"), y: randomTensor([4, 5, 2], "y") })).rejects.toMatchObject({ code: "bad-model", message: expect.stringContaining("Floor") }); // prettier-ignore
      await freeStep.dispose();
    },
  );

  it("names the node whose output went bad first", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 1]);
    const w = g.initializer("w", tensor("float32", [1, 2], [-1, 1]));
    g.output(g.log(g.matMul(x, w)), "y");
    const step = await openTrainStep(g.build(), options);
    const batch = { x: tensor("float32", [1, 1], [1]), y: tensor("int32", [1], [1]) };
    await expect(step.run(batch)).rejects.toMatchObject({
      code: "diverged",
      facts: { tensor: 'the output of node "Log"' },
    });
    await step.dispose();
  });

  it("refuses batches of another shape than the graph's", async () => {
    const step = await openTrainStep(small(), options);
    await expect(step.run({ x: randomTensor([6, 4], "x"), y: examples.y })).rejects.toMatchObject({
      code: "bad-shape",
    });
    await step.dispose();
  });
});

it("trains weights that a loop reads", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["n", 1]);
  const w = g.initializer("w", tensor("float32", [1, 1], [0.5]));
  const { states } = g.loop(3, undefined, [x], (body, _, __, [y]) => ({
    states: [body.matMul(y!, w)],
  }));
  g.output(states[0]!, "y");
  const step = await openTrainStep(g.build(), {
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    device: "cpu",
  });
  const { loss } = await step.run({
    x: tensor("float32", [1, 1], [2]),
    y: tensor("float32", [1, 1], [1]),
  });
  // By hand: y = 2 w³ = 0.25, the loss (y − 1)², its gradient by w 2 (y − 1) · 6 w².
  expect(loss).toBeCloseTo(0.5625, 6);
  expect((await step.weights()).get("w")!.data[0]).toBeCloseTo(0.5 + 0.1 * 1.5 * 1.5, 6);
  await step.dispose();
});
