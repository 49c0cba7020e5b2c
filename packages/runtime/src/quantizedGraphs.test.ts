// What quantize writes, run with ONNX Runtime's kernels for whole numbers: as the float graph, but for rounding.
import { random, tensor, type Tensor } from "@cajal/core";
import {
  encodeModel,
  int8Weights,
  quantize,
  withRanges,
  type Attribute,
  type OnnxModel,
} from "@cajal/onnx";
import { expect, it } from "vitest";
import { open } from "./open";

const numbers = random(3, "quantized graphs");
function normal(
  shape: readonly number[],
  scaleOf: (i: number) => number = () => 1,
): Tensor<"float32"> {
  const x = tensor("float32", shape);
  x.data.forEach((_, i) => (x.data[i] = scaleOf(i) * numbers.normal()));
  return x;
}

const node = (op: string, inputs: string[], output: string, ints: Readonly<Record<string, number>> = {}) => ({ op, domain: "", name: output, inputs, outputs: [output], attributes: Object.fromEntries(Object.entries(ints).map(([name, value]): [string, Attribute] => [name, { type: "int", value }])) }); // prettier-ignore

const graph = (
  nodes: OnnxModel["graph"]["nodes"],
  initializers: Readonly<Record<string, Tensor>>,
  shape: readonly number[],
): OnnxModel => ({
  irVersion: 8,
  opsets: { "": 17 },
  producer: "",
  metadata: new Map(),
  graph: {
    name: "graph",
    nodes,
    initializers: new Map(Object.entries(initializers)),
    inputs: [{ name: "x", dtype: "float32", shape }],
    outputs: [{ name: "y", dtype: "float32", shape: undefined }],
    values: new Map(),
  },
});

/** The largest difference of the quantized graph's output, against the largest value. */
async function difference(model: OnnxModel): Promise<number> {
  const feeds = { x: normal(model.graph.inputs[0]!.shape as number[]) };
  const run = async (form: OnnxModel) => {
    await using session = await open(form, { device: "cpu" });
    return session.run(feeds);
  };
  const seen = Object.entries(await run(withRanges(model))).map(([name, { data }]) => [name, Number(data[0])] as const); // prettier-ignore
  const ends = new Map(seen);
  const ranges = new Map(seen.filter(([name]) => name.endsWith("/least")).map(([name, least]) => [name.slice(0, -6), [least, ends.get(`${name.slice(0, -6)}/most`)!]] as const)); // prettier-ignore
  const [floats, whole] = [await run(model), await run(quantize(model, ranges))];
  const expected = [...(floats.y!.data as Float32Array)];
  const furthest = Math.max(
    ...expected.map((value, i) => Math.abs(value - Number(whole.y!.data[i]))),
  );
  return furthest / Math.max(...expected.map(Math.abs));
}

it("a kernel that two products read along different axes", async () => {
  const nodes = [node("Gemm", ["x", "w", "b"], "h"), node("Gemm", ["h", "w", "c"], "y", { transB: 1 })]; // prettier-ignore
  const w = normal([32, 32], (i) => 10 ** (-(i % 32) / 16));
  expect(await difference(graph(nodes, { w, b: normal([32]), c: normal([32]) }, [4, 32]))).toBeLessThan(0.05); // prettier-ignore
});

it("a kernel that is transposed as well, whose order is not stated", async () => {
  const nodes = [node("Transpose", ["w"], "t"), node("MatMul", ["x", "t"], "a"), node("MatMul", ["x", "w"], "b"), node("Add", ["a", "b"], "y")]; // prettier-ignore
  const model = graph(nodes, { w: normal([32, 32], (i) => 10 ** (-(i % 32) / 16)) }, [4, 32]);
  expect(await difference(model)).toBeLessThan(0.05);
  // ONNX Runtime ends the process where this is missing.
  const transpose = int8Weights(model).graph.nodes.find(({ op }) => op === "Transpose")!;
  expect(transpose.attributes["perm"]).toEqual({ type: "ints", value: [1, 0] });
});

