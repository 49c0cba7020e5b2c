import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { isCajalError, sizeOf, tensor, type DType, type Tensor } from "@cajal/core";
import { decodeNpy, encodeZip } from "@cajal/files";
import { encodeModelWithExternalData, GraphBuilder } from "@cajal/onnx";
import { open } from "@cajal/runtime";
import { describe, expect, it } from "vitest";
import { describeWithShared, shared } from "../../core/testing/shared";
import { bits, fnv1a, unit } from "../../models/testing/generated";
import type { ReadModel } from "./formats/format";
import { readModel, readWeights } from "./readModel";

interface Input {
  name: string;
  shape: number[];
  dtype: DType;
  formula: string;
}
interface Case {
  case: string;
  files?: Record<string, unknown>;
  inputs: Input[];
  output_names?: string[];
  outputs: { shape: number[]; data: number[] }[];
  weights?: [name: string, shape: number[], dtype: string, sha256: string][];
  tolerance: number;
  /** What full precision gives, where the model's policy is a lower one: Cajal computes in float32. */
  float32_output?: { shape: number[]; data: number[] }[];
  /** The case whose formula the inputs have. */
  inputsOf?: string;
  refuse?: string;
  expect?: string;
}

const casesOf = (path: string) =>
  (JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as { cases: Case[] }).cases;

/** Inputs by the formulas of the reference's README. */
function inputOf(name: string, { name: input, shape, dtype, formula }: Input): Tensor {
  const seed = fnv1a(`input/${name}/${input}`);
  const value = (i: number) => {
    if (formula === "r") return unit(seed, i);
    const modulus = /^u mod (\d+)$/.exec(formula)?.[1];
    if (modulus) return bits(seed, i) % Number(modulus);
    if (formula === "round((r + 1) * 127.5)") return Math.round((unit(seed, i) + 1) * 127.5);
    throw new Error(`unknown formula ${formula}`);
  };
  return tensor(
    dtype,
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
  );
}

/** Layers, options and operations that Cajal does not have yet: to be refused with such a code, never read wrongly. */
const refusals = ["unknown-name", "unsupported", "unknown-option", "bad-model", "bad-argument"];

async function check(path: string, one: Case, work: () => Promise<ReadModel>) {
  const read = await work().catch((error: unknown) => {
    if (!isCajalError(error) || !refusals.includes(error.code)) throw error;
    return error;
  });
  if (read instanceof Error) return read.message;
  // What a reader without Python could not do, in the eyes of the reference; their outputs are compared.
  if (!["IntegerLookup", "TFOpLambda"].includes(one.refuse ?? ""))
    expect(one.refuse, `${path} must be refused`).toBeUndefined();
  for (const [name, shape, dtype, sha256] of one.weights ?? []) {
    const key = name.replace(/:0$/, "");
    const weight = read.weights.get(key);
    if (!weight || dtype !== "float32") continue; // older names; float64 is rounded
    expect(weight.shape, key).toEqual(shape);
    expect(createHash("sha256").update(new Uint8Array(weight.data.buffer)).digest("hex"), key).toBe(
      sha256,
    );
  }
  for (const engine of ["onnx", "tfjs"] as const) {
    const why = await run(one, read, engine);
    if (why) return why;
  }
  return undefined;
}

