// Losses of gradients, by the layer `gradient`: PyTorch and Keras have them as code, here they are a part of the model.
// Numbers: TensorFlow 2.21 with GradientTape, in float64, from the same formula of weights.
import { sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import { defineLayer, functional, toOnnx, type Layer, type ModelConfig } from "@cajal/models";
import { gradient } from "@cajal/models/gradient";
import { initialize, open, openGradient, openTrainStep, type Loss } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { meanSquaredError, sgd, sparseCategoricalCrossentropy } from "./index";

const formula = (shape: readonly number[], k: number, scale = 1) =>
  tensor("float32", shape, Array.from({ length: sizeOf(shape) }, (_, i) => scale * Math.fround(Math.sin(0.7 * i * i + 1.3 * i + k) * 0.5))); // prettier-ignore
const zeros = (...shape: number[]) => tensor("float32", shape);
const layers = [gradient];

function weightsOf(
  model: ModelConfig,
  scaleOf: (key: string) => number = () => 1,
  own: readonly Layer[] = layers,
): Weights {
  const names = [...initialize(model, { seed: 1, layers: own })];
  return new Map(
    names.map(([key, { shape, data }], k) => [
      key,
      key.endsWith("variance")
        ? tensor("float32", shape, new Float32Array(data.length).fill(1))
        : formula(shape, k, scaleOf(key)),
    ]),
  );
}

const squaresOf = (weights: Weights) =>
  [...weights.values()].map(({ data }) =>
    (data as Float32Array).reduce((sum, value) => sum + value * value, 0),
  );

function expectClose(got: ArrayLike<number>, expected: readonly number[], tolerance = 2e-6): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) =>
    expect(Math.abs(got[i]! - value), `place ${i}: got ${got[i]}, expected ${value}`).toBeLessThan(tolerance * Math.max(1, Math.abs(value)))); // prettier-ignore
}

/** The mean of the outputs, or of what is less by as much. */
const mean = (sign: 1 | -1): Loss => ({
  name: "mean",
  compute: (ops, _, yPred) => ops.mul(ops.reduceSum(yPred, { axes: [-1] }), sign),
});
const penalty: Loss = {
  name: "penalty",
  compute: (ops, _, slope) => {
    const norm = ops.sqrt(ops.reduceSum(ops.mul(slope, slope), { axes: [1, 2, 3] }));
    return ops.mul(ops.sub(norm, 1), ops.sub(norm, 1));
  },
};

