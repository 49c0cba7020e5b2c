// What is not written to TF.js, beside what TF.js itself makes of it.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { sizeOf, tensor, type Tensor } from "@cajal/core";
import { readKeras, toKerasJson, type ModelConfig } from "@cajal/models";
import { initialize, open } from "@cajal/runtime";
import { describe, expect, test } from "vitest";
import { encodeModel } from "../writeModel";

const modelOf = (shape: readonly number[], class_name: string, config: object, inputs = 1) => {
  const names = Array.from({ length: inputs }, (_, i) => `x${i}`);
  return readKeras({
    class_name: "Functional",
    config: {
      name: "tried",
      layers: [
        ...names.map((name) => ({ class_name: "InputLayer", name, config: { name, batch_input_shape: [null, ...shape] }, inbound_nodes: [] })),
        { class_name, name: "layer", config: { name: "layer", ...config }, inbound_nodes: [names.map((name) => [name, 0, 0, {}])] },
      ],
      input_layers: names.map((name) => [name, 0, 0]),
      output_layers: [["layer", 0, 0]],
    },
  }); // prettier-ignore
};

const numbers = (shape: readonly number[]) =>
  tensor("float32", [2, ...shape], Float32Array.from({ length: 2 * sizeOf(shape) }, (_, i) => 2 * Math.sin(i))); // prettier-ignore

/** The outputs of Cajal and of TF.js for one value of all inputs; TF.js' error stands for its output where it has one. */
async function both(model: ModelConfig, x: Tensor) {
  const weights = initialize(model, { seed: 5 });
  await using session = await open(model, weights);
  const y = await session.run(Object.fromEntries(session.inputs.map(({ name }) => [name, x])));
  const { data: cajal } = y[session.outputs[0]!.name]!;
  const theirs = await (async () => {
    // Weights are set: no initializer has to be one that TF.js knows.
    const json = JSON.stringify(toKerasJson(model), (key, value: unknown) => (key.endsWith("_initializer") ? "zeros" : value)); // prettier-ignore
    const loaded = await tfl.models.modelFromJSON(JSON.parse(json) as Parameters<typeof tfl.models.modelFromJSON>[0]); // prettier-ignore
    loaded.setWeights([...weights.values()].map(({ data, shape }) => tf.tensor(data as Float32Array, [...shape]))); // prettier-ignore
    const inputs = session.inputs.map(() => tf.tensor(x.data as Float32Array, [...x.shape], x.dtype as "float32")); // prettier-ignore
    return [...(loaded.predict(inputs.length === 1 ? inputs[0]! : inputs) as tf.Tensor).dataSync()];
  })().catch((error: unknown) => String(error));
  return { cajal: [...(cajal as Float32Array)], theirs, weights };
}

const images = [4, 4, 2];
const volumes = [4, 4, 4, 2];
const cell = (class_name: string) => ({ class_name, config: { units: 2, recurrent_activation: "hard_sigmoid", ...(class_name === "GRUCell" && { reset_after: false }) } }); // prettier-ignore
const lstm = (config = {}) => ({ class_name: "LSTM", config: { units: 2, ...config } });
type Case = [string, readonly number[], string, object, number];
const refused: Case[] = [
  ["hard_sigmoid of Keras 3", [3], "Dense", { units: 2, activation: "hard_sigmoid" }, 1],
  ["gates by hard_sigmoid", [3, 2], "LSTM", { units: 2, recurrent_activation: "hard_sigmoid" }, 1],
  ["steps by hard_sigmoid", [3, 2], "TimeDistributed", { layer: { class_name: "Activation", config: { activation: "hard_sigmoid" } } }, 1],
  ["interpolated pixels", images, "UpSampling2D", { interpolation: "bilinear" }, 1],
  ["other sizes", images, "Resizing", { height: 3, width: 3 }, 1],
  ["the centre", images, "CenterCrop", { height: 2, width: 2 }, 1],
  ["joined along an axis from behind", images, "Concatenate", { axis: -2 }, 2],
  ["transposed with dilation", images, "Conv2DTranspose", { filters: 2, kernel_size: 2, dilation_rate: 2 }, 1],
  ["transposed with more rows", images, "Conv2DTranspose", { filters: 2, kernel_size: 3, strides: 2, output_padding: 1 }, 1],
  ["volumes of which strides leave elements out", volumes, "Conv3D", { filters: 2, kernel_size: 1, strides: 2, padding: "same" }, 1],
  ["the largest of such windows", volumes, "MaxPooling3D", { pool_size: 1, strides: 2, padding: "same" }, 1],
  ["averages of such windows", volumes, "AveragePooling3D", { pool_size: 1, strides: 2, padding: "same" }, 1],
  ["a slope below 0", [5], "ReLU", { negative_slope: 0.25 }, 1],
  ["a threshold", [5], "ReLU", { threshold: 0.5 }, 1],
  ["a cell's hard_sigmoid", [3, 2], "RNN", { cell: cell("LSTMCell") }, 1],
  ["that of a stacked cell", [3, 2], "RNN", { cell: { class_name: "StackedRNNCells", config: { cells: [{ class_name: "SimpleRNNCell", config: { units: 2 } }, cell("GRUCell")] } } }, 1],
  ["that of a cell in both directions", [3, 2], "Bidirectional", { layer: { class_name: "RNN", config: { cell: cell("GRUCell") } } }, 1],
  ["another layer backwards", [3, 2], "Bidirectional", { layer: lstm(), backward_layer: lstm({ activation: "relu", go_backwards: true }) }, 1],
]; // prettier-ignore