/** What TF.js does not compute is refused, and only that. */
async function run(one: Case, read: ReadModel, engine: "onnx" | "tfjs") {
  const opened = await open(read.model, read.weights, { engine, device: "cpu" }).catch(
    (error: unknown) => {
      if (engine === "onnx" || !isCajalError(error) || error.code !== "unsupported") throw error;
      return error;
    },
  );
  if (opened instanceof Error) return `on tfjs: ${opened.message}`;
  await using session = opened;
  // In the order of the session's inputs.
  const inputs = session.inputs.map(({ name }) =>
    inputOf(
      one.inputsOf ?? one.case,
      one.inputs.find((input) => input.name === name) ?? one.inputs[0]!,
    ),
  );
  // As Keras' predict does, whole numbers become what the model's input is.
  const cast = (value: Tensor, to: string) =>
    to === "float32"
      ? tensor("float32", value.shape, Float32Array.from(value.data, Number))
      : value;
  const outputs = await session.run(
    Object.fromEntries(
      session.inputs.map(({ name, dtype }, i) => [name, cast(inputs[i]!, dtype)] as const),
    ),
  );
  // Names that are no layers' are keys of a dict, which Keras lists in the order of the keys.
  const names = one.output_names ?? [];
  const keys = names.every((name) => name in outputs) ? names : names.toSorted();
  const values = names.map((name) => Object.values(outputs)[keys.indexOf(name)]);
  if (names.length === 0) values.push(...Object.values(outputs));
  for (const [i, { data }] of (one.float32_output ?? one.outputs).entries())
    data.forEach((expected, j) =>
      expect(Math.abs(Number(values[i]!.data[j]) - expected), engine).toBeLessThan(
        Math.max(1e-4, one.tolerance),
      ),
    );
  return undefined;
}

/** File and message, without the list of what there is: this shrinks as layers are added. */
const classesOf = (refused: readonly string[]) =>
  refused.map((line) => line.replace(/ Known, nearest.*/s, "").slice(0, 160));

const refused: string[] = [];

describeWithShared("files of Keras 3", "reference/files/keras", (path) => {
  for (const one of casesOf(path))
    for (const form of Object.keys(one.files!).filter((form) => form !== "weights.h5"))
      it(`${one.case}.${form}`, async () => {
        const why = await check(one.case, one, () => readModel(`${path}/${one.case}.${form}`));
        if (why) refused.push(`${one.case}.${form}: ${why}`);
      });
  it("says what is refused", () => expect(classesOf(refused)).toMatchSnapshot());
});

describeWithShared("files of older Keras", "reference/files/old", (path) => {
  const refused: string[] = [];
  for (const one of casesOf(path))
    for (const file of Object.keys(one.files!).filter((file) => !file.endsWith("weights.h5")))
      it(file, async () => {
        const why = await check(file, one, () => readModel(`${path}/${file}`));
        if (why) refused.push(`${file}: ${why}`);
      });
  it("says what is refused", () => expect(classesOf(refused)).toMatchSnapshot());
});

describeWithShared("files of TF.js", "reference/files/tfjs", (path) => {
  for (const one of casesOf(path))
    it(one.case, async () => {
      const why = await check(
        one.case,
        {
          ...one,
          weights: [],
          inputsOf: one.case.replace(/_(converter|uint8|float16|(uint16_)?sharded)$/, ""),
        },
        () => readModel(`${path}/${one.case}/model.json`),
      );
      if (why) expect(one.refuse).toBe("graph-model");
    });
});

describeWithShared("weights alone", "reference/files/keras", (path) => {
  const both = casesOf(path).filter(({ files }) => "weights.h5" in files! && "keras" in files);
  it.each(both.map(({ case: name }) => name))(
    "%s.weights.h5 gives what the .keras file gives",
    async (name) => {
      const whole = await readModel(`${path}/${name}.keras`).catch((error: unknown) => {
        if (!isCajalError(error) || !refusals.includes(error.code)) throw error;
      });
      if (!whole) return;
      expect(await readWeights(`${path}/${name}.weights.h5`, whole.model)).toEqual(whole.weights);
      expect(await readWeights(`${path}/${name}.h5`, whole.model)).toEqual(whole.weights);
    },
  );
});

describeWithShared("broken files", "reference/files/broken", (path) => {
  const cases = JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as {
    cases: { file: string; expect: string }[];
  };
  // In shard_missing the shard is there; what it asks for is tried without a shard below.
  const models = cases.cases.filter(({ file }) => !/^npy\/|shard_missing/.test(file));
  it.each(models.map((one) => [one.file, one.expect] as const))(
    "%s: %s",
    async (file, expected) => {
      const error = await readModel(`${path}/${file}`).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (error !== undefined && !isCajalError(error)) throw error;
      if (!error)
        expect(expected).toMatch(/loads|the same model|at most one weight|a NaN is a value/);
      else expect(expected).toMatch(/error/);
    },
  );
});

