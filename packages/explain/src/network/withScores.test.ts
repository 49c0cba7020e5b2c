// Logits and probabilities of networks that end in a sigmoid or a softmax, however it is written, on both engines.
import { tensor, type Tensor } from "@cajal/core";
import { functional, type ModelConfig } from "@cajal/models";
import { expect, it } from "vitest";
import { openExplainer } from "..";

// Two pixels x = (2, −1), two classes; Keras' kernel [pixel][class] is [[1, 3], [2, −1]]: the logits are
// 2 · 1 − 1 · 2 = 0 and 2 · 3 + 1 = 7.
const kernel = [1, 3, 2, -1];
const x = tensor("float32", [1, 2, 1, 1], [2, -1]);
const logits = [0, 7];
type Kind = "softmax" | "sigmoid";
const probabilities: Readonly<Record<Kind, readonly number[]>> = {
  softmax: logits.map((z) => Math.exp(z) / (1 + Math.exp(7))),
  sigmoid: logits.map((z) => 1 / (1 + Math.exp(-z))),
};
/** d p₁ / d z of the probability of class 1. */
const slopes: Readonly<Record<Kind, readonly number[]>> = {
  softmax: [-probabilities.softmax[0]! * probabilities.softmax[1]!, probabilities.softmax[1]! * (1 - probabilities.softmax[1]!)], // prettier-ignore
  sigmoid: [0, probabilities.sigmoid[1]! * (1 - probabilities.sigmoid[1]!)],
};

const forms: Readonly<Record<string, (kind: Kind) => [ModelConfig, Tensor]>> = {
  "inside of the last layer": (kind) => {
    const net = functional("inside");
    const image = net.input([2, 1, 1]);
    const flat = net.layer("Flatten", {}, image);
    const scores = net.layer("Dense", { name: "dense", units: 2, use_bias: false, activation: kind }, flat); // prettier-ignore
    return [net.model(image, scores), tensor("float32", [2, 2], kernel)];
  },
  "as a layer": (kind) => {
    const net = functional("layer");
    const image = net.input([2, 1, 1]);
    const flat = net.layer("Flatten", {}, image);
    const dense = net.layer("Dense", { name: "dense", units: 2, use_bias: false }, flat);
    const scores = net.layer("Activation", { activation: kind }, dense);
    return [net.model(image, scores), tensor("float32", [2, 2], kernel)];
  },
  "inside of a convolution that is flattened": (kind) => {
    const net = functional("convolution");
    const image = net.input([2, 1, 1]);
    const conv = net.layer("Conv2D", { name: "dense", filters: 2, kernel_size: [2, 1], use_bias: false, activation: kind }, image); // prettier-ignore
    return [net.model(image, net.layer("Flatten", {}, conv)), tensor("float32", [2, 1, 1, 2], kernel)]; // prettier-ignore
  },
};

const cases = Object.keys(forms).flatMap((form) =>
  (["softmax", "sigmoid"] as const).flatMap((kind) =>
    (["onnx", "tfjs"] as const).map((engine) => [kind, form, engine] as const),
  ),
);

it.each(cases)("a %s %s, on engine %s", async (kind, form, engine) => {
  const [model, weight] = forms[form]!(kind);
  await using explainer = await openExplainer(model, new Map([["dense/kernel", weight]]), {
    engine,
    device: "cpu",
  });
  const near = (values: ArrayLike<number>, expected: readonly number[]) =>
    expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 6));
  near((await explainer.scores(x)).data, logits);
  near((await explainer.scores(x, { output: "probability" })).data, probabilities[kind]);
  const gradient = async (output: "logit" | "probability") =>
    (await explainer.attribute(x, { method: "input-x-gradient", target: 1, output })).map.data;
  near(await gradient("logit"), [2 * 3, -1 * -1]);
  const [first, second] = slopes[kind] as [number, number];
  near(await gradient("probability"), [2 * (first + 3 * second), -(2 * first - second)]);
  const softmax = explainer.scores(x, { output: "softmax" });
  if (kind === "softmax") near((await softmax).data, probabilities.softmax);
  else await expect(softmax).rejects.toMatchObject({ code: "unsupported" });
  // Layers are the model's, and give what they give there.
  const layer = model.config.output_layers[0]![0];
  expect(explainer.layers.at(-1)!.name).toBe(layer);
  near((await explainer.attribute(x, { method: "layer-activation", layer })).map.data, probabilities[kind]); // prettier-ignore
});

