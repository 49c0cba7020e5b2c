import { readFileSync, readdirSync } from "node:fs";
import { isCajalError, tensor, type DType, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { GraphBuilder } from "../graph/builder";
import { checkModel } from "../graph/check";
import { decodeModel } from "./decode";
import { encodeModel } from "./encode";
import type { Graph, OnnxModel } from "../model/model";

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));

describe("tensors as the onnx package writes them", () => {
  const values = JSON.parse(fixture("values.json").toString()) as Record<
    DType,
    (number | string)[]
  >;
  // IEEE 754 half precision of 1, −2, 65504 and 0.1
  const float16Bits = [0x3c00, 0xc000, 0x7bff, 0x2e66];
  for (const file of ["typed", "raw"])
    it.each(Object.entries(values))(`${file}: %s`, (dtype, expected) => {
      const { graph } = decodeModel(fixture(`${file}.onnx`));
      const read = graph.initializers.get(dtype)!;
      expect(read).toMatchObject({ dtype, shape: [2, 2] });
      const isBigInt = dtype === "int64" || dtype === "uint64";
      const numbers = expected.map((value) =>
        isBigInt ? BigInt(value) : dtype === "float32" ? Math.fround(Number(value)) : Number(value),
      );
      expect([...(read.data as Iterable<number | bigint>)]).toEqual(
        dtype === "float16" ? float16Bits : numbers,
      );
    });

  it("reads long packed lists", () => {
    const w = decodeModel(fixture("packed.onnx")).graph.initializers.get("w")!;
    expect(w).toEqual(
      tensor(
        "float32",
        [600],
        Float32Array.from({ length: 600 }, (_, i) => i / 8),
      ),
    );
  });

  it.each([
    // 1 and 2 are 0x3f80 and 0x4000 in bfloat16, the upper halves of float32.
    ["bfloat16", [2], Uint8Array.of(0x80, 0x3f, 0x00, 0x40)],
    ["string", [1], [new TextEncoder().encode("text")]],
  ])("carries %s", (name, shape, data) => {
    const model = decodeModel(fixture(`${name}.onnx`));
    expect(model.graph.initializers.get("w")).toEqual({ dtype: name, shape, data });
    expect(decodeModel(encodeModel(model))).toEqual(model);
  });
});

it("reads what a model says of itself", () => {
  const { graph, ...model } = decodeModel(fixture("typed.onnx"));
  expect(model).toEqual({
    irVersion: 8,
    opsets: { "": 18, local: 1 },
    producer: "fixture",
    producerVersion: "1.2",
    description: "a description",
    metadata: new Map([["author", "somebody"]]),
  });
  expect(graph.name).toBe("typed");
});

it("reads attributes of every type", () => {
  const { graph } = decodeModel(fixture("attributes.onnx"));
  expect(graph.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["batch", 3, undefined] }]);
  expect(graph.outputs).toEqual([{ name: "y", dtype: "float32", shape: undefined }]);
  const [node] = graph.nodes;
  const { graph: branch, ...rest } = node!.attributes;
  expect({ ...node, attributes: rest }).toEqual({
    op: "Anything",
    domain: "local",
    name: "all",
    inputs: ["x", "", "x"],
    outputs: ["y"],
    attributes: {
      float_: { type: "float", value: Math.fround(0.1) },
      int_: { type: "int", value: -(2 ** 40) },
      string_: { type: "string", value: "héllo" },
      floats: { type: "floats", value: [0.5, -0.25] },
      ints: { type: "ints", value: [2 ** 63, -1], exact: [2n ** 63n - 1n, -1n] },
      strings: { type: "strings", value: ["a", ""] },
      tensor: { type: "tensor", value: tensor("int64", [], [7]) },
      negative: { type: "float", value: -1.5 },
      zero: { type: "int", value: 0 },
    },
  });
  expect((branch!.value as Graph).nodes[0]!.op).toBe("Neg");
});