it.each<[string, Uint8Array]>([
  ["of PyTorch today", encodeZip(new Map([["model/data.pkl", Uint8Array.of(0x80, 2, 0x2e)]]))],
  // torch.jit.save and torch.export.save of PyTorch 2.14 begin so.
  ["of TorchScript", encodeZip(new Map([["model/data/0", new Uint8Array(4)], ["model/data.pkl", Uint8Array.of(0x80, 2, 0x2e)]]))], // prettier-ignore
  ["of a program that PyTorch exported", encodeZip(new Map([["model/data/weights/weight_0", new Uint8Array(4)]]))], // prettier-ignore
  // torch.save(…, _use_new_zipfile_serialization=False) of PyTorch 2.13 begins so.
  ["of PyTorch before 1.6", Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20)],
])("says what to do with a file %s", async (_, bytes) => {
  const message =
    /pickled, as PyTorch .* export the model to ONNX .*, or write .* safetensors\.torch\.save_file/;
  await expect(readModel(bytes)).rejects.toThrow(message);
});

it("tells TensorFlow's SavedModel from ONNX", async () => {
  // The first bytes of saved_model.pb of TensorFlow 2.21; then a graph that is short enough to be counted in one byte.
  for (const bytes of ["080112d9aa010ad60e12a60e0a5e0a10", "080112040a020800"]) {
    const file = Uint8Array.from(bytes.match(/../g)!, (byte) => parseInt(byte, 16));
    for (const graphs of [false, true])
      await expect(readModel(file, { graphs } as { graphs: false })).rejects.toThrow(/it is a SavedModel of TensorFlow.*save the model it was made of as \.keras, or convert it to ONNX/); // prettier-ignore
  }
  // ONNX of the first version, by "pytorch".
  const onnx = Uint8Array.of(8, 1, 0x12, 7, ...new TextEncoder().encode("pytorch"));
  await expect(readModel(onnx)).rejects.toThrow(/it is an ONNX graph and no Keras model/);
});

it("names the file of a graph that is damaged", async () => {
  const files = new Map([["m.onnx", Uint8Array.of(8, 8, 0x3a, 9)]]);
  await expect(readModel(files, { graphs: true })).rejects.toMatchObject({
    code: "bad-file",
    message: expect.stringMatching(/^m\.onnx: not a well-formed ONNX file/),
    facts: expect.objectContaining({ file: "m.onnx" }),
  });
});