it("an activation that is transposed as well, whose order is not stated", async () => {
  const nodes = [node("MatMul", ["x", "w"], "a"), node("Transpose", ["x"], "t"), node("Add", ["a", "t"], "y")]; // prettier-ignore
  expect(await difference(graph(nodes, { w: normal([32, 32]) }, [32, 32]))).toBeLessThan(0.05);
});

it("biases of channels whose weights are nothing beside them, as those of pruned networks", async () => {
  const scales = [0, 1e-9, 1e-38];
  const w = normal([16, 16, 3, 3], (i) => 0.01 * (scales[Math.floor(i / 144)] ?? 1));
  const b = tensor(
    "float32",
    [16],
    Array.from({ length: 16 }, (_, i) => (i < 3 ? 20 : 0.5)),
  );
  expect(await difference(graph([node("Conv", ["x", "w", "b"], "y")], { w, b }, [1, 16, 8, 8]))).toBeLessThan(0.01); // prettier-ignore
  const dead = { w: tensor("float32", [16, 16, 3, 3]), b: tensor("float32", [16]) };
  dead.b.data.fill(0.004);
  expect(await difference(graph([node("Conv", ["x", "w", "b"], "y")], dead, [1, 16, 8, 8]))).toBeLessThan(0.01); // prettier-ignore
});

it("values whose names are those that it would give", async () => {
  const nodes = [node("Gemm", ["x", "w", "b"], "h"), node("Add", ["h", "x/scale"], "i"), node("Add", ["i", "w/int8"], "h/quantized"), node("Gemm", ["h/quantized", "w/scale"], "y")]; // prettier-ignore
  const initializers = { w: normal([32, 32]), b: normal([32]), "x/scale": normal([32]), "w/int8": normal([32]), "w/scale": normal([32, 32]) }; // prettier-ignore
  expect(await difference(graph(nodes, initializers, [4, 32]))).toBeLessThan(0.05);
});

it("ranges that are none are refused", () => {
  const model = graph([node("MatMul", ["x", "w"], "y")], { w: normal([32, 32]) }, [4, 32]);
  for (const ranges of [{}, new Map([["x", 3]]), new Map([["x", [3, 1]]])])
    expect(() => quantize(model, ranges as never)).toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
});

it("graphs and files of others, a dequantized kernel transposed whose order is not stated", async () => {
  const whole = (x: string, s: string, z: string, y: string) => [node("QuantizeLinear", [x, s, z], `${y}/whole`), node("DequantizeLinear", [`${y}/whole`, s, z], y)]; // prettier-ignore
  const kernel = [node("DequantizeLinear", ["w", "s", "z"], "d", { axis: 0 }), node("Transpose", ["d"], "t")]; // prettier-ignore
  const w = tensor(
    "int8",
    [5, 4],
    Int8Array.from({ length: 20 }, (_, i) => i),
  );
  const [s, z] = [tensor("float32", [5], [1, 2, 3, 4, 5]), tensor("int8", [5])];
  const one = { s1: tensor("float32", [], [1]), z1: tensor("int8", []) };
  for (const nodes of [
    [...kernel, node("MatMul", ["x", "t"], "y")],
    [...whole("x", "s1", "z1", "xd"), ...kernel, node("MatMul", ["xd", "t"], "y")],
  ]) {
    const model = graph(nodes, { w, s, z, ...one }, [1, 4]);
    for (const form of [model, encodeModel(model)]) {
      await using session = await open(form, { device: "cpu" });
      const { y } = await session.run({ x: tensor("float32", [1, 4], [1, 0, 0, 1]) });
      // Row i of the kernel is 4i … 4i + 3, times i + 1: its first and last.
      expect([...(y!.data as Float32Array)]).toEqual([3, 22, 57, 108, 175]);
    }
  }
});