it("reads local functions", () => {
  const model = decodeModel(fixture("function.onnx"));
  expect(model.functions).toMatchObject([
    { name: "Double", domain: "local", inputs: ["a"], outputs: ["b"], nodes: [{ op: "Add" }] },
  ]);
  expect(decodeModel(encodeModel(model))).toEqual(model);
  expect(() => checkModel(model)).not.toThrow();
});

describeWithShared("real files", "data/real-models/onnx", (folder) => {
  it.each(readdirSync(folder))("%s survives writing and reading", (file) => {
    const model = decodeModel(readFileSync(`${folder}/${file}`));
    expect(model.graph.nodes.length).toBeGreaterThan(5);
    expect(decodeModel(encodeModel(model))).toEqual(model);
  });
});

it("does not copy weights that lie aligned", () => {
  const g = new GraphBuilder();
  g.output(g.identity(g.initializer("w", tensor("uint8", [9], new Uint8Array(9).fill(5)))));
  const bytes = encodeModel(g.build());
  const read = decodeModel(bytes).graph.initializers.get("w") as Tensor;
  expect(read.data.buffer).toBe(bytes.buffer);
});

it("moves weights within bytes that it may change", () => {
  const initializers = ["a", "ab", "abc", "abcd", "abcde"].flatMap((name) =>
    (["float32", "int64", "float16", "int32", "uint8"] as const).map(
      (dtype) => [`${name}${dtype}`, tensor(dtype, [5], [1, 2, 3, 4, name.length])] as const,
    ),
  );
  const g = new GraphBuilder();
  for (const [name, data] of initializers) g.output(g.identity(g.initializer(name, data)));
  const model = g.build();
  const bytes = encodeModel(model);
  const read = decodeModel(bytes, { inPlace: true });
  expect(read).toEqual(model);
  for (const [name, { dtype }] of initializers)
    if (dtype !== "int64")
      expect((read.graph.initializers.get(name) as Tensor).data.buffer, name).toBe(bytes.buffer);
});

/** A model that has a bit of everything. */
function smallModel(): OnnxModel {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", 2]);
  const w = g.initializer("w", tensor("float32", [2, 2], [1, 2, 3, 4]));
  const y = g.softmax(g.matMul(x, w), { axis: 1 });
  const [z] = g.if(
    g.scalar("bool", 1),
    (then) => [then.relu(y)],
    (other) => [other.neg(y)],
  );
  g.output(z!, "z");
  return g.build();
}

const errorOf = (body: () => unknown): unknown => {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("damaged files", () => {
  it("every truncation is bad-file", () => {
    const bytes = encodeModel(smallModel());
    for (let length = 0; length < bytes.length; length++)
      expect(
        isCajalError(
          errorOf(() => decodeModel(bytes.subarray(0, length))),
          "bad-file",
        ),
        `at ${length}`,
      ).toBe(true);
  });

  it.each(["small", "typed.onnx", "attributes.onnx", "function.onnx"])(
    "every flipped bit of %s is read or refused",
    (name) => {
      const bytes = name === "small" ? encodeModel(smallModel()) : new Uint8Array(fixture(name));
      let refusedCount = 0;
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const error = errorOf(() => checkModel(decodeModel(flipped)));
        if (error === undefined) continue;
        refusedCount++;
        if (!isCajalError(error) || !["bad-file", "unsupported", "bad-model"].includes(error.code))
          throw error;
      }
      expect(refusedCount / (8 * bytes.length)).toBeGreaterThan(0.3);
    },
  );

  it("random bytes are bad-file", () => {
    let state = 1;
    for (let i = 0; i < 2000; i++) {
      const bytes = Uint8Array.from(
        { length: i % 97 },
        () => (state = Math.imul(state, 1664525) + 1013904223) >>> 24,
      );
      expect(isCajalError(errorOf(() => decodeModel(bytes)))).toBe(true);
    }
  });
});