describe("an ONNX graph whose weights lie in other files, as PyTorch exports it", () => {
  const g = new GraphBuilder();
  const square = (value: number) => tensor("float32", [32, 32], new Float32Array(1024).fill(value));
  const product = g.matMul(g.input("x", "float32", [1, 32]), g.initializer("a", square(0.5)));
  g.output(g.matMul(product, g.initializer("b", square(2))), "y");
  const graph = g.build();
  const { model, data } = encodeModelWithExternalData(graph, { location: "./x/w.data" }); // prettier-ignore
  const [bytes, weights] = [model, data].map((parts) => new Uint8Array(Buffer.concat([...parts]))) as [Uint8Array, Uint8Array]; // prettier-ignore

  it("is read with them: given by name, or beside it", async () => {
    const files = new Map([["m/model.onnx", bytes], ["m/x/w.data", weights]]); // prettier-ignore
    const read = await readModel(files, { graphs: true });
    expect(read).toMatchObject({ format: "ONNX", model: graph });
    expect([...read.weights.keys()]).toEqual(["a", "b"]);
    const folder = mkdtempSync(join(tmpdir(), "cajal-graph-"));
    try {
      mkdirSync(join(folder, "x"));
      for (const [name, content] of files) writeFileSync(join(folder, name.slice(2)), content);
      const path = join(folder, "model.onnx");
      expect(await readModel(path, { graphs: true })).toMatchObject({ model: graph });
      writeFileSync(join(folder, "x/w.data"), weights.subarray(1));
      await expect(readModel(path, { graphs: true })).rejects.toMatchObject({
        code: "bad-file",
        message: expect.stringMatching(
          /model\.onnx: external data of "b" in "\.\/x\/w\.data".*the file has 8191/,
        ),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("alone is refused with what to give", async () => {
    await expect(readModel(bytes, { graphs: true })).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/"x\/w\.data" was not given.*a map of its files by name/),
    });
  });

  it("takes a file once, however its place is spelled: a small one gives no more memory than it has", async () => {
    const text = Buffer.from(bytes).toString("latin1");
    const second = text.lastIndexOf("./x/w.data");
    const respelled = `${text.slice(0, second)}${text.slice(second).replace("./x/w.data", "x///w.data")}`; // prettier-ignore
    const readAs = (file: string, content: Uint8Array) =>
      readModel(new Map([["model.onnx", Buffer.from(file, "latin1")], ["x/w.data", content]]), { graphs: true }); // prettier-ignore
    expect(await readAs(respelled, weights)).toMatchObject({ model: graph });
    // The second tensor begins in the first, and the file ends with it.
    const overlapping = respelled.replace("offset\x12\x044096", "offset\x12\x041024");
    await expect(readAs(overlapping, weights.subarray(0, 5120))).rejects.toThrow(/overlaps/);
  });
});

describe("addresses", () => {
  const dense = { class_name: "Dense", config: { name: "d", units: 1, use_bias: false, batch_input_shape: [null, 2] } }; // prettier-ignore
  const json = JSON.stringify({
    format: "layers-model",
    modelTopology: { class_name: "Sequential", config: { name: "m", layers: [dense] } },
    weightsManifest: [{ paths: ["w.bin"], weights: [{ name: "d/kernel", shape: [2, 1], dtype: "float32" }] }],
  }); // prettier-ignore

  it("asks for shards with the query of the model's address", async () => {
    const asked: string[] = [];
    const fetch = async (url: unknown) => {
      asked.push(String(url));
      return new Response(String(url).includes("w.bin") ? new Uint8Array(8) : json);
    };
    await readModel("https://example.org/m/model.json?token=1", { fetch: fetch as never });
    expect(asked[1]).toBe("https://example.org/m/w.bin?token=1");
  });

  it.each(["../w.bin", "w\0.bin", "%2e%2e/w.bin", ".\t./w.bin", " https://a.org/w.bin", "ht\ntps://a.org/w.bin", "\t//a.org/w.bin", "\t//["])(
    "asks for no shard at %j, which is outside of the model's folder",
    async (path) => {
      const asked: string[] = [];
      const fetch = async (url: unknown) => {
        asked.push(String(url));
        return new Response(json.replace('"w.bin"', () => JSON.stringify(path)));
      };
      const reading = readModel("https://example.org/m/model.json?token=1", { fetch: fetch as never });
      await expect(reading).rejects.toMatchObject({ code: "bad-file", message: expect.stringMatching(/leaves its folder/) });
      expect(asked).toHaveLength(1);
    },
  ); // prettier-ignore

  it.each([
    ["data, beside which nothing lies", `data:application/json,${encodeURIComponent(json)}`, "bad-file"],
    ["a file of another host", "file://host/model.h5", "bad-argument"],
    ["what is malformed", "file:%%", "bad-argument"],
  ])("refuses %s", async (_, address, code) => {
    const error: unknown = await readModel(address).catch((error: unknown) => error);
    expect(isCajalError(error) ? error.code : error).toBe(code);
  }); // prettier-ignore
});

describe("a manifest of TF.js that is none", () => {
  const dense = { class_name: "Dense", config: { name: "d", units: 1, batch_input_shape: [null, 2] } }; // prettier-ignore
  const group = {
    paths: ["w"],
    weights: [
      { name: "d/kernel", shape: [2, 1], dtype: "float32" },
      { name: "d/bias", shape: [1], dtype: "float32" },
    ],
  };
  it.each([
    ["a weight that is nothing", [{ paths: ["w"], weights: [null] }], /a weight has no name/],
    ["a weight twice", [group, group], /"d\/kernel" is there twice/],
    ["a group that is nothing", [null], /paths must be a list/],
  ])("%s", async (_, weightsManifest, message) => {
    const modelTopology = { class_name: "Sequential", config: { name: "m", layers: [dense] } };
    const json = JSON.stringify({ format: "layers-model", modelTopology, weightsManifest });
    const files = new Map([
      ["model.json", new TextEncoder().encode(json)],
      ["w", new Uint8Array(12)],
    ]);
    await expect(readModel(files)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(message),
    });
  });
});

describe("a quantized weight of TF.js that is of whole numbers", () => {
  const norm = { class_name: "Normalization", config: { name: "n", axis: [-1], batch_input_shape: [null, 1] } }; // prettier-ignore
  const read = (dtype: string, quantization: object) => {
    const count = { name: "n/count", shape: [], dtype, quantization };
    const numbers = ["mean", "variance"].map((name) => ({ name: `n/${name}`, shape: [1], dtype: "float32" })); // prettier-ignore
    const json = {
      format: "layers-model",
      modelTopology: { class_name: "Sequential", config: { name: "m", layers: [norm] } },
      weightsManifest: [{ paths: ["w"], weights: [...numbers, count] }],
    };
    const files = new Map([
      ["model.json", new TextEncoder().encode(JSON.stringify(json))],
      ["w", Uint8Array.from([0, 0, 128, 63, 0, 0, 128, 63, 3, 0].slice(0, "scale" in quantization ? 9 : 10))],
    ]);
    return readModel(files);
  }; // prettier-ignore

  it("is rounded, as TF.js does", async () => {
    const { weights } = await read("int32", { dtype: "uint8", scale: 2.3, min: 0.5 });
    expect(weights.get("n/count")!.data[0]).toBe(7);
  });

  it.each([
    ["int32", { dtype: "float16" }],
    ["bool", { dtype: "uint8", scale: 1, min: 0 }],
  ])("is refused as %s %o, which TF.js does not read", async (dtype, quantization) => {
    await expect(read(dtype, quantization)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/quantized to .*, expected float32, or int32/),
    });
  });
});