describe("a critic with a gradient penalty (WGAN-GP)", () => {
  const ofCritic = functional("critic");
  const image = ofCritic.input([6, 6, 1]);
  let x = ofCritic.layer("Conv2D", { filters: 3, kernel_size: 3, padding: "same", name: "c1" }, image); // prettier-ignore
  x = ofCritic.layer("LeakyReLU", { negative_slope: 0.2 }, x);
  x = ofCritic.layer("MaxPooling2D", { pool_size: 2 }, x);
  x = ofCritic.layer("Conv2D", { filters: 4, kernel_size: 2, activation: "tanh", name: "c2" }, x);
  x = ofCritic.layer("Dense", { units: 1, name: "d" }, ofCritic.layer("Flatten", {}, x));
  const critic = ofCritic.model(image, x);

  const net = functional("training");
  const [real, fake, between] = ["real", "fake", "between"].map((name) => net.input([6, 6, 1], { name })); // prettier-ignore
  const ofReal = net.nested(critic, real!);
  const ofFake = net.again(ofReal, fake!);
  const slope = net.own(gradient, { name: "slope" }, [net.again(ofReal, between!), between!]);
  const named = (name: string, value: typeof slope) => net.layer("Identity", { name }, value);
  const model = net.model([real!, fake!, between!], [named("ofReal", ofReal), named("ofFake", ofFake), slope]); // prettier-ignore
  const weights = weightsOf(model, (key) => (key.endsWith("bias") ? 0.2 : 1));
  const images = { real: formula([4, 6, 6, 1], 100), fake: formula([4, 6, 6, 1], 101), between: formula([4, 6, 6, 1], 102) }; // prettier-ignore
  const slopes = [0.14385512559365907, 0.06714382415678673, -0.3854416276674051, -0.13588638238676126, -0.005925158053293678, -0.20479183721801492]; // prettier-ignore

  it("has TensorFlow's slopes, for batches of any size", async () => {
    await using session = await open(model, weights, { layers });
    const { slope } = await session.run(images);
    expect(slope!.shape).toEqual([4, 6, 6, 1]);
    expectClose((slope!.data as Float32Array).subarray(0, 6), slopes);
    const first = (x: Tensor) => tensor("float32", [1, 6, 6, 1], x.data.slice(0, 36) as Float32Array); // prettier-ignore
    const alone = await session.run(Object.fromEntries(Object.entries(images).map(([name, x]) => [name, first(x)]))); // prettier-ignore
    expectClose(alone.slope!.data.slice(0, 6) as Float32Array, slopes);
    const none = await session.run(Object.fromEntries(Object.keys(images).map((name) => [name, zeros(0, 6, 6, 1)]))); // prettier-ignore
    expect(Object.values(none).map(({ shape }) => shape)).toEqual([
      [0, 1],
      [0, 1],
      [0, 6, 6, 1],
    ]);
  });

  it("is trained to TensorFlow's losses and weights", async () => {
    const step = await openTrainStep(model, weights, {
      layers,
      loss: { ofReal: mean(-1), ofFake: mean(1), slope: penalty },
      lossWeights: { slope: 10 },
      optimizer: sgd({ learningRate: 0.05 }),
    });
    try {
      const y = { ofReal: zeros(4, 1), ofFake: zeros(4, 1), slope: zeros(4, 6, 6, 1) };
      const losses: number[] = [];
      for (let i = 0; i < 3; i++) losses.push((await step.run({ x: images, y })).loss);
      expectClose(losses, [1.2133382020876242, 1.8655953353668224, 11.030218494812921]);
      expectClose(
        squaresOf(await step.weights()),
        [1.8986878650521926, 0.1785359885632981, 4.48058077745311, 0.11806560643890868, 2.14847074452081, 0.009195358006991228], // prettier-ignore
      );
    } finally {
      await step.dispose();
    }
  });
});

it("learns a differential equation, by the second derivative of its output", async () => {
  const net = functional("oscillator");
  const t = net.input([1], { name: "t" });
  let x = net.layer("Dense", { units: 5, activation: "tanh" }, t);
  x = net.layer("Dense", { units: 4, activation: "tanh" }, x);
  const u = net.layer("Dense", { units: 1, name: "u" }, x);
  const du = net.own(gradient, { name: "du" }, [u, t]);
  const ddu = net.own(gradient, { name: "ddu" }, [du, t]);
  // u″ + u = 0
  const residual = net.layer("Add", { name: "residual" }, [ddu, u]);
  const model = net.model(t, [residual, du, ddu]);
  const weights = weightsOf(model);
  const times = formula([6, 1], 100);
  {
    await using session = await open(model, weights, { layers });
    const { du, ddu } = await session.run({ t: times });
    expectClose(du!.data as Float32Array, [0.10398988230085981, 0.1058639239503687, 0.09722120696768075, 0.10650553423753217, 0.1070945721832944, 0.09708828346125886]); // prettier-ignore
    expectClose(ddu!.data as Float32Array, [0.02241796244928452, -0.016781247607767495, 0.03343981754104516, 0.01555263013631336, 0.013367459127756075, 0.03360058266261231]); // prettier-ignore
  }
  {
    // Nothing in it needs the sizes: its graph takes batches of any.
    await using session = await open(toOnnx(model, weights, { layers }));
    const { du } = await session.run({ t: times });
    expectClose(du!.data.slice(0, 1) as Float32Array, [0.10398988230085981]);
  }
  const step = await openTrainStep(model, weights, {
    layers,
    loss: { residual: meanSquaredError() },
    optimizer: sgd({ learningRate: 0.5 }),
  });
  try {
    const losses: number[] = [];
    for (let i = 0; i < 3; i++)
      losses.push((await step.run({ x: times, y: { residual: zeros(6, 1) } })).loss);
    expectClose(losses, [0.16841451886132183, 0.15836675257127839, 0.13648443750728748]);
    expectClose(
      squaresOf(await step.weights()),
      [0.6173007743087829, 0.58524938293901, 2.109039308700636, 0.5693670430223501, 0.3685916360053354, 0.009625995815807649], // prettier-ignore
    );
  } finally {
    await step.dispose();
  }
});

