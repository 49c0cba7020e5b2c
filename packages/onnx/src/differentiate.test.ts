import { readFileSync } from "node:fs";
import { isCajalError, random, tensor, type Tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { GraphBuilder, type Value } from "./graph/builder";
import { decodeModel } from "./file/decode";
import { checkDifferentiable, differentiate, gradients } from "./differentiate";
import { encodeModel } from "./file/encode";
import type { OnnxModel } from "./model/model";

async function run(
  model: OnnxModel,
  feeds: Record<string, Tensor>,
): Promise<Record<string, number[]>> {
  const session = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 });
  const ortFeeds = Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
    name,
    new ort.Tensor(dtype as "float32", data as Float32Array, shape),
  ]);
  const results = await session.run(Object.fromEntries(ortFeeds));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => [name, Array.from(value.data as Float32Array)]),
  );
}

describe("differentiate", () => {
  it("adds up what arrives at a value on several ways", async () => {
    // y = (x·x) · x + x: dy/dx = 3x² + 1.
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["n"]);
    g.output(g.add(g.mul(g.mul(x, x), x), x), "y");
    const model = differentiate(g.build(), { of: "y", withRespectTo: ["x"] });
    const result = await run(model, { x: tensor("float32", [3], [0, 1, -2]) });
    expect(result["gradient/x"]).toEqual([1, 4, 13]);
    expect(result.y).toEqual([0, 2, -10]);
  });

  it("gives zeros where nothing depends on a value, and stops at steps", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2]);
    const unused = g.input("unused", "float32", [3]);
    g.output(g.add(g.op("Floor", [x]), g.mul(x, 2)), "y");
    const model = differentiate(g.build(), { of: "y", withRespectTo: ["x", "unused"] });
    expect(unused.shape).toEqual([3]);
    const result = await run(model, {
      x: tensor("float32", [2], [0.5, 1.5]),
      unused: tensor("float32", [3]),
    });
    expect(result["gradient/x"]).toEqual([2, 2]);
    expect(result["gradient/unused"]).toEqual([0, 0, 0]);
  });

  // What goes back through a normalization is scaled in the kernel, or in the image if that is smaller.
  it.each([
    ["a small kernel", [2, 3, 8, 8], [4, 3, 3, 3]],
    ["a large kernel", [2, 16, 3, 3], [4, 16, 3, 3]],
  ] as const)("a convolution of %s before a normalization", async (_, imageShape, kernelShape) => {
    const numbers = random(3, "normalized");
    const randomTensor = (shape: readonly number[]) =>
      tensor(
        "float32",
        shape,
        Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.float() - 0.5),
      );
    const shapes = { x: imageShape, w: kernelShape, b: [4], gamma: [4], beta: [4] };
    const feeds = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, randomTensor(shape)]),
    );
    const by = ["x", "w", "b", "gamma", "beta"];
    const gradientsOf = async (hasValuesBetween: boolean) => {
      const g = new GraphBuilder();
      const [x, w, b, gamma, beta] = Object.entries(shapes).map(([name, shape]) =>
        g.input(name, "float32", shape),
      );
      const z = g.conv(x!, w!, b, { pads: [1, 1, 1, 1] });
      // Through an operator that takes no scaled gradient, all is multiplied out.
      const y = hasValuesBetween ? g.add(z, g.scalar("float32", 0)) : z;
      // ONNX Runtime writes into these two.
      const [mean, variance] = [g.sub(gamma!, gamma!), g.sub(beta!, beta!)];
      const [normal] = g.batchNormalizationTraining(y, gamma!, beta!, mean, variance, {
        momentum: 0,
      });
      g.output(g.tanh(normal), "y");
      return run(differentiate(g.build(), { of: "y", withRespectTo: by }), feeds);
    };
    const [direct, multiplied] = [await gradientsOf(false), await gradientsOf(true)];
    for (const name of by) {
      const expected = multiplied[`gradient/${name}`]!;
      direct[`gradient/${name}`]!.forEach((value, i) =>
        expect(value, `${name} ${i}`).toBeCloseTo(expected[i]!, 4),
      );
      if (name !== "b") expect(Math.max(...expected.map(Math.abs)), name).toBeGreaterThan(0.01);
    }
  });

  // What opens with weights that are constant scales and flips its kernels then, and not images at every run.
  it("goes back through convolutions of constant kernels and normalizations by convolutions alone", async () => {
    const numbers = random(4, "constant");
    const filled = (shape: readonly number[], [from, to]: readonly [number, number] = [-0.5, 0.5]) =>
      tensor(
        "float32",
        shape,
        Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => from + (to - from) * numbers.float()),
      ); // prettier-ignore
    const [w, dy] = [filled([8, 2, 3, 3]), filled([1, 8, 3, 3])];
    const statistics = ["gamma", "beta", "mean", "variance"].map(() => filled([8], [0.5, 2]));
    const dxOf = async (constant: boolean) => {
      const g = new GraphBuilder();
      const x = g.input("x", "float32", [1, 2, 3, 3]);
      const kernel = constant ? g.initializer("w", w) : g.input("w", "float32", w.shape);
      const [gamma, beta, mean, variance] = statistics.map((each) => g.constant(each));
      const y = g.batchNormalization(g.conv(x, kernel, undefined, { pads: [1, 1, 1, 1] }), gamma!, beta!, mean!, variance!); // prettier-ignore
      const nodeCount = g.nodes.length;
      const [dx] = gradients(g, y, [x], { dy: g.input("dy", "float32", dy.shape) });
      g.output(dx!, "dx");
      const ops = g.nodes.slice(nodeCount).map(({ op }) => op);
      const feeds = { x: filled([1, 2, 3, 3]), dy, ...(!constant && { w }) };
      return { ops, dx: (await run(g.build(), feeds))["dx"]! };
    };
    const [fromConstant, fromFeeds] = [await dxOf(true), await dxOf(false)];
    expect(fromConstant.ops).toContain("Conv");
    expect(fromConstant.ops).not.toContain("ConvTranspose");
    expect(fromConstant.ops).not.toContain("ReduceSum");
    expect(fromFeeds.ops).toContain("ConvTranspose");
    fromConstant.dx.forEach((value, i) => expect(value).toBeCloseTo(fromFeeds.dx[i]!, 5));
    expect(Math.max(...fromConstant.dx.map(Math.abs))).toBeGreaterThan(0.1);
  });

  it("differentiates a gradient again", async () => {
    // y = x³: the gradient of its gradient is 6x.
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2]);
    const [dx] = gradients(g, g.mul(g.mul(x, x), x), [x]);
    const [ddx] = gradients(g, dx!, [x]);
    g.output(ddx!, "ddx");
    const result = await run(g.build(), { x: tensor("float32", [2], [1, -2]) });
    expect(result.ddx).toEqual([6, -12]);
  });

  // As a penalty on the slopes of a network does, in training a WGAN.
  it.each([
    ["Relu", (g: GraphBuilder, x: Value) => g.relu(x)],
    ["LeakyRelu", (g: GraphBuilder, x: Value) => g.op("LeakyRelu", [x], { alpha: 0.5 })],
    ["ReLU6", (g: GraphBuilder, x: Value) => g.clip(x, { min: 0, max: 6 })],
  ] as const)("differentiates steep gradients of %s again", async (name, activation) => {
    // 10 y² where y = s x: slope 20 s² x; of its square 800 s⁴ x.
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [3]);
    const y = activation(g, x);
    const [dx] = gradients(g, g.mul(g.mul(y, y), 10), [x]);
    const [ddx] = gradients(g, g.mul(dx!, dx!), [x]);
    g.output(ddx!, "ddx");
    const { ddx: got } = await run(g.build(), { x: tensor("float32", [3], [-2, 1, 3]) });
    expect(got).toEqual([name === "LeakyRelu" ? -100 : 0, 800, 2400]);
  });

  it("leaves the inputs of a training-mode normalization as they were", async () => {
    // ONNX Runtime writes the batch's statistics into inputs 3 and 4 of the operator.
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [4, 2, 3, 3]);
    const names = ["scale", "bias", "mean", "variance"];
    const [scale, bias, mean, variance] = names.map((name) => g.input(name, "float32", [2]));
    const scratch = [g.sub(mean!, mean!), g.sub(variance!, variance!)];
    const [y] = g.ops(
      "BatchNormalization",
      [x, scale, bias, ...scratch],
      { training_mode: 1, momentum: 0 },
      { outputs: 3 },
    );
    const [dx] = gradients(g, g.mul(y!, y!), [x]);
    g.output(dx!, "dx");
    const feeds = Object.fromEntries(
      [...names, "x"].map((name, i) => {
        const shape = name === "x" ? [4, 2, 3, 3] : [2];
        const size = shape.reduce((a, b) => a * b, 1);
        return [
          name,
          tensor(
            "float32",
            shape,
            Array.from({ length: size }, (_, k) => i + Math.sin(k)),
          ),
        ];
      }),
    );
    const feedsBefore = JSON.stringify(feeds);
    await run(g.build(), feeds);
    expect(JSON.stringify(feeds)).toBe(feedsBefore);
  });

  it("does not trust statistics that two training-mode normalizations write over the same constants", async () => {
    const numbers = random(1, "shared statistics");
    const normals = (shape: readonly number[]) =>
      tensor(
        "float32",
        shape,
        Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.normal()),
      );
    const [image, ...kernels] = [normals([2, 4, 6]), normals([4, 4, 3]), normals([4, 4, 3])];
    const ones = tensor("float32", [4], [1, 1, 1, 1]);
    const zeros = tensor("float32", [4]);
    const scale = tensor("float32", [4], [1, 0.8, 1.2, 0.9]);
    const bias = tensor("float32", [4], [0.1, 0.2, -0.1, -0.2]);
    const gradientOf = async (shared: boolean) => {
      const g = new GraphBuilder();
      const x = g.input("x", "float32", image.shape);
      const feeds: Record<string, Tensor> = { x: image };
      const statistic = (name: string, value: Tensor) => {
        if (shared) return g.constant(value);
        feeds[name] = value;
        return g.add(g.input(name, "float32", value.shape), 0);
      };
      const y = kernels.reduce((value: Value, kernel, i) => {
        const z = g.conv(value, g.constant(kernel), undefined, { pads: [1, 1] });
        const old = [statistic(`mean${i}`, zeros), statistic(`variance${i}`, ones)] as const;
        const [normal] = g.batchNormalizationTraining(z, g.constant(scale), g.constant(bias), ...old, { momentum: 0 }); // prettier-ignore
        return g.relu(g.add(value, g.relu(normal)));
      }, x);
      g.output(gradients(g, g.mul(y, y), [x])[0]!, "dx");
      return (await run(g.build(), feeds))["dx"]!;
    };
    const [own, shared] = [await gradientOf(false), await gradientOf(true)];
    expect(Math.max(...own.map(Math.abs))).toBeGreaterThan(1);
    shared.forEach((value, i) => expect(value).toBeCloseTo(own[i]!, 3));
  });

  it("names the node whose operator has no gradient, and those that have one", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, 2]);
    g.output(g.fusedMatMul(x, x), "y");
    let thrown: unknown;
    try {
      differentiate(g.build(), { of: "y", withRespectTo: ["x"] });
    } catch (error) {
      thrown = error;
    }
    expect(isCajalError(thrown, "unsupported")).toBe(true);
    expect(thrown).toMatchObject({
      facts: {
        node: "FusedMatMul",
        differentiable: expect.arrayContaining(["Conv"]),
      },
    });
  });

  it("tells beforehand what has no gradient, by the ways that gradients go alone", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, 3]);
    const table = g.input("table", "float32", [4, 5]);
    const withoutGradient = g.fusedMatMul(x, g.constant(tensor("float32", [3, 3])));
    // A number of a row is a whole number: no gradient passes, and none is asked of the product.
    const rows = g.cast(withoutGradient, "int64");
    const y = g.gather(table, rows, { axis: 0 });
    const check = (target: typeof y) => () => checkDifferentiable(g, target, [x, table]);
    const nodes = g.nodes.length;
    expect(check(y)).not.toThrow();
    expect(check(g.mul(withoutGradient, 2))).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
    expect(g.nodes.length).toBe(nodes + 1);
    const [dx, dTable] = gradients(g, y, [x, table]);
    expect([dx!.shape, dTable!.shape]).toEqual([
      [2, 3],
      [4, 5],
    ]);
  });

  it("refuses a value that is not there", () => {
    const g = new GraphBuilder();
    g.output(g.relu(g.input("x", "float32", [2])), "y");
    for (const [target, withRespectTo] of [
      ["z", "x"],
      ["y", "z"],
    ] as const)
      expect(() =>
        differentiate(g.build(), { of: target, withRespectTo: [withRespectTo] }),
      ).toThrow(expect.objectContaining({ code: "unknown-name" }));
  });
});

