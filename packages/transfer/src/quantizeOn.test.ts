// Smaller models compute nearly the same, and are as small as they should be.
import { readFileSync } from "node:fs";
import { isCajalError, random, sizeOf, tensor, type Tensor } from "@cajal/core";
import { functional, toOnnx } from "@cajal/models";
import {
  decodeModel,
  encodeModel,
  float16Weights,
  GraphBuilder,
  int8Weights,
  quantize,
  withRanges,
  type OnnxModel,
} from "@cajal/onnx";
import { open } from "@cajal/runtime";
import ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { generatedWeights } from "../../models/testing/generated";
import { quantizeOn } from "./quantizeOn";

const net = functional("small");
const image = net.input([12, 12, 3], { name: "image" });
let x = net.layer("Conv2D", { filters: 16, kernel_size: 3, padding: "same" }, image);
x = net.layer("ReLU", {}, x);
const kept = x;
x = net.layer("DepthwiseConv2D", { kernel_size: 5, padding: "same" }, x);
x = net.layer("Add", {}, [x, kept]);
x = net.layer("GlobalAveragePooling2D", {}, x);
const config = net.model(image, net.layer("Dense", { units: 24, name: "out" }, x));
const model = toOnnx(config, generatedWeights(config));
const images = (n: number): Tensor<"float32"> =>
  tensor("float32", [n, 12, 12, 3], Float32Array.from({ length: n * 432 }, (_, i) => Math.sin(i * i))); // prettier-ignore
const run = async (form: OnnxModel) => {
  // As a file has it.
  await using session = await open(decodeModel(encodeModel(form)));
  return (await session.predict(images(4))).data as Float32Array;
};
/** The largest difference, against the largest value. */
async function difference(form: OnnxModel): Promise<number> {
  const [expected, got] = [await run(model), await run(form)];
  const most = Math.max(...expected.map(Math.abs));
  return Math.max(...got.map((value, i) => Math.abs(value - expected[i]!))) / most;
}
const bytesIn = ({ graph }: OnnxModel) =>
  [...graph.initializers.values()].reduce((sum, { data }) => sum + (data as Uint8Array).byteLength, 0); // prettier-ignore

describe("weights alone", () => {
  it("as float16 lose 11 bits' worth, and half their size", async () => {
    const form = float16Weights(model);
    const lost = await difference(form);
    expect(lost).toBeLessThan(2e-3);
    expect(lost).toBeGreaterThan(0);
    expect(bytesIn(form) / bytesIn(model)).toBeLessThan(0.6);
  });

  it("as int8 lose some 1/127 of each channel, and three quarters", async () => {
    const form = int8Weights(model);
    expect(await difference(form)).toBeLessThan(2e-2);
    expect(bytesIn(form) / bytesIn(model)).toBeLessThan(0.45);
    const kernel = [...form.graph.initializers].find(([name]) => name.endsWith("/int8"))![1];
    expect(kernel.dtype).toBe("int8");
    expect(Math.max(...Array.from(kernel.data as Int8Array, Math.abs))).toBe(127);
  });

  it("keeps halves that are no rounding at all, the smallest and the largest", () => {
    const values = [1, -2, 65504, 1e6, 2 ** -24, 2 ** -25, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 0];
    // Ties go to even: 1 + 2⁻¹¹ down, 1 + 3·2⁻¹¹ up; 10⁶ is the largest.
    const bits = [0x3c00, 0xc000, 0x7bff, 0x7bff, 0x0001, 0x0000, 0x3c00, 0x3c02, 0];
    const weight = tensor("float32", [16, 16], Float32Array.from({ length: 256 }, (_, i) => values[i] ?? 0)); // prettier-ignore
    const form = float16Weights({
      ...model,
      graph: {
        ...model.graph,
        nodes: [{ op: "MatMul", domain: "", name: "m", inputs: ["x", "w"], outputs: ["y"], attributes: {} }], // prettier-ignore
        initializers: new Map([["w", weight]]),
        inputs: [{ name: "x", dtype: "float32", shape: [1, 16] }],
        outputs: [{ name: "y", dtype: "float32", shape: [1, 16] }],
        values: new Map(),
      },
    });
    expect(Array.from((form.graph.initializers.get("w/half")!.data as Uint16Array).subarray(0, 9))).toEqual(bits); // prettier-ignore
  });
});

