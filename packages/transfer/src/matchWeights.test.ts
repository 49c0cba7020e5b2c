// Weights whose names are not quite those of the model, or not at all.
import { isCajalError, tensor, type Tensor } from "@cajal/core";
import { encodeNpz, encodeSafetensors } from "@cajal/files";
import { functional, resolve, weightSpecs, type ModelConfig } from "@cajal/models";
import { describe, expect, it } from "vitest";
import { legacyOrder } from "./matchWeights";
import { readWeights } from "./readModel";

/** Twelve square layers without biases, "dense" to "dense_11", in a model called "net"; or one with all its weights. */
const deep = (): ModelConfig => {
  const net = functional("net");
  const x = net.input([2]);
  let y = x;
  for (let i = 0; i < 12; i++)
    y = net.layer("Dense", { units: 2, use_bias: false, name: i > 0 ? `dense_${i}` : "dense" }, y);
  return net.model(x, y);
};
const single = (className: "BatchNormalization" | "LayerNormalization"): ModelConfig => {
  const net = functional("net");
  const x = net.input([2]);
  return net.model(x, net.layer(className, { name: "norm" }, x));
};

/** The model's weights, each filled with its number, under names of the file's own. */
const named = (model: ModelConfig, name: (key: string, i: number) => string) =>
  weightSpecs(model).map(({ key, shape }, i): [string, Tensor] => [
    name(key, i),
    tensor("float32", shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(i)),
  ]);
/** As Python's library writes a file: sorted by name. */
const safetensors = (all: readonly (readonly [string, Tensor])[]) =>
  encodeSafetensors({ tensors: new Map(all.toSorted(([a], [b]) => (a < b ? -1 : 1))), metadata: {} }); // prettier-ignore
const npz = (all: readonly (readonly [string, Tensor])[]) => encodeNpz(new Map(all));

describe.each([
  ["twelve layers", deep()],
  ["a normalization", single("BatchNormalization")],
])("of %s", (_, model) => {
  it.each<[string, (key: string, i: number) => string, typeof npz]>([
    ["the model's name before each", (key) => `net/${key}`, safetensors],
    ["two names before each", (key) => `outer/net/${key}`, npz],
    ["numbers of outputs after each", (key) => `${key}:0`, safetensors],
    ["numbers alone, in the model's order", (_, i) => `arr_${i}`, npz],
  ])("finds %s", async (_, name, encode) => {
    const weights = await readWeights(encode(named(model, name)), model);
    const found = weightSpecs(model).map(({ key }) => weights.get(key)!.data[0]);
    expect(found).toEqual(weightSpecs(model).map((_, i) => i));
  });
});