describe("hostile files", () => {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
  const field = (number: number, body: readonly number[]) => [
    ...varint(number * 8 + 2),
    ...varint(body.length),
    ...body,
  ];
  const head = [0x08, 8, ...field(8, [0x10, 18])]; // ir_version 8, opset 18
  const model = (graph: readonly number[]) => Uint8Array.from([...head, ...field(7, graph)]);
  const initializer = (body: readonly number[]) => model(field(5, body));
  const dims = (...extents: number[]) => extents.flatMap((extent) => [0x08, ...varint(extent)]);
  const float32 = [0x10, 1];

  it("the frame itself is good", () => {
    expect(decodeModel(initializer([...dims(0), ...float32])).graph.initializers.get("")).toEqual(
      tensor("float32", [0]),
    );
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /no graph/],
    [
      "another format",
      new TextEncoder().encode("PK\x03\x04 a zip file"),
      /not a well-formed ONNX file|at byte/,
    ],
    [
      "a length beyond the end",
      Uint8Array.from([...head, 0x3a, 0xff, 0xff, 0xff, 0x7f]),
      /graph, at byte \d+: 268435455 bytes are announced, 0 are there/,
    ],
    [
      "a length of 2⁶³",
      Uint8Array.from([0x3a, ...Array<number>(8).fill(0xff), 0x7f]),
      /bytes are announced/,
    ],
    [
      "a number without end",
      Uint8Array.from([0x08, ...Array<number>(30).fill(0x80)]),
      /longer than 10 bytes/,
    ],
    ["a nested length beyond its parent", model([0x2a, 0x7f]), /graph\.initializer\[0\], at byte/],
    ["groups", Uint8Array.from([0x0b, 0x0c]), /wire type 3/],
    ["a field number 0", Uint8Array.from([0x00, 0x00]), /number 0/],
    ["a wrong wire type", Uint8Array.from([0x0a, 0x00]), /ir_version, at byte/],
    [
      "much data that is not there",
      initializer([...dims(2 ** 31, 2 ** 15), ...float32]),
      /got 0 elements, expected 70368744177664/,
    ],
    [
      "too many elements to count",
      initializer([...dims(2 ** 40, 2 ** 40), ...float32]),
      /too large/,
    ],
    [
      "a negative extent",
      initializer([0x08, ...Array<number>(9).fill(0xff), 0x01, ...float32]),
      /extent -1/,
    ],
    [
      "too little raw data",
      initializer([...dims(2), ...float32, ...field(9, [0, 0, 0, 0])]),
      /got 4 bytes, expected 8/,
    ],
    ["no element type", initializer(dims(0)), /element type 0/],
    ["text that is not UTF-8", model(field(2, [0xff, 0xfe])), /not valid UTF-8/],
    [
      "data outside of the folder",
      initializer([
        ...dims(1),
        ...float32,
        ...field(13, [
          ...field(1, [...Buffer.from("location")]),
          ...field(2, [...Buffer.from("../../secret")]),
        ]),
        0x70,
        1,
      ]),
      /outside of the model's folder/,
    ],
  ])("%s", (_, bytes, message) => {
    const started = performance.now();
    const error = errorOf(() => decodeModel(bytes));
    expect(isCajalError(error)).toBe(true);
    expect(error).toMatchObject({ message: expect.stringMatching(message) as unknown });
    expect(["bad-file", "unsupported"]).toContain((error as { code: string }).code);
    expect(performance.now() - started).toBeLessThan(100);
  });

  it("graphs nested without end", () => {
    let bytes: number[] = [];
    for (let depth = 0; depth < 200; depth++) {
      const attribute = field(5, [...field(1, [98]), ...field(6, bytes)]);
      bytes = field(1, [...field(4, [73, 102]), ...attribute]); // If, b
    }
    expect(errorOf(() => decodeModel(model(bytes)))).toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/deep/) as unknown,
    });
  });

  it("names that are properties of every object", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [1]);
    g.output(g.relu(x));
    const model = g.build();
    const node = model.graph.nodes[0]!;
    const attributes = Object.fromEntries([["__proto__", { type: "int" as const, value: 1 }]]);
    const evil = { ...model, graph: { ...model.graph, nodes: [{ ...node, attributes }] } };
    const read = decodeModel(encodeModel(evil));
    expect(Object.keys(read.graph.nodes[0]!.attributes)).toEqual(["__proto__"]);
    expect(() => checkModel(read)).toThrow(/unknown attribute of Relu "__proto__"/);
  });
});