// Two pixels (1, 2) and a convolution of weights 1 and 10: Keras flattens [[1, 10], [2, 20]] pixel after pixel.
const flattened: Readonly<Record<string, (net: ReturnType<typeof functional>) => ModelConfig>> = {
  "before the sigmoid": (net) => {
    const image = net.input([2, 1, 1]);
    const conv = net.layer("Conv2D", { name: "conv", filters: 2, kernel_size: 1, use_bias: false }, image); // prettier-ignore
    const flat = net.layer("Flatten", {}, conv);
    return net.model(image, net.layer("Activation", { activation: "sigmoid" }, flat));
  },
  "behind the sigmoid": (net) => {
    const image = net.input([2, 1, 1]);
    const conv = net.layer("Conv2D", { name: "conv", filters: 2, kernel_size: 1, use_bias: false, activation: "sigmoid" }, image); // prettier-ignore
    return net.model(image, net.layer("Flatten", {}, conv));
  },
};

it.each(
  Object.keys(flattened).flatMap((where) =>
    (["onnx", "tfjs"] as const).map((engine) => [where, engine] as const),
  ),
)("scores of several pixels, flattened %s, on engine %s", async (where, engine) => {
  const model = flattened[where]!(functional("pixels"));
  const weights = new Map([["conv/kernel", tensor("float32", [1, 1, 1, 2], [1, 10])]]);
  await using explainer = await openExplainer(model, weights, { engine, device: "cpu" });
  const pixels = tensor("float32", [2, 1, 1], [1, 2]);
  expect(Array.from((await explainer.scores(pixels)).data)).toEqual([1, 10, 2, 20]);
  const { data } = await explainer.scores(pixels, { output: "probability" });
  [1, 10, 2, 20].forEach((z, i) => expect(data[i]).toBeCloseTo(1 / (1 + Math.exp(-z)), 6));
});

// A nested model makes the logits, of two pixels (2, −1) and a kernel of 1 and 3 their means, 0.5 and 1.5.
const behindNested: Readonly<
  Record<string, readonly [inside: string | undefined, behind: readonly [string, object][]]>
> = {
  "and a layer that flattens": [undefined, [["Flatten", { name: "f" }]]],
  "and a layer that reshapes, in a softmax": [undefined, [["Reshape", { target_shape: [2] }], ["Activation", { activation: "softmax" }]]], // prettier-ignore
  "and a softmax that is flattened": [
    undefined,
    [
      ["Softmax", {}],
      ["Flatten", { name: "f" }],
    ],
  ],
  alone: [undefined, []],
  "and a softmax": [undefined, [["Softmax", {}]]],
  "whose softmax is flattened": ["softmax", [["Flatten", { name: "f" }]]],
};

it.each(
  Object.keys(behindNested).flatMap((what) =>
    (["onnx", "tfjs"] as const).map((engine) => [what, engine] as const),
  ),
)("scores of a nested model %s, on engine %s", async (what, engine) => {
  const [inside, behind] = behindNested[what]!;
  const inner = functional("bb");
  const pixels = inner.input([2, 1, 1]);
  const conv = inner.layer("Conv2D", { name: "conv", filters: 2, kernel_size: 1, use_bias: false }, pixels); // prettier-ignore
  const means = inner.layer(
    "GlobalAveragePooling2D",
    { keepdims: behind.some(([layer]) => layer !== "Softmax") || inside !== undefined },
    conv,
  );
  const end = inside ? inner.layer("Activation", { activation: inside }, means) : means;
  const net = functional("outer");
  const image = net.input([2, 1, 1]);
  const nested = net.nested(inner.model(pixels, end), image);
  const scores = behind.reduce((value, [layer, config]) => net.layer(layer as "Flatten", config as never, value), nested); // prettier-ignore
  const weights = new Map([["bb/conv/kernel", tensor("float32", [1, 1, 1, 2], [1, 3])]]);
  const opening = openExplainer(net.model(image, scores), weights, { engine, device: "cpu" });
  if (inside && engine === "tfjs")
    return expect(opening).rejects.toMatchObject({ code: "unsupported", facts: { layer: "bb" } });
  await using explainer = await opening;
  const near = (values: ArrayLike<number>, expected: readonly number[]) =>
    expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 6));
  near((await explainer.scores(x)).data, [0.5, 1.5]);
  const p = 1 / (1 + Math.exp(-1));
  near((await explainer.scores(x, { output: "probability" })).data, [1 - p, p]);
  const { map } = await explainer.attribute(x, { method: "input-x-gradient", target: 1 });
  near(map.data, [3, -1.5]);
});