describe("is computed otherwise by TF.js, or not at all, and is not written", () => {
  test.each(refused)("%s", async (_, shape, className, config, inputs) => {
    const model = modelOf(shape, className, config, inputs);
    const { cajal, theirs, weights } = await both(model, numbers(shape));
    expect(theirs).not.toEqual(cajal.map((value) => expect.closeTo(value, 4) as number));
    expect(() => encodeModel({ model, weights }, { format: "tfjs" })).toThrow(/TF\.js/);
  });
});

describe("is computed alike, and is written", () => {
  const alike: Case[] = [
    ["pixels repeated", images, "UpSampling2D", {}, 1],
    ["joined along an axis from the front", images, "Concatenate", { axis: 2 }, 2],
    ["transposed", images, "Conv2DTranspose", { filters: 2, kernel_size: 3, strides: 2, padding: "same" }, 1],
    ["a limit", [5], "ReLU", { max_value: 1 }, 1],
    ["a mean", images, "GlobalAveragePooling2D", {}, 1],
    ["a layer backwards of other names and beginnings", [3, 2], "Bidirectional", { layer: lstm({ name: "a", seed: 1, kernel_initializer: "zeros" }), backward_layer: lstm({ name: "b", seed: 2, kernel_regularizer: "l2", bias_constraint: "NonNeg", trainable: false, unroll: true, go_backwards: true }) }, 1],
  ]; // prettier-ignore
  test.each(alike)("%s", async (_, shape, className, config, inputs) => {
    const model = modelOf(shape, className, config, inputs);
    const { cajal, theirs, weights } = await both(model, numbers(shape));
    expect(theirs).toEqual(cajal.map((value) => expect.closeTo(value, 4) as number));
    expect(encodeModel({ model, weights }, { format: "tfjs" }).size).toBeGreaterThan(0);
  });
});

/** Layers by their class, config, and the names of their inputs, after an Embedding "e" with a mask; the last is the output. */
type Layers = Record<string, [class_name: string, config: object, ...from: string[]]>;

function masked(layers: Layers): ModelConfig {
  const all: Layers = {
    e: ["Embedding", { input_dim: 7, output_dim: 4, mask_zero: true }, "x"],
    ...layers,
  }; // prettier-ignore
  return readKeras({
    class_name: "Functional",
    config: {
      name: "masked",
      layers: [
        { class_name: "InputLayer", name: "x", config: { name: "x", batch_input_shape: [null, 5], dtype: "int32" }, inbound_nodes: [] },
        ...Object.entries(all).map(([name, [class_name, config, ...from]]) => ({ class_name, name, config: { name, ...config }, inbound_nodes: [from.map((input) => [input, 0, 0, {}])] })),
      ],
      input_layers: [["x", 0, 0]],
      output_layers: [[Object.keys(all).at(-1)!, 0, 0]],
    },
  }); // prettier-ignore
}