it("is of what a layer gives, in its layout, through a softmax that the loss takes as logits", async () => {
  const net = functional("within");
  const image = net.input([4, 4, 2]);
  let x = net.layer("Conv2D", { filters: 3, kernel_size: 2 }, image);
  x = net.layer("BatchNormalization", {}, x);
  const within = net.layer("Activation", { activation: "elu", name: "within" }, x);
  x = net.layer("AveragePooling2D", { pool_size: 2, strides: 1 }, within);
  x = net.layer("Conv2D", { filters: 3, kernel_size: 2, activation: "sigmoid" }, x);
  const classes = net.layer("Dense", { units: 3, activation: "softmax", name: "classes" }, net.layer("Flatten", {}, x)); // prettier-ignore
  const second = net.own(secondOf, {}, classes);
  const slope = net.own(gradient, { name: "slope" }, [second, within]);
  const model = net.model(image, [classes, slope]);
  const own = [gradient, secondOf];
  const weights = weightsOf(model, () => 1, own);
  const squares: Loss = {
    name: "squares",
    compute: (ops, _, d) => ops.reduceSum(ops.mul(d, d), { axes: [1, 2, 3] }),
  };
  const step = await openTrainStep(model, weights, {
    layers: own,
    loss: { classes: sparseCategoricalCrossentropy(), slope: squares },
    lossWeights: { slope: 30 },
    optimizer: sgd({ learningRate: 0.5 }),
  });
  try {
    const batch = {
      x: formula([5, 4, 4, 2], 100),
      y: { classes: tensor("int32", [5], [0, 1, 2, 1, 0]), slope: zeros(5, 3, 3, 3) },
    };
    const losses: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { loss, metrics } = await step.run(batch);
      losses.push(loss, metrics.classes_loss!, metrics.slope_loss!);
    }
    expectClose(
      losses,
      [
        [1.406015887163454, 1.4013676008787956, 0.0001549428761552783],
        [1.2526212958838472, 1.2425990236678364, 0.0003340757405336936],
        [1.171378866896445, 1.155921216713129, 0.0005152550061105351],
      ].flat(),
    );
    // Keras' moving averages are of the three steps of the model, ours of the same.
    const trained = await step.weights();
    const kernels = [...trained].filter(([key]) => /kernel|bias|gamma|beta/.test(key));
    expectClose(
      squaresOf(new Map(kernels)),
      [3.6453313673595797, 0.18539298558505052, 0.5850723366139111, 0.45808214232653566, 5.378796650418415, 0.12335461060986708, 0.7628879216134593, 0.10411266525413208], // prettier-ignore
      5e-6,
    );
  } finally {
    await step.dispose();
  }
});

/** The second class' probability. */
const secondOf = defineLayer({
  className: "SecondOf",
  fields: {},
  shape: (_, [x]) => [[x[0]!, 1]],
  lower: (_, [x], g) => [g.slice(x, { starts: [1], ends: [2], axes: [1] })],
});

it("is differentiated for batches of any size, by what layers give and by weights", async () => {
  const net = functional("m");
  const x = net.input([4, 4, 1], { name: "x" });
  const y = net.layer("Conv2D", { filters: 2, kernel_size: 3, activation: "tanh", name: "c" }, x);
  const slope = net.own(gradient, { name: "slope" }, [y, x]);
  const model = net.model(x, net.layer("Flatten", {}, slope));
  const weights = weightsOf(model);
  const images = formula([3, 4, 4, 1], 100);
  const options = { layers, withRespectTo: ["x", "c/kernel"] };
  await using session = await openGradient(model, weights, options);
  const all = await session.run({ x: images });
  const alone = await Promise.all(
    [0, 1, 2].map((i) => session.run({ x: tensor("float32", [1, 4, 4, 1], images.data.slice(16 * i, 16 * i + 16) as Float32Array) })), // prettier-ignore
  );
  expectClose(all.gradients.x!.data as Float32Array, alone.flatMap(({ gradients }) => [...(gradients.x!.data as Float32Array)])); // prettier-ignore
  const kernels = alone.map(({ gradients }) => gradients["c/kernel"]!.data as Float32Array);
  expectClose(all.gradients["c/kernel"]!.data as Float32Array, [...kernels[0]!].map((value, i) => value + kernels[1]![i]! + kernels[2]![i]!)); // prettier-ignore
  // The sum of slopes, where the kernel is moved.
  await using predicting = await open(model, weights, { layers });
  const sums = await Promise.all(
    [1e-2, -1e-2].map(async (step) => {
      const kernel = weights.get("c/kernel")!;
      const moved = tensor("float32", kernel.shape, (kernel.data as Float32Array).map((value, i) => value + (i === 4 ? step : 0))); // prettier-ignore
      await using there = await open(model, new Map([...weights, ["c/kernel", moved]]), { layers });
      return (await there.predict(images)).data as Float32Array;
    }),
  );
  const [up, down] = sums.map((values) => values.reduce((a, b) => a + b));
  expect(all.gradients["c/kernel"]!.data[4]).toBeCloseTo((up! - down!) / 2e-2, 2);
  expect((await predicting.predict(images)).data).toEqual(all.value.data);
});