describeWithShared("real models", "data/real-models/onnx", (folder) => {
  it.each([
    ["cntk_mnist.onnx", 1],
    ["keras2onnx_mnist-sm.onnx", 1],
    ["pytorch_lenet.onnx", 10],
  ])("%s: its loss falls along the gradient as the gradient says", async (file, batch) => {
    const model = decodeModel(readFileSync(`${folder}/${file}`));
    const [input] = model.graph.inputs.filter(({ name }) => !model.graph.initializers.has(name));
    const shape = input!.shape!.map((extent, i) =>
      typeof extent === "number" ? extent : i === 0 ? batch : 1,
    );
    const g = GraphBuilder.from(model, { shapes: { [input!.name]: shape } });
    const logits = g.outputs[0]!;
    const loss = g.reduceMean(g.mul(logits, logits), { keepdims: false });
    const parameters = [...model.graph.initializers].filter(
      ([, { dtype, shape: s }]) => dtype === "float32" && s.length > 0,
    );
    const dys = gradients(
      g,
      loss,
      parameters.map(([name]) => g.value(name)),
    );
    const output = g.output(loss, "loss");
    dys.forEach((dy, i) => g.output(dy, `gradient/${i}`));
    const rng = random(3, file);
    const size = shape.reduce((a, b) => a * b, 1);
    const feeds = {
      [input!.name]: tensor(
        "float32",
        shape,
        Array.from({ length: size }, () => rng.float()),
      ),
    };
    const at = await run(g.build(), feeds);
    const squared = parameters.reduce(
      (sum, _, i) => sum + at[`gradient/${i}`]!.reduce((s, d) => s + d * d, 0),
      0,
    );
    expect(squared).toBeGreaterThan(0);
    // A small step against the gradient changes the loss by −step · |gradient|².
    const step = (1e-3 * at[output.name]![0]!) / squared;
    const initializers = new Map(model.graph.initializers);
    parameters.forEach(([name, weight], i) => {
      const data = (weight.data as Float32Array).map((w, k) => w - step * at[`gradient/${i}`]![k]!);
      initializers.set(name, { ...(weight as Tensor), data });
    });
    const changedModel: OnnxModel = { ...model, graph: { ...model.graph, initializers } };
    const reloaded = GraphBuilder.from(changedModel, { shapes: { [input!.name]: shape } });
    const y = reloaded.outputs[0]!;
    reloaded.output(reloaded.reduceMean(reloaded.mul(y, y), { keepdims: false }), "loss");
    const results = await run(reloaded.build(), feeds);
    const fall = at.loss![0]! - results.loss![0]!;
    expect(fall / (step * squared)).toBeCloseTo(1, 1);
  });
});