describe("weights that are not finite", () => {
  const withWeight = (value: number) => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 16]);
    const data = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i));
    data[5] = value;
    g.output(g.matMul(x, g.initializer("w", tensor("float32", [16, 32], data))), "y");
    return g.build();
  };
  const ones = tensor("float32", [1, 16], new Float32Array(16).fill(1));

  it.each([NaN, Infinity, -Infinity])(
    "refuses %s as whole numbers, which has none",
    async (value) => {
      const message = `got ${value} in weight "w", at element 5, expected finite numbers`;
      expect(() => int8Weights(withWeight(value))).toThrow(message);
      await expect(quantizeOn(withWeight(value), [ones])).rejects.toThrow(message);
    },
  );

  it.each([NaN, Infinity, -Infinity])("keeps %s in halves", async (value) => {
    await using session = await open(float16Weights(withWeight(value)));
    expect((await session.predict(ones)).data[5]).toBe(value);
  });
});

describe("static quantization", () => {
  it("loses a few hundredths with the ranges of the data", async () => {
    const form = await quantizeOn(model, [images(2), images(4)]);
    const lost = await difference(form);
    expect(lost).toBeLessThan(5e-2);
    expect(lost).toBeGreaterThan(0);
    const ops = form.graph.nodes.map(({ op }) => op);
    // Image, what the depthwise convolution reads, what the dense layer reads.
    expect(ops.filter((op) => op === "QuantizeLinear")).toHaveLength(3);
    // The addition reads what the convolution before it was rounded to.
    const add = form.graph.nodes.find(({ op }) => op === "Add")!;
    expect(add.inputs.some((input) => input.endsWith("/rounded"))).toBe(true);
  });

  it("computes with whole numbers what it says in floats, on processors without VNNI too", async () => {
    const form = encodeModel(await quantizeOn(model, [images(2), images(4)]));
    const outputs = async (graphOptimizationLevel: "all" | "disabled") => {
      const session = await ort.InferenceSession.create(form, { graphOptimizationLevel });
      const { dims, data } = { dims: [4, 12, 12, 3], data: images(4).data as Float32Array };
      const { out } = await session.run({ image: new ort.Tensor("float32", data, dims) });
      await session.release();
      return out!.data as Float32Array;
    };
    const [whole, floats] = [await outputs("all"), await outputs("disabled")];
    const most = Math.max(...floats.map(Math.abs));
    // A step of an activation that falls to the other side in rounding; a sum that overflows is off by a hundred.
    const furthest = Math.max(...floats.map((value, i) => Math.abs(value - whole[i]!)));
    expect(furthest / most).toBeLessThan(5e-3);
  });

  it.each([
    [undefined, 64],
    [false, 127],
  ])("weights of 7 bits unless reduceRange is %s", async (reduceRange, largest) => {
    const form = await quantizeOn(model, [images(2)], {
      ...(reduceRange !== undefined && { reduceRange }),
    });
    const kernels = [...form.graph.initializers].filter(([name]) => name.endsWith("/int8"));
    expect(kernels.length).toBeGreaterThan(1);
    for (const [, { data }] of kernels)
      expect(Math.max(...Array.from(data as Int8Array, Math.abs))).toBe(largest);
  });

  it("takes ranges as they were seen: too narrow ones saturate", async () => {
    const ranges = new Map<string, readonly [number, number]>();
    for (const { name } of withRanges(model).graph.outputs)
      if (name.endsWith("/least")) ranges.set(name.slice(0, -6), [-0.01, 0.01]);
    expect(await difference(quantize(model, ranges))).toBeGreaterThan(0.2);
  });

  it("refuses data that are not finite, wherever, and what is no data", async () => {
    for (const at of [0, 1, 431])
      for (const bad of [NaN, Infinity]) {
        const broken = images(1);
        broken.data[at] = bad;
        await expect(quantizeOn(model, [broken])).rejects.toMatchObject({ code: "bad-argument", message: expect.stringContaining(`got ${bad} in input "image", at element ${at}`) }); // prettier-ignore
      }
    const refused: [unknown, RegExp][] = [
      [images(1), /got a tensor as batches/],
      [null, /got null as batches/],
      [[null], /a batch/],
      [[], /no examples/],
      [[images(0)], /no examples/],
    ];
    for (const [batches, message] of refused)
      await expect(quantizeOn(model, batches as Tensor[])).rejects.toMatchObject({ code: "bad-argument", message: expect.stringMatching(message) }); // prettier-ignore
    // An empty batch among others is no harm.
    await quantizeOn(model, [images(0), images(1)]);
  });

  it("tells its own names from the model's", async () => {
    const graph = (name: string) => {
      const g = new GraphBuilder();
      const x = g.input("x", "float32", ["n", 32]);
      const w = g.initializer("w", tensor("float32", [32, 32], Array.from({ length: 1024 }, (_, i) => Math.sin(i)))); // prettier-ignore
      g.output(g.matMul(x, w), name);
      return g.build();
    };
    const data = [
      tensor(
        "float32",
        [1, 32],
        Array.from({ length: 32 }, (_, i) => i / 32),
      ),
    ];
    expect(() => withRanges(graph("x/most"))).toThrow(/a value "x\/most".*the range of "x"/);
    // The range of nothing, by its name.
    const { graph: small } = await quantizeOn(graph("other/most"), data);
    expect(small.nodes.some(({ op }) => op === "QuantizeLinear")).toBe(true);
  });

  it("refuses to guess", async () => {
    const code = (error: unknown) => (isCajalError(error) ? error.code : error);
    await expect(quantizeOn(model, []).catch(code)).resolves.toBe("bad-argument");
    const missing = (): unknown => {
      try {
        return quantize(model, new Map());
      } catch (error) {
        return code(error);
      }
    };
    expect(missing()).toBe("bad-argument");
  });
});