// What is called twice has two outputs of one name.
const shared: Readonly<Record<string, (net: ReturnType<typeof functional>) => ModelConfig>> = {
  "dense layer": (net) => {
    const image = net.input([2, 1, 1]);
    const dense = { name: "dense", units: 2, use_bias: false, activation: "softmax" };
    const scores = net.layer("Dense", dense, net.layer("Flatten", {}, image));
    return twice(net.model(image, scores), "dense");
  },
  softmax: (net) => {
    const image = net.input([2, 1, 1]);
    const dense = { name: "dense", units: 2, use_bias: false };
    const scores = net.layer("Dense", dense, net.layer("Flatten", {}, image));
    return twice(net.model(image, net.layer("Softmax", { name: "last" }, scores)), "last");
  },
};

/** The model with its last layer called once more, on what it gave. */
const twice = ({ config, ...model }: ModelConfig, name: string): ModelConfig => ({
  ...model,
  config: {
    ...config,
    layers: config.layers.map((layer) =>
      layer.name === name
        ? { ...layer, inbound_nodes: [...layer.inbound_nodes, [[name, 0, 0, {}]]] }
        : layer,
    ),
    output_layers: [[name, 1, 0]],
  },
});

it.each(Object.keys(shared))(
  "a %s called twice: engine tfjs refuses it, engine onnx explains the second call",
  async (what) => {
    const model = shared[what]!(functional("shared"));
    const weights = new Map([["dense/kernel", tensor("float32", [2, 2], kernel)]]);
    const refused = openExplainer(model, weights, { engine: "tfjs", device: "cpu" });
    await expect(refused).rejects.toMatchObject({ code: "unsupported", facts: { layer: what === "softmax" ? "last" : "dense" } }); // prettier-ignore
    await using explainer = await openExplainer(model, weights);
    // p = softmax(0, 7); the dense layer then gives (p₀ + 2 p₁, 3 p₀ − p₁).
    const [p, q] = probabilities.softmax as [number, number];
    const expected = what === "softmax" ? [p, q] : [p + 2 * q, 3 * p - q];
    const { data } = await explainer.scores(x);
    expected.forEach((z, i) => expect(data[i]).toBeCloseTo(z, 6));
  },
);

// Logits of −4 and 3 of one score, z = 1 · 2 + w · (−1): a softmax would say 1, and have no slope.
it.each(["onnx", "tfjs"] as const)("one score alone, as of a sigmoid, on engine %s", async (engine) => {
  const net = functional("alone");
  const image = net.input([2, 1, 1]);
  const score = net.layer("Dense", { name: "dense", units: 1, use_bias: false }, net.layer("Flatten", {}, image)); // prettier-ignore
  const model = net.model(image, score);
  for (const [w, z] of [[6, -4], [-1, 3]] as const) {
    const weights = new Map([["dense/kernel", tensor("float32", [2, 1], [1, w])]]);
    await using explainer = await openExplainer(model, weights, { engine, device: "cpu" });
    const p = 1 / (1 + Math.exp(-z));
    const { data } = await explainer.scores(x, { output: "probability" });
    expect(data[0]).toBeCloseTo(p, 6);
    const { map } = await explainer.attribute(x, { method: "saliency", output: "probability" });
    expect(map.data[0]).toBeCloseTo(p * (1 - p), 6);
    expect(map.data[1]).toBeCloseTo(w * p * (1 - p), 6);
    const softmax = explainer.scores(x, { output: "softmax" });
    await expect(softmax).rejects.toMatchObject({ code: "unsupported" });
  }
}); // prettier-ignore