it.each<[string, ModelConfig, (key: string, i: number) => string, typeof npz, RegExp]>([
  ["other layers, sorted", deep(), (key) => `x.${key.replace("/", ".")}`, safetensors, /alphabetical order/],
  ["other weights of a layer, sorted", single("LayerNormalization"), (_, i) => `norm/${["scale", "bias"][i]}`, safetensors, /alphabetical order/],
  ["PyTorch's kernels, square", deep(), (_, i) => `${i}.weight`, npz, /0\.weight \[2,2\] fits "dense\/kernel".*PyTorch's/],
])("refuses %s, whose order or shapes do not tell what they are", async (_, model, name, encode, message) => {
  const error: unknown = await readWeights(encode(named(model, name)), model).catch((error: unknown) => error);
  expect(isCajalError(error) && `${error.code}: ${error.message}`).toMatch(message);
}); // prettier-ignore

it("refuses names that lie in the order of their types, and are sorted within each", async () => {
  const net = functional("net");
  const x = net.input([2]);
  const y = net.layer("BatchNormalization", { name: "norm" }, x);
  const model = net.model(x, net.layer("Dense", { name: "a", units: 3 }, y));
  const tensors = new Map<string, Tensor>(["bias", "mean", "var", "weight"].map((name) => [`norm/${name}`, tensor("float32", [2])])); // prettier-ignore
  tensors.set("a/bias", tensor("float16", [3])).set("a/kernel", tensor("float16", [2, 3]));
  const file = encodeSafetensors({ tensors, metadata: {} });
  await expect(readWeights(file, model)).rejects.toThrow(/alphabetical order/);
});

const layersOf = (inputs: readonly number[], ...layers: readonly (readonly [string, object])[]) => {
  const net = functional("net");
  const x = net.input(inputs);
  return net.model(x, layers.reduce((y, [name, config]) => net.layer(name as "Dense", config as { units: number }, y), x)); // prettier-ignore
};
it.each<[string, ModelConfig, readonly string[], RegExp]>([
  ["beside an embedding, which lies alike in both", layersOf([4], ["Embedding", { input_dim: 3, output_dim: 2, name: "e" }], ["Dense", { units: 2, name: "d" }]), ["emb.weight", "fc.weight", "fc.bias"], /fc\.weight \[2,2\] fits "d\/kernel" either way/],
  ["of recurrent layers", layersOf([4, 2], ["SimpleRNN", { units: 2, use_bias: false, name: "r" }]), ["rnn.weight_ih_l0", "rnn.weight_hh_l0"], /rnn\.weight_ih_l0 \[2,2\] fits/],
  ["under names with slashes", layersOf([2], ["Dense", { units: 2, name: "fc" }]), ["fc/weight", "fc/bias"], /fc\/weight \[2,2\] fits/],
])("refuses PyTorch's square kernels %s", async (_, model, names, message) => {
  const file = npz(named(model, (_, i) => names[i]!));
  await expect(readWeights(file, model)).rejects.toMatchObject({ code: "bad-file", message: expect.stringMatching(message) });
}); // prettier-ignore

it.each<[string, ModelConfig, readonly string[], RegExp]>([
  ["a layer normalization of Flax", single("LayerNormalization"), ["LayerNorm_0/bias", "LayerNorm_0/scale"], /"LayerNorm_0\/bias" lies where "norm\/gamma"/],
  ["a normalization under its layer's name", single("BatchNormalization"), ["norm/bias", "norm/running_mean", "norm/running_var", "norm/weight"], /"norm\/bias" lies where "norm\/gamma"/],
  ["means and variances", single("BatchNormalization"), ["bn.weight", "bn.bias", "bn.running_var", "bn.running_mean"], /"bn.running_var" lies where "norm\/moving_mean"/],
])("refuses what lies in an order that is not the model's: %s", async (_, model, names, message) => {
  const file = npz(named(model, (_, i) => names[i]!));
  await expect(readWeights(file, model)).rejects.toMatchObject({ code: "bad-file", message: expect.stringMatching(message) });
}); // prettier-ignore

const two = [
  ["Dense", { units: 3, name: "d" }],
  ["BatchNormalization", { name: "n" }],
] as const;
it.each<[string, ModelConfig, readonly (readonly [string, readonly number[]])[], typeof npz]>([
  ["with counts of batches", layersOf([2], ...two), [["0.weight", [3, 2]], ["0.bias", [3]], ["1.weight", [3]], ["1.bias", [3]], ["1.running_mean", [3]], ["1.running_var", [3]], ["1.num_batches_tracked", []]], npz],
  ["as Python's safetensors sorts them", layersOf([2], two[0]), [["0.weight", [3, 2]], ["0.bias", [3]]], safetensors],
  ["in the model's order", layersOf([2], two[0]), [["0.weight", [3, 2]], ["0.bias", [3]]], npz],
  ["in another", layersOf([2], two[0]), [["0.bias", [3]], ["0.weight", [3, 2]]], npz],
])("says of PyTorch's state dicts, %s, what to do with them", async (_, model, stored, encode) => {
  const file = encode(stored.map(([name, shape]) => [name, tensor("float32", shape)]));
  await expect(readWeights(file, model)).rejects.toThrow(/export the model to ONNX.*transpose the kernels.*leave num_batches_tracked out/);
}); // prettier-ignore

it("takes PyTorch's normalization in its own order", async () => {
  const model = single("BatchNormalization");
  const names = ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"];
  const weights = await readWeights(npz(named(model, (_, i) => names[i]!)), model);
  expect([...weights.values()].map(({ data }) => data[0])).toEqual([0, 1, 2, 3]);
});

// `weight_names` of the .h5 that Keras 3.15.1 writes.
it.each([
  [true, ["dense/kernel", "dense/bias", "vector_u"]],
  [false, ["dense/kernel", "vector_u", "dense/bias"]],
])(
  "lists the weights of a layer and of the one within it as Keras does, trainable %s",
  (trainable, names) => {
    const net = functional("net");
    const x = net.input([2]);
    const layer = { class_name: "Dense", config: { name: "dense", units: 2 } };
    const model = net.model(
      x,
      net.layer("SpectralNormalization", { name: "sn", layer, trainable }, x),
    );
    expect(legacyOrder(resolve(model).layers[1]!).map(({ key }) => key)).toEqual(
      names.map((name) => `sn/${name}`),
    );
  },
);
