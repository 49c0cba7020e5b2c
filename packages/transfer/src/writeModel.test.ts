import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCajalError, sizeOf, tensor, type Tensor, type Weights } from "@cajal/core";
import { bytesSource, encodeZip, openZip } from "@cajal/files";
import {
  functional,
  readKeras,
  resolve,
  summary,
  toKerasJson,
  toOnnx,
  weightSpecs,
} from "@cajal/models";
import { decodeModel } from "@cajal/onnx";
import { initialize, open } from "@cajal/runtime";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import type { ReadModel } from "./formats/format";
import { spelledOut } from "./optimizer/trainingConfig";
import { readModel, readWeights } from "./readModel";
import { encodeModel, writeModel, type ModelToWrite, type WriteFormat } from "./writeModel";

const whole: readonly WriteFormat[] = ["keras", "h5", "tfjs", "safetensors"];
const weightsAlone: readonly WriteFormat[] = ["weights.h5", "npz", "safetensors"];

/** A model by what a reader must find again. */
const shape = ({ model, weights }: Pick<ReadModel, "model" | "weights">) => ({
  size: summary(model).totalParams,
  specs: weightSpecs(model),
  inputs: resolve(model).inputs.map(({ from }) => from),
  outputs: resolve(model).outputNames,
  weights,
});

const refusals = ["unknown-name", "unsupported", "unknown-option", "bad-model", "bad-argument"];
const readable = (path: string) =>
  readModel(path, { optimizer: true }).catch((error: unknown) => {
    if (!isCajalError(error) || !refusals.includes(error.code)) throw error;
  });

/** The same where "/" and "_" are one: Keras 3 has no slashes in layers' names. */
const levelled = (all: ReturnType<typeof shape>) => {
  const level = (name: string) => name.replaceAll("/", "_");
  return {
    ...all,
    specs: all.specs.map((spec) => ({ ...spec, key: level(spec.key) })),
    inputs: all.inputs.map(level),
    outputs: all.outputs.map(level),
    weights: new Map([...all.weights].map(([key, value]) => [level(key), value])),
  };
};

/** The same by the regularizer that TF.js has for L1, L2 and both. */
const regularized = (all: ReturnType<typeof shape>) => ({
  ...all,
  specs: all.specs.map(({ regularizer, ...spec }) => ({
    ...spec,
    regularizer:
      typeof regularizer === "object" && regularizer && /^L[12]$/.test(regularizer.class_name)
        ? { class_name: "L1L2", config: { l1: 0, l2: 0, ...regularizer.config } }
        : regularizer,
  })),
});

async function checkRoundTrips(read: ModelToWrite & { weights: ReadModel["weights"] }) {
  for (const format of whole) {
    const files = await refusable(() => encodeModel(read, { format }));
    if (!files) continue;
    const back = await readModel(new Map(files));
    const like = { h5: levelled, keras: levelled, tfjs: regularized }[format as string];
    const form = (one: ReadModel) => like?.(shape(one)) ?? shape(one);
    expect(form(back), format).toEqual(form(read as ReadModel));
    if (format === "keras")
      expect(back.model.config.layers.filter(({ name }) => name.includes("/"))).toEqual([]);
  }
  for (const format of weightsAlone) {
    const files = await refusable(() => encodeModel(read, { format }));
    if (!files) continue;
    const [bytes] = files.values();
    expect(await readWeights(bytes!, read.model as ReadModel["model"]), format).toEqual(
      read.weights,
    );
  }
}

/** TF.js cannot hold two layers of one name, nor average by a mask; Keras 3 has not the hard_sigmoid of Keras 2. */
async function refusable<T>(work: () => T): Promise<T | undefined> {
  try {
    return work();
  } catch (error) {
    if (!isCajalError(error, "unsupported")) throw error;
    expect(error.message).toMatch(
      /is the name of two|Latin letters|no hard_sigmoid as Keras 2|by a mask|channels are not last|Write the model as (ONNX|\.keras)/,
    );
    return undefined;
  }
}

for (const folder of ["keras", "old"])
  describeWithShared(
    `models of reference/files/${folder}, written`,
    `reference/files/${folder}`,
    (path) => {
      const files = readdirSync(path).filter((name) => /(?<!weights)\.(keras|h5)$/.test(name));
      it.each(files)("%s in every format, and back, bit for bit", async (name) => {
        const read = await readable(`${path}/${name}`);
        if (read) await checkRoundTrips(read);
      });
    },
  );