describe("masks", () => {
  const tokens = tensor("int32", [3, 5], [3, 1, 4, 0, 0, 0, 0, 2, 6, 5, 1, 0, 2, 0, 3]);
  const rnn = (from: string, config = {}): Layers[string] => ["LSTM", { units: 3, ...config }, from]; // prettier-ignore
  const conv = (from: string): Layers[string] => ["Conv1D", { filters: 4, kernel_size: 1 }, from];
  const dense = (from: string): Layers[string] => ["Dense", { units: 4 }, from];
  const bidirectional = (from: string, config = {}): Layers[string] => ["Bidirectional", { layer: lstm({ return_sequences: true }), ...config }, from]; // prettier-ignore

  test.each<[string, Layers]>([
    ["a convolution", { c: conv("e"), r: rnn("c") }],
    ["other axes", { c: ["Permute", { dims: [2, 1] }, "e"], r: rnn("c") }],
    ["another shape", { c: ["Reshape", { target_shape: [5, 4] }, "e"], r: rnn("c") }],
    ["means", { c: ["AveragePooling1D", { pool_size: 1 }, "e"], r: rnn("c") }],
    ["maxima", { c: ["MaxPooling1D", { pool_size: 1 }, "e"], r: rnn("c") }],
    ["products of steps", { c: ["Dot", { axes: 2 }, "e", "e"], r: rnn("c") }],
    ["a repeated state", { s: rnn("e"), c: ["RepeatVector", { n: 5 }, "s"], r: rnn("c") }],
    ["a product", { d: dense("e"), r: ["Multiply", {}, "e", "d"] }],
    ["a sum", { d: dense("e"), s: ["Add", {}, "e", "d"], r: rnn("s") }],
    ["other steps", { c: conv("e"), s: ["Concatenate", { axis: 1 }, "c", "e"], r: rnn("s") }],
    ["a branch without one", { f: ["Embedding", { input_dim: 7, output_dim: 4 }, "x"], r: rnn("f"), s: rnn("e"), t: ["Add", {}, "r", "s"] }],
    ["zeros at masked steps", { b: bidirectional("e") }],
    ["their sums", { b: bidirectional("e", { merge_mode: "sum" }) }],
    ["their maxima", { b: bidirectional("e"), r: ["GlobalMaxPooling1D", {}, "b"] }],
    ["their layers of every step", { b: bidirectional("e"), d: dense("b"), t: ["TimeDistributed", { layer: { class_name: "Dense", config: { units: 2 } } }, "d"] }],
    ["their norms over steps", { b: bidirectional("e"), n: ["LayerNormalization", { axis: [1, 2] }, "b"], r: rnn("n") }],
    ["their last layer", { b: bidirectional("e"), c: bidirectional("b") }],
    ["their convolution", { b: bidirectional("e"), c: conv("b"), r: rnn("c") }],
    ["one of two readers", { b: bidirectional("e"), r: rnn("b"), m: ["GlobalMaxPooling1D", {}, "b"], j: ["Concatenate", { axis: 1 }, "r", "m"] }],
    ["a cell's zeros", { b: ["RNN", { cell: { class_name: "LSTMCell", config: { units: 2 } }, return_sequences: true, zero_output_for_mask: true }, "e"] }],
    ["a branch before them", { c: ["Reshape", { target_shape: [5, 4] }, "e"], s: rnn("c", { return_sequences: true }), r: rnn("s") }],
  ])("of %s are others in TF.js, and are not written", async (_, layers) => {
    const model = masked(layers);
    const { cajal, theirs, weights } = await both(model, tokens);
    expect(theirs).not.toEqual(cajal.map((value) => expect.closeTo(value, 4) as number));
    expect(() => encodeModel({ model, weights }, { format: "tfjs" })).toThrow(/mask.*TF\.js/);
  }); // prettier-ignore

  test("that leave a model within another are not written", () => {
    const inner = masked({ s: rnn("e", { return_sequences: true }) });
    const x = { class_name: "InputLayer", config: { name: "x", batch_input_shape: [null, 5], dtype: "int32" } };
    const model = readKeras({ class_name: "Sequential", config: { name: "outer", layers: [x, inner, lstm({ name: "r" })] } });
    const weights = initialize(model, { seed: 5 });
    expect(() => encodeModel({ model, weights }, { format: "tfjs" })).toThrow(/"r".*by a mask/);
  }); // prettier-ignore

  test.each<[string, Layers]>([
    ["the last state", { r: rnn("e") }],
    ["a sequence backwards", { r: rnn("e", { return_sequences: true, go_backwards: true }) }],
    ["layers of every step", { d: dense("e"), n: ["LayerNormalization", {}, "d"], t: ["TimeDistributed", { layer: { class_name: "Dense", config: { units: 2 } } }, "n"], r: rnn("t") }],
    ["two in a row", { s: rnn("e", { return_sequences: true }), r: rnn("s") }],
    ["both directions", { r: ["Bidirectional", { layer: lstm() }, "e"] }],
    ["zeros that a layer skips", { b: bidirectional("e"), r: rnn("b") }],
    ["zeros that both directions skip", { b: bidirectional("e"), r: ["Bidirectional", { layer: lstm() }, "b"] }],
    ["zeros of three layers", { b: bidirectional("e"), c: bidirectional("b", { merge_mode: "sum" }), d: bidirectional("c"), r: rnn("d") }],
    ["zeros, and layers of every step", { b: bidirectional("e"), o: ["Dropout", { rate: 0.5 }, "b"], d: dense("o"), n: ["LayerNormalization", {}, "d"], r: rnn("n") }],
    ["zeros before a sequence", { b: bidirectional("e"), r: rnn("b", { return_sequences: true }), d: dense("r") }],
    ["a cell's zeros that a layer skips", { b: ["RNN", { cell: { class_name: "LSTMCell", config: { units: 2 } }, return_sequences: true, zero_output_for_mask: true }, "e"], r: rnn("b") }],
    ["none after a convolution", { c: conv("e"), t: ["TimeDistributed", { layer: { class_name: "Dense", config: { units: 2 } } }, "c"], r: ["GlobalAveragePooling1D", {}, "t"] }],
  ])("of %s are the same, and are written", async (_, layers) => {
    const model = masked(layers);
    const { cajal, theirs, weights } = await both(model, tokens);
    expect(theirs).toEqual(cajal.map((value) => expect.closeTo(value, 4) as number));
    expect(encodeModel({ model, weights }, { format: "tfjs" }).size).toBeGreaterThan(0);
  }); // prettier-ignore
});