describe("refuses", () => {
  const ofDense = () => {
    const net = functional("m");
    const x = net.input([3], { name: "x" });
    return { net, x, y: net.layer("Dense", { units: 2 }, x) };
  };
  it("what is not computed from it", () => {
    const { net, x, y } = ofDense();
    const beside = net.layer("Dense", { units: 2 }, x);
    const model = net.model(x, net.own(gradient, {}, [y, beside]));
    expect(() => toOnnx(model, initialize(model, { seed: 1, layers }), { layers })).toThrow(
      /layer "gradient" \(Gradient\): its first input is not computed from its second/,
    );
  });
  it("engine tfjs", async () => {
    const { net, x, y } = ofDense();
    const model = net.model(x, net.own(gradient, {}, [y, x]));
    const options = { engine: "tfjs", device: "cpu", layers } as const;
    await expect(open(model, initialize(model, { seed: 1, layers }), options)).rejects.toMatchObject({ code: "unsupported", message: expect.stringMatching(/Gradient.*engine onnx/) }); // prettier-ignore
  });
  it("training on engine tfjs, and not for the batch", async () => {
    const net = functional("m");
    const x = net.input([4, 4, 1], { name: "x" });
    const y = net.layer("Conv2D", { filters: 2, kernel_size: 3, activation: "tanh" }, x);
    const model = net.model(x, net.own(gradient, {}, [y, x]));
    const options = { engine: "tfjs", device: "cpu", layers, loss: meanSquaredError(), optimizer: sgd() } as const; // prettier-ignore
    await expect(openTrainStep(model, weightsOf(model), options)).rejects.toMatchObject({ code: "unsupported", message: 'layer "gradient" (Gradient): TF.js does not train gradients of gradients. Use engine onnx.' }); // prettier-ignore
  });
  it("a batch that is free in a graph, where the gradient needs its size", async () => {
    const ofConvolution = (batch_size?: number) => {
      const net = functional("m");
      const x = net.input([4, 4, 1], { name: "x", ...(batch_size && { batch_size }) });
      const y = net.layer("Conv2D", { filters: 2, kernel_size: 3 }, x);
      const model = net.model(x, net.own(gradient, {}, [y, x]));
      return toOnnx(model, weightsOf(model), { layers });
    };
    expect(() => ofConvolution()).toThrow(
      /layer "gradient" \(Gradient\): node "conv2d\/Conv".*net\.input\(shape, \{ batch_size: 1 \}\)/,
    );
    await using session = await open(ofConvolution(1));
    const y = await session.predict(zeros(1, 4, 4, 1));
    // The corner is in one window alone: the sum of the kernels' first elements.
    expect(y.data[0]).toBeCloseTo(0.5 * Math.fround(Math.sin(0)) + 0.5 * Math.sin(2), 6);
  });
  it("what is within another layer", () => {
    const net = functional("m");
    const x = net.input([3, 2], { name: "x" });
    const inner = functional("inner");
    const z = inner.input([2]);
    const within = inner.model(z, inner.own(gradient, {}, [inner.layer("Activation", { activation: "tanh" }, z), z])); // prettier-ignore
    const layer = { class_name: within.class_name, config: within.config };
    expect(() => {
      const model = net.model(x, net.layer("TimeDistributed", { layer }, x));
      toOnnx(model, initialize(model, { seed: 1, layers }), { layers });
    }).toThrow(/Gradient/);
  });
});