describeWithShared("the optimizer's state", "reference/files/keras", (path) => {
  const cases = JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as {
    cases: { case: string; optimizer?: { class: string; variables: [string, number[]][] } }[];
  };
  const compiled = cases.cases.filter(
    // A scaled loss has an optimizer within one, and is read without its state.
    ({ optimizer, case: name }) => optimizer && !/mixed_float16/.test(name),
  );
  it.each(compiled)(
    "of $case is that of both files, and survives",
    async ({ case: name, optimizer }) => {
      const read = await readable(`${path}/${name}.keras`);
      if (!read) return;
      expect(read.optimizerState?.size).toBe(optimizer!.variables.length);
      const legacy = await readModel(`${path}/${name}.h5`, { optimizer: true });
      expect(legacy.optimizerState).toEqual(read.optimizerState);
      for (const format of ["keras", "h5"] as const) {
        const back = await readModel(new Map(encodeModel(read, { format })), { optimizer: true });
        expect(back.optimizerState, format).toEqual(read.optimizerState);
        expect(back.trainingConfig, format).toMatchObject({
          loss: spelledOut(read.trainingConfig!.loss),
        });
      }
    },
  );
  it("is left out unless it is asked for", async () => {
    const { optimizerState } = await readModel(`${path}/seq_cnn_adam.keras`);
    expect(optimizerState).toBeUndefined();
  });
});

const load = (files: ReadonlyMap<string, Uint8Array>) => {
  const [json, ...shards] = [...files.values()];
  const { modelTopology, weightsManifest, trainingConfig } = JSON.parse(
    new TextDecoder().decode(json),
  ) as {
    modelTopology: object;
    weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
    trainingConfig?: tf.io.TrainingConfig;
  };
  return tfl.loadLayersModel({
    load: async () => ({
      modelTopology,
      weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
      weightData: new Uint8Array(Buffer.concat(shards)).buffer,
      ...(trainingConfig && { trainingConfig }),
    }),
  });
};

/**
 * With layers that TF.js has not: a GRU that resets after, Subtract, BatchNormalization of five axes,
 * GroupNormalization, attention, transposed convolutions of sequences, some activations, AlphaDropout, preprocessing.
 */
const notInTfjs =
  /rnn_|time_distributed_model|shared_layers|convlstm|residual_concat|attention|conv_zoo|activation_zoo|regularized|integer_lookup|preprocessing/;

describeWithShared("TF.js", "reference/files/keras", (path) => {
  beforeAll(() => tf.setBackend("cpu"));
  const names = readdirSync(path)
    .filter((name) => name.endsWith(".keras"))
    .map((name) => name.replace(".keras", ""));
  it.each(names)("loads %s as we write it, and computes the same", async (name) => {
    const read = await readable(`${path}/${name}.keras`);
    if (!read || notInTfjs.test(name)) return;
    const files = await refusable(() => encodeModel(read, { format: "tfjs" }));
    if (!files || name === "float64_model") return; // inputs that TF.js has not
    const model = await load(files);
    await using session = await open(read.model, read.weights);
    const inputs = session.inputs.map(({ name: input, shape, dtype }) => {
      const fixed = shape!.map((extent) => (typeof extent === "number" ? extent : 2));
      const data = Array.from({ length: sizeOf(fixed) }, (_, i) =>
        dtype === "float32" ? Math.sin(i) : i % 5,
      );
      return [input, tensor(dtype as "float32", fixed, data)] as const;
    });
    const expected = Object.values(await session.run(Object.fromEntries(inputs)));
    const given = inputs.map(([, { data, shape }]) => tf.tensor(data as Float32Array, [...shape]));
    const got = [model.predict(given.length === 1 ? given[0]! : given)].flat() as tf.Tensor[];
    for (const [i, { data }] of expected.entries())
      for (const [j, value] of (await got[i]!.data()).entries())
        expect(Math.abs(value - Number(data[j]))).toBeLessThan(1e-4);
  });

  it("refuses to write masks that TF.js would not honour", async () => {
    const read = await readModel(`${path}/masked_mean.keras`);
    expect(() => encodeModel(read, { format: "tfjs" })).toThrow(/"mean".*by a mask/);
  });

  it("goes on training from the optimizer's state, as Keras would", async () => {
    const read = await readModel(`${path}/seq_cnn_adam.keras`, { optimizer: true });
    const model = await load(encodeModel(read, { format: "tfjs" }));
    const state = read.optimizerState!;
    const variables = await (model.optimizer as tf.Optimizer).getWeights();
    expect((await variables[0]!.tensor.data())[0]).toBe(Number(state.get("iteration")!.data[0]));
    const trained = weightSpecs(read.model).filter(({ trainable }) => trainable);
    const slots = ["momentum", "velocity"].flatMap((slot) =>
      trained.map(({ key }) => state.get(`${key}/${slot}`)!),
    );
    for (const [i, { data }] of slots.entries())
      expect(await variables[i + 1]!.tensor.data()).toEqual(data);
    const x = tf.tensor(
      Float32Array.from({ length: 288 }, (_, i) => Math.cos(i)),
      [2, 12, 12, 1],
    );
    const kernel = () => model.layers[1]!.getWeights()[0]!.data();
    const before = await kernel();
    await model.fit(x, tf.ones([2, 5]), { epochs: 1 });
    expect(await kernel()).not.toEqual(before);
    expect(model.loss).toBe("meanSquaredError");
  });
});