test.each<[string, readonly object[]]>([
  ["a recurrent layer", [lstm({ return_sequences: true })]],
  ["a softmax", [{ class_name: "Conv1D", config: { filters: 2, kernel_size: 1 } }, { class_name: "Softmax", config: {} }]],
])("%s before a mask is made is computed alike, and is written", async (_, before) => {
  const x = { class_name: "InputLayer", config: { name: "x", batch_input_shape: [null, 3, 2] } };
  const layers = [x, ...before, { class_name: "Masking", config: { mask_value: 0.5 } }, lstm()];
  const model = readKeras({ class_name: "Sequential", config: { name: "later", layers } });
  const { cajal, theirs, weights } = await both(model, numbers([3, 2]));
  expect(theirs).toEqual(cajal.map((value) => expect.closeTo(value, 4) as number));
  expect(encodeModel({ model, weights }, { format: "tfjs" }).size).toBeGreaterThan(0);
}); // prettier-ignore

test("a regularizer L2 is one that TF.js knows", async () => {
  const kernel_regularizer = { class_name: "L2", config: { l2: 0.25 } };
  const model = modelOf([3], "Dense", { units: 2, kernel_regularizer });
  const files = encodeModel({ model, weights: initialize(model, { seed: 5 }) }, { format: "tfjs" });
  const json = JSON.parse(
    new TextDecoder().decode(files.get("model.json")),
  ) as tf.io.ModelArtifacts;
  const loaded = await tfl.loadLayersModel(
    tf.io.fromMemory({ modelTopology: json.modelTopology as object }),
  );
  const kernel = tf.tensor2d([1, 2, 0, 0, 0, 2], [3, 2]);
  // 0.25 (1 + 4 + 4)
  const { kernelRegularizer } = loaded.getLayer("layer") as unknown as { kernelRegularizer: { apply(x: tf.Tensor): tf.Scalar } }; // prettier-ignore
  expect(kernelRegularizer.apply(kernel).dataSync()[0]).toBeCloseTo(2.25, 5);
});

/** A model as TF.js loads it from what is written. */
function load(files: ReadonlyMap<string, Uint8Array>) {
  const [json, ...shards] = [...files.values()];
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(json)) as {
    modelTopology: object;
    weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
  };
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
  return tfl.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
}

test("TF.js loads an Embedding with its default initializer, and both directions that Keras 3 named", async () => {
  const inner = { class_name: "LSTM", config: { name: "forward_lstm", units: 2, recurrent_initializer: "zeros" } };
  const both = { class_name: "Bidirectional", config: { name: "both", layer: inner } };
  const embedding = { class_name: "Embedding", config: { name: "e", input_dim: 7, output_dim: 4, batch_input_shape: [null, 5] } };
  const model = readKeras({ class_name: "Sequential", config: { name: "text", layers: [embedding, both] } });
  const weights = initialize(model, { seed: 5 });
  const loaded = await load(encodeModel({ model, weights }, { format: "tfjs" }));
  const kernel = loaded.getLayer("both").getWeights()[0]!;
  expect([...kernel.dataSync()]).toEqual([...weights.get("both/forward_lstm/lstm_cell/kernel")!.data]);
}); // prettier-ignore

test.each(["Ünï1", "a space", "_u2"])('the name "%s" of a layer without weights is refused as TF.js does', async (name) => {
  const layers = [
    { class_name: "Dropout", config: { rate: 0.5, name: "first", batch_input_shape: [null, 2] } },
    { class_name: "Dropout", config: { rate: 0.5, name } },
  ];
  const model = readKeras({ class_name: "Sequential", config: { name: "named", layers } });
  await expect(tfl.models.modelFromJSON(JSON.parse(JSON.stringify(toKerasJson(model))) as never)).rejects.toThrow(/name/);
  expect(() => encodeModel({ model, weights: new Map() }, { format: "tfjs" })).toThrow(/Latin letters/);
}); // prettier-ignore