describeWithShared("a model without its shards", "reference/files/broken/tfjs", (path) => {
  it("names the shard that is missing", async () => {
    const bytes = new Uint8Array(readFileSync(`${path}/shard_missing/model.json`));
    const files = new Map([["model.json", bytes]]);
    for (const source of [bytes, files])
      await expect(readModel(source)).rejects.toThrow(/group1-shard1of1.bin/);
  });
});

const mnist = () => {
  const [size, count] = [784, 10];
  const raw = gunzipSync(readFileSync(shared("data/mnist/t10k-images-idx3-ubyte.gz")));
  return Float32Array.from(raw.subarray(16, 16 + size * count), (byte) => byte / 255);
};
const cifar = () => {
  const file = shared("data/cifar10/cifar-10-batches-bin/test_batch_first1000.bin");
  if (!existsSync(file)) return undefined;
  const records = readFileSync(file);
  const images = new Float32Array(10 * 3072);
  for (let n = 0; n < 10; n++)
    for (let i = 0; i < 3072; i++)
      images[n * 3072 + (i % 1024) * 3 + Math.floor(i / 1024)] = records[n * 3073 + 1 + i]! / 255;
  return images;
};

describeWithShared("real models of Keras 2.0.5 to 3.4.1", "data/real-models", (path) => {
  const expected = JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as Record<
    string,
    { input: string; output: number[] | number[][] }
  >;
  const engines = ["onnx", "tfjs"] as const;
  const models = Object.entries(expected)
    .filter(([file]) => /^(h5|keras)\//.test(file))
    // TF.js' own form of one of them.
    .flatMap(([file, one]) =>
      file.includes("isfood")
        ? [[file, one] as const, ["tfjs/isfood/model.json", one] as const]
        : [[file, one] as const],
    )
    .flatMap(([file, one]) => engines.map((engine) => [file, engine, one] as const));
  it.each(models)("%s on engine %s", async (file, engine, { input, output }) => {
    const { model, weights } = await readModel(`${path}/${file}`);
    await using session = await open(model, weights, { engine, device: "cpu" });
    const values = output.flat();
    const ramp = /ramp of shape \[(.*?)\]/.exec(input)?.[1]?.split(",").map(Number);
    const data = ramp
      ? Float32Array.from({ length: sizeOf(ramp) }, (_, k) => ((37 * k + 11) % 256) / 255)
      : input.startsWith("MNIST")
        ? mnist()
        : cifar();
    if (!data) return;
    // A model of a fixed batch is given its ten images and zeros.
    const [batch, ...image] = session.inputs[0]!.shape!;
    const shape = ramp ?? [typeof batch === "number" ? batch : 10, ...image.map(Number)];
    const x = tensor("float32", shape);
    x.data.set(data);
    const { data: got } = await session.predict(x);
    values.forEach((value, i) =>
      expect(Math.abs(Number(got[i]) - Number(value))).toBeLessThan(1e-4),
    );
  });
});

describeWithShared("other real files", "data/real-models", (path) => {
  it("reads the letters of TF.js, and computes alike on both engines", async () => {
    const { model, weights } = await readModel(`${path}/tfjs/emnist3/model.json`);
    await using onnx = await open(model, weights, { engine: "onnx", device: "cpu" });
    await using tfjs = await open(model, weights, { engine: "tfjs", device: "cpu" });
    const shape = onnx.inputs[0]!.shape!.map((extent) => (typeof extent === "number" ? extent : 2));
    const x = tensor("float32", shape, Array.from({ length: sizeOf(shape) }, (_, i) => ((37 * i + 11) % 256) / 255)); // prettier-ignore
    const [expected, got] = [await onnx.predict(x), await tfjs.predict(x)];
    got.data.forEach((value, i) =>
      expect(Math.abs(Number(value) - Number(expected.data[i]))).toBeLessThan(1e-4),
    );
  });

  it("reads the arrays of SqueezeNet", () => {
    const folder = `${path}/npy/squeezenet1.1_nchw/weights`;
    const arrays = readdirSync(folder).map((name) =>
      decodeNpy(new Uint8Array(readFileSync(`${folder}/${name}`)), name),
    );
    expect(arrays).toHaveLength(52);
    // https://arxiv.org/abs/1602.07360, as torchvision counts squeezenet1_1.
    expect(arrays.reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBe(1_235_496);
  });

  it("computes SqueezeNet of these arrays as its export does", async () => {
    const folder = `${path}/npy/squeezenet1.1_nchw`;
    const read = (name: string) => decodeNpy(new Uint8Array(readFileSync(`${folder}/${name}.npy`)));
    const weights = new Map<string, Tensor>();
    const layers: { class_name: string; name: string; config: object; inbound_nodes: unknown }[] =
      [];
    const layer = (class_name: string, config: object, ...from: string[]) => {
      const name = `${class_name}_${layers.length}`;
      layers.push({ class_name, name, config: { ...config, data_format: "channels_first" }, inbound_nodes: [from.map((x) => [x, 0, 0, {}])] }); // prettier-ignore
      return name;
    };
    let conv = 0;
    const convolution = (x: string, strides = 1, padding = "same") => {
      const kernel = read(`weights/squeezenet0_conv${conv}_weight`);
      const [o, i, height, width] = kernel.shape as [number, number, number, number];
      const name = layer("Conv2D", { filters: o, kernel_size: [height, width], strides, padding, activation: "relu" }, x); // prettier-ignore
      // [out, in, height, width] to Keras' [height, width, in, out]
      const data = Array.from({ length: sizeOf(kernel.shape) }, (_, at) => {
        const [out, into, column, row] = [at % o, Math.floor(at / o) % i, Math.floor(at / o / i) % width, Math.floor(at / o / i / width)]; // prettier-ignore
        return Number(kernel.data[((out * i + into) * height + row) * width + column]);
      });
      weights.set(`${name}/kernel`, tensor("float32", [height, width, i, o], data));
      weights.set(`${name}/bias`, read(`weights/squeezenet0_conv${conv++}_bias`));
      return name;
    };
    const pool = (x: string) => layer("MaxPooling2D", { pool_size: 3, strides: 2 }, x);
    const fire = (x: string) => {
      const squeezed = convolution(x);
      layers.push({ class_name: "Concatenate", name: `fire_${conv}`, config: { axis: 1 }, inbound_nodes: [[convolution(squeezed), convolution(squeezed)].map((from) => [from, 0, 0, {}])] }); // prettier-ignore
      return layers.at(-1)!.name;
    };
    layers.push({ class_name: "InputLayer", name: "x", config: { batch_input_shape: [null, 3, 224, 224] }, inbound_nodes: [] }); // prettier-ignore
    let y = pool(convolution("x", 2, "valid"));
    y = pool(fire(fire(y)));
    y = pool(fire(fire(y)));
    y = convolution(fire(fire(fire(fire(y)))));
    y = layer("GlobalAveragePooling2D", {}, y);
    const model = { class_name: "Functional", config: { name: "squeezenet", layers, input_layers: [["x", 0, 0]], output_layers: [[y, 0, 0]] } }; // prettier-ignore
    await using session = await open(JSON.stringify(model), weights);
    const got = await session.predict(read("test_data_set/0/input_0"));
    const expected = read("test_data_set/0/output_0");
    expect(conv).toBe(26);
    const worst = [...expected.data].reduce<number>((most, value, i) => Math.max(most, Math.abs(Number(value) - Number(got.data[i]))), 0); // prettier-ignore
    // Before softmax: in parts of the largest.
    const largest = Math.max(...Array.from(expected.data, Number));
    expect(worst / largest).toBeLessThan(1e-5);
  });
});

describeWithShared(
  "MobileNet 0.75, trained on ImageNet, from TF.js",
  "data/mobilenet_v1_0.75_224",
  (path) => {
    it("gives the probabilities of the reference", async () => {
      const { model, weights } = await readModel(`${path}/model.json`);
      const expected = decodeNpy(new Uint8Array(readFileSync(`${path}/reference/output_0.npy`)));
      const image = decodeNpy(new Uint8Array(readFileSync(`${path}/reference/input_0.npy`)));
      await using session = await open(model, weights);
      const scaled = Float32Array.from(image.data as Uint8Array, (pixel) => pixel / 127.5 - 1);
      const { data } = await session.predict(tensor("float32", image.shape, scaled));
      expected.data.forEach((value, i) =>
        expect(Math.abs(Number(data[i]) - Number(value))).toBeLessThan(1e-5),
      );
    });
  },
);

it.each([
  [
    new Response(""),
    "got a Response, expected a path, a URL, a Blob, bytes, or a map of files by name: await response.blob().",
  ],
  [Promise.resolve(), "got a promise (await it), expected"],
  [{ getFile: async () => new File([], "m.h5") }, "by name: await handle.getFile()."],
  [{ length: 1, item: () => null }, "by name: files[0]."],
  [new Map(), "got an empty map, expected"],
])("what is no file is refused with what would be one, %o", async (source, words) => {
  const refused = readModel(source as unknown as Blob);
  await expect(refused).rejects.toMatchObject({
    code: "bad-argument",
    message: expect.stringContaining(words),
  });
});