// Keras' order of such a layer's weights is not that in which files have those of a nested model.
it("comes back from TF.js' form by its weights' names, in nested models too", async () => {
  const norm = (name: string) => ({
    class_name: "BatchNormalization",
    config: { name, batch_input_shape: [null, 4] },
  });
  const steps = {
    class_name: "Sequential",
    config: { name: "steps", layers: [norm("b1"), norm("b2")] },
  };
  const sub = functional("sub");
  const y = sub.input([3, 4]);
  const each = sub.layer("TimeDistributed", { name: "each", layer: steps }, y);
  const layer = { class_name: "Dense", config: { name: "dense", units: 3 } };
  const inner = sub.model([y], [sub.layer("SpectralNormalization", { name: "sn", layer }, each)]);
  const input = {
    class_name: "InputLayer",
    config: { batch_input_shape: [null, 3, 4], name: "x" },
  };
  const model = readKeras({
    class_name: "Sequential",
    config: { name: "outer", layers: [input, inner] },
  });
  const specs = weightSpecs(model);
  const weights = new Map(specs.map(({ key, shape }, i) => [key, tensor("float32", shape, new Float32Array(sizeOf(shape)).fill(i))])); // prettier-ignore
  const read = await readModel(new Map(encodeModel({ model, weights }, { format: "tfjs" })));
  expect(specs).toHaveLength(11);
  expect(read.weights).toEqual(weights);
});