describeWithShared("PyTorch's exports", "reference/files/onnx", (folder) => {
  const exports = ["resnet", "unet_transpose", "vit"].flatMap((name) => [`${name}.legacy`, `${name}.dynamo`]); // prettier-ignore
  it.each(exports)("%s made smaller computes nearly the same", async (file) => {
    const exported = decodeModel(readFileSync(`${folder}/${file}.onnx`));
    await using whole = await open(exported);
    const shape = whole.inputs[0]!.shape!.map((extent) => (typeof extent === "number" ? extent : 2)); // prettier-ignore
    const numbers = random(1, file);
    const input = tensor("float32", shape, Float32Array.from({ length: sizeOf(shape) }, () => numbers.normal())); // prettier-ignore
    const expected = (await whole.predict(input)).data as Float32Array;
    const largest = Math.max(...expected.map(Math.abs));
    const lost = async (form: OnnxModel) => {
      await using session = await open(encodeModel(form));
      const got = (await session.predict(input)).data as Float32Array;
      return Math.max(...got.map((value, i) => Math.abs(value - expected[i]!))) / largest;
    };
    // The bounds of the network above: 11 bits, some 1/127 of each channel, a few hundredths.
    const forms = [[float16Weights(exported), 2e-3], [int8Weights(exported), 2e-2], [await quantizeOn(exported, [input]), 5e-2]] as const; // prettier-ignore
    for (const [form, bound] of forms) {
      const error = await lost(form);
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(bound);
    }
  });
});