describe("a small model", () => {
  const net = functional("small");
  const x = net.input([4]);
  const model = net.model(
    [x],
    [net.layer("Dense", { units: 3, activation: "softmax", name: "out" }, x)],
  );
  const weights = initialize(model, { seed: 1 });
  const labels = ["a", "b", "ç"];
  const trainingConfig = {
    loss: "mse",
    optimizer: { class_name: "SGD", config: { learning_rate: 0.1, momentum: 0.9 } },
  };
  const optimizerState = new Map<string, Tensor>([
    ["iteration", tensor("int64", [], [5])],
    ["out/kernel/momentum", tensor("float32", [4, 3], Float32Array.from({ length: 12 }, Math.sin))],
    ["out/bias/momentum", tensor("float32", [3], [1, 2, 3])],
  ]);
  const content: ModelToWrite = { model, weights, labels };
  const code = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return isCajalError(error) ? `${error.code}: ${error.message}` : error;
    }
    return undefined;
  };

  it.each(whole)("keeps its labels in %s", async (format) => {
    const read = await readModel(new Map(encodeModel(content, { format })));
    expect(read.labels).toEqual(labels);
  });

  it("becomes ONNX with its labels", () => {
    const [bytes] = encodeModel(content, { format: "onnx" }).values();
    const graph = decodeModel(bytes!);
    expect(graph.graph.outputs.map(({ name }) => name)).toEqual(["out"]);
    expect(graph.metadata.get("labels")).toBe(JSON.stringify(labels));
  });

  it("is written where it is asked to, by the name's ending, shards beside", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cajal-write-"));
    try {
      for (const name of ["m.keras", "m.h5", "m.safetensors", "web/model.json"]) {
        await writeModel(join(folder, name), content);
        expect((await readModel(join(folder, name))).weights).toEqual(weights);
      }
      await writeModel(join(folder, "m.weights.h5"), content);
      await writeModel(join(folder, "m.npz"), content);
      await writeModel(join(folder, "kept"), content, { format: "h5" });
      expect(await readWeights(join(folder, "m.weights.h5"), model)).toEqual(weights);
      expect(readdirSync(folder).toSorted()).toEqual([
        "kept",
        "m.h5",
        "m.keras",
        "m.npz",
        "m.safetensors",
        "m.weights.h5",
        "web",
      ]);
      expect(readdirSync(join(folder, "web")).toSorted()).toEqual([
        "group1-shard1of1.bin",
        "model.json",
      ]);
      await expect(writeModel(join(folder, "m.txt"), content)).rejects.toThrow(/ending/);
      expect(existsSync(join(folder, "m.txt"))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("keeps numbers that JSON has not, and reads them as Python writes them", async () => {
    const net = functional("bins");
    const x = net.input([3]);
    const bin_boundaries = [-Infinity, 0, 1, Infinity];
    const model = net.model(x, net.layer("Discretization", { bin_boundaries, name: "bins" }, x));
    const boundariesOf = ({ model }: Pick<ReadModel, "model">) =>
      model.config.layers.find(({ name }) => name === "bins")!.config.bin_boundaries;
    for (const format of whole) {
      const files = encodeModel({ model, weights: new Map() }, { format });
      expect(boundariesOf(await readModel(files)), format).toEqual(bin_boundaries);
    }
    const [written] = encodeModel({ model, weights: new Map() }, { format: "keras" }).values();
    const members = new Map<string, Uint8Array>();
    for (const [name, entry] of await openZip(bytesSource(written!)))
      members.set(name, await entry.read());
    const text = new TextDecoder().decode(members.get("config.json")).replaceAll("1e999", "Infinity"); // prettier-ignore
    members.set("config.json", new TextEncoder().encode(text));
    expect(text).toContain("-Infinity");
    expect(boundariesOf(await readModel(encodeZip(members)))).toEqual(bin_boundaries);
  });

  it("goes to TF.js in shards of 4 MB", async () => {
    const net = functional("large");
    const x = net.input([1500]);
    const model = net.model([x], [net.layer("Dense", { units: 1000, name: "out" }, x)]);
    const weights = initialize(model, { seed: 2 });
    const files = encodeModel({ model, weights }, { format: "tfjs", name: "net.json" });
    expect([...files.keys()]).toEqual(["net.json", "net-shard1of2.bin", "net-shard2of2.bin"]);
    const read = await readModel(new Map(files));
    const bytes = (of: Weights) => Buffer.from(of.get("out/kernel")!.data.buffer);
    expect(bytes(read.weights).equals(bytes(weights))).toBe(true);
  });

  it("has whole numbers as Keras takes them, with a point", async () => {
    const config = { learning_rate: 1, momentum: 0 };
    const trainingConfig = { loss: "mean_squared_error", optimizer: { class_name: "SGD", config } };
    const { model, weights } = content;
    const [bytes] = encodeModel({ model, weights, trainingConfig }, { format: "h5" }).values();
    const text = new TextDecoder("latin1").decode(bytes);
    expect(text).toContain('"learning_rate":1.0,"momentum":0.0');
  });

  it("has its momentum divided by the learning rate in TF.js, which keeps it out", async () => {
    const files = encodeModel({ ...content, trainingConfig, optimizerState }, { format: "tfjs" });
    const { optimizer } = await load(files);
    const [steps, kernel] = await (optimizer as tf.Optimizer).getWeights();
    expect(Number((await steps!.tensor.data())[0])).toBe(5);
    const expected = (optimizerState.get("out/kernel/momentum")!.data as Float32Array).map(
      (m) => -m / 0.1,
    );
    expect(await kernel!.tensor.data()).toEqual(expected);
  });

  it("says why a state is not read, where it is asked for", async () => {
    const files = new Map(encodeModel({ ...content, trainingConfig, optimizerState }, { format: "tfjs" })); // prettier-ignore
    const json = new TextDecoder().decode(files.get("model.json"));
    const as = (change: (text: string) => string) => new Map(files).set("model.json", new TextEncoder().encode(change(json))); // prettier-ignore
    const read = await readModel(as((text) => text.replace('"class_name":"Momentum"', '"class_name":"Adafactor"')), { optimizer: true }); // prettier-ignore
    expect(read.optimizerState).toBeUndefined();
    expect(read.unreadOptimizerState).toMatch(
      /^the state of Adafactor is not known here; known: SGD, Adam, /,
    );
    const other = await readModel(as((text) => text.replace('"class_name":"Momentum"', '"class_name":"Adam"')), { optimizer: true }); // prettier-ignore
    expect(other.unreadOptimizerState).toMatch(
      /^the file's 3 variables .* are not those that Adam has/,
    );
    expect(await readModel(files)).not.toHaveProperty("unreadOptimizerState");
    expect(await readModel(files, { optimizer: true })).not.toHaveProperty("unreadOptimizerState");
  });

  it("says of a file that has a top more than the model, or less, what to do", async () => {
    const build = (top: boolean) => {
      const net = functional("net");
      const x = net.input([4]);
      const features = net.layer("Dense", { units: 3, name: "features" }, x);
      return net.model([x], [top ? net.layer("Dense", { units: 2, name: "top" }, features) : features]); // prettier-ignore
    };
    const [whole, base] = [build(true), build(false)];
    const file = (model: typeof whole) => new Map(encodeModel({ model, weights: initialize(model, { seed: 1 }) }, { format: "tfjs" })); // prettier-ignore
    await expect(readWeights(file(whole), base)).rejects.toThrow(/has 2 weights, the file 4: .*The file has top\/kernel and top\/bias besides, .*leave include_top out.*cutAt/); // prettier-ignore
    await expect(readWeights(file(base), whole)).rejects.toThrow(/has 4 weights, the file 2: .*none for "top", .*include_top: false/); // prettier-ignore
  });

  it("refuses what does not fit, before anything is written", () => {
    const encode = (change: Partial<Record<keyof ModelToWrite, unknown>>, format = "keras") =>
      code(() =>
        encodeModel({ ...content, ...change } as ModelToWrite, { format: format as "h5" }),
      );
    const without = new Map(weights);
    without.delete("out/bias");
    expect(encode({ weights: without })).toMatch(/bad-argument.*"out\/bias" is missing/);
    expect(encode({ weights: new Map([...weights, ["more", tensor("float32", [1])]]) })).toMatch(
      /bad-argument.*no weight "more"/,
    );
    expect(
      encode({ weights: new Map([...weights, ["out/bias", tensor("float32", [4])]]) }),
    ).toMatch(/bad-shape.*\[4\], expected \[3\]/);
    expect(encode({ weights: new Map([...weights, ["out/bias", tensor("int32", [3])]]) })).toMatch(
      /bad-argument.*int32, expected float32/,
    );
    expect(encode({}, "kerass")).toMatch(/unknown-name.*keras/);
    expect(encode({ optimizerState })).toMatch(/bad-argument.*without a trainingConfig/);
    const iterationAlone = new Map([["iteration", tensor("int64", [], [1])]]);
    expect(encode({ trainingConfig, optimizerState: iterationAlone })).toMatch(
      /bad-argument.*"out\/kernel\/momentum" is missing/,
    );
    const ftrl = { ...trainingConfig, optimizer: { class_name: "Adafactor", config: {} } };
    expect(encode({ trainingConfig: ftrl, optimizerState })).toMatch(/unsupported.*Adafactor/);
    for (const format of ["keras", "h5", "tfjs", "onnx", "safetensors"])
      for (const labels of ["abc", ["a", 2, "c"]])
        expect(encode({ labels }, format)).toMatch(/bad-argument.*as labels, expected an array of strings/); // prettier-ignore
    const graph = { model: toOnnx(model, weights), labels: "abc" };
    expect(encode(graph, "onnx")).toMatch(/bad-argument.*as labels/);
    expect(encode({ trainingConfig, optimizerState: 5 })).toMatch(/bad-argument.*expected a Map/);
    expect(encode({ trainingConfig: "adam" })).toMatch(/bad-argument.*expected an object/);
    expect(encode({ labels: null, trainingConfig: null, optimizerState: null })).toBeUndefined();
  });

  it("is JSON that says so", () => {
    const [bytes] = encodeModel(content, { format: "tfjs" }).values();
    const json = JSON.parse(new TextDecoder().decode(bytes)) as { modelTopology: object };
    expect(json.modelTopology).toMatchObject({ config: toKerasJson(model).config });
  });
});
