import { dtypes, sizeOf, tensor, type DType, type Tensor } from "@cajal/core";
import * as fc from "fast-check";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder";
import { decodeModel } from "./decode";
import {
  encodeModel,
  encodeModelForMemory,
  encodeModelParts,
  encodeModelWithExternalData,
} from "./encode";
import type { Attribute, Dim, Graph, Node, OnnxModel, ValueInfo } from "../model/model";

const text = fc.string({ unit: "grapheme", maxLength: 6 });
const float32 = fc.float();
const integer = fc.maxSafeInteger();
const dtype = fc.constantFrom(...dtypes);

const anyTensor: fc.Arbitrary<Tensor> = fc
  .record({ dtype, shape: fc.array(fc.nat(3), { maxLength: 3 }) })
  .chain(({ dtype, shape }) => {
    const zeros = tensor(dtype, shape).data;
    return fc
      .uint8Array({ minLength: zeros.byteLength, maxLength: zeros.byteLength })
      .map((bytes) => {
        const array = tensor(dtype, shape);
        // NaNs have many bit patterns; the property is on values.
        const values =
          dtype.startsWith("float3") || dtype === "float64" ? bytes.map((b) => b & 0x3f) : bytes;
        new Uint8Array(array.data.buffer).set(values);
        return array;
      });
  });

const valueInfo: fc.Arbitrary<ValueInfo> = fc.record({
  name: text,
  dtype,
  shape: fc.option(
    fc.array(
      fc.oneof(
        fc.nat(),
        text.filter((name) => name !== ""),
        fc.constant(undefined),
      ) as fc.Arbitrary<Dim>,
      { maxLength: 4 },
    ),
    { nil: undefined },
  ),
});

const { graph } = fc.letrec<{ graph: Graph; node: Node; attribute: Attribute }>((tie) => ({
  attribute: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ type: fc.constant("float" as const), value: float32 }),
    fc.record({ type: fc.constant("int" as const), value: integer }),
    fc.record({ type: fc.constant("string" as const), value: text }),
    fc.record({ type: fc.constant("tensor" as const), value: anyTensor }),
    fc.record({ type: fc.constant("floats" as const), value: fc.array(float32) }),
    fc.record({ type: fc.constant("ints" as const), value: fc.array(integer) }),
    fc.record({ type: fc.constant("strings" as const), value: fc.array(text) }),
    fc.record({ type: fc.constant("graph" as const), value: tie("graph") }),
  ) as fc.Arbitrary<Attribute>,
  node: fc.record({
    op: text.filter((op) => op !== ""),
    domain: text,
    name: text,
    inputs: fc.array(text, { maxLength: 3 }),
    outputs: fc.array(text, { maxLength: 3 }),
    attributes: fc.dictionary(text, tie("attribute"), { maxKeys: 3 }),
  }),
  graph: fc.record({
    name: text,
    nodes: fc.array(tie("node"), { maxLength: 3, depthIdentifier: "nodes" }),
    initializers: fc
      .dictionary(text, anyTensor, { maxKeys: 3 })
      .map((entries) => new Map(Object.entries(entries))),
    inputs: fc.array(valueInfo, { maxLength: 2 }),
    outputs: fc.array(valueInfo, { maxLength: 2 }),
    values: fc
      .array(valueInfo, { maxLength: 2 })
      .map((entries) => new Map(entries.map((value) => [value.name, value]))),
  }),
}));

const anyModel: fc.Arbitrary<OnnxModel> = fc.record(
  {
    irVersion: fc.integer({ min: 1, max: 10 }),
    opsets: fc.dictionary(
      text.filter((domain) => domain !== "ai.onnx"),
      fc.nat(),
      { minKeys: 1, maxKeys: 3 },
    ),
    producer: text,
    producerVersion: text,
    domain: text,
    modelVersion: integer,
    description: text,
    graph,
    metadata: fc
      .dictionary(text, text, { maxKeys: 3 })
      .map((entries) => new Map(Object.entries(entries))),
  },
  { requiredKeys: ["irVersion", "opsets", "producer", "graph", "metadata"] },
);

/** Maps and dictionaries of fast-check may have no prototype; equality is on content. */
const plainModel = (model: OnnxModel): unknown =>
  JSON.parse(
    JSON.stringify(model, (_, value: unknown) => {
      if (typeof value === "number")
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : `${Object.is(value, -0) ? "-0" : value}`;
      if (typeof value === "bigint") return `${value}n`;
      if (value === undefined) return "undefined";
      if (value instanceof Map) return [...value];
      if (ArrayBuffer.isView(value))
        return [value.constructor.name, ...(value as Uint8Array)].map(String);
      return value;
    }),
  );

it("decodes to what it encoded, for any model", () => {
  fc.assert(
    fc.property(anyModel, (model) => {
      expect(plainModel(decodeModel(encodeModel(model)))).toEqual(plainModel(model));
    }),
    { numRuns: 300, seed: 1 },
  );
});

/** y = x w, w of 64 × 64: large enough to be handed on as a view. */
function largeModel(dtype: DType = "float32"): OnnxModel {
  const g = new GraphBuilder();
  const w = tensor(
    dtype,
    [64, 64],
    Float32Array.from({ length: 4096 }, (_, i) => i % 7),
  );
  g.output(g.matMul(g.input("x", dtype, ["n", 64]), g.initializer("w", w)), "y");
  return g.build();
}

describe("encodeModelParts", () => {
  it("is the same bytes, with weights as views", () => {
    const model = largeModel();
    const parts = encodeModelParts(model);
    expect(Buffer.concat(parts)).toEqual(Buffer.from(encodeModel(model)));
    const { buffer } = (model.graph.initializers.get("w") as Tensor).data;
    expect(parts.some((part) => part.buffer === buffer)).toBe(true);
  });
});

describe("encodeModelWithExternalData", () => {
  const model = largeModel();
  const encoded = encodeModelWithExternalData(model, { location: "weights.bin" });
  const data = Buffer.concat(encoded.data);

  it("tells where each tensor lies, aligned", () => {
    const { initializers } = model.graph;
    expect(encoded.entries).toEqual([{ name: "w", offset: 0, length: 16384, tensor: initializers.get("w") }]); // prettier-ignore
    expect(Buffer.concat(encoded.model).length).toBeLessThan(400);
  });

  it("aligns every tensor to 4096 bytes", () => {
    const g = new GraphBuilder();
    for (const name of ["a", "b", "c"])
      g.output(g.identity(g.initializer(name, tensor("float32", [300]))));
    const { entries, data } = encodeModelWithExternalData(g.build(), {
      location: "w",
      threshold: 1,
    });
    expect(entries.map(({ offset }) => offset)).toEqual([0, 4096, 8192]);
    expect(Buffer.concat(data).length).toBe(8192 + 1200);
  });

  it("is read back, and refused without its data", () => {
    const bytes = Buffer.concat(encoded.model);
    const read = decodeModel(bytes, {
      externalData: ({ location, offset, length }) => {
        expect(location).toBe("weights.bin");
        return data.subarray(offset, offset + length);
      },
    });
    expect(read).toEqual(model);
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  it.each([" ", "x", "-"])("is refused at the offset %j, which is no whole number", (offset) => {
    const text = Buffer.concat(encoded.model).toString("latin1");
    const bytes = Buffer.from(text.replace("offset\x12\x010", `offset\x12\x01${offset}`), "latin1");
    const externalData = () => data;
    expect(() => decodeModel(bytes, { externalData })).toThrow(
      expect.objectContaining({
        code: "bad-file",
        message: expect.stringContaining(`offset "${offset}"`),
      }),
    );
  });

  it("is what ONNX Runtime reads", async () => {
    const session = await ort.InferenceSession.create(Buffer.concat(encoded.model), {
      externalData: [{ path: "weights.bin", data }],
    });
    const x = new ort.Tensor("float32", new Float32Array(64).fill(1), [1, 64]);
    const { y } = await session.run({ x });
    // Column j of w sums (64 i + j) mod 7 over 64 rows.
    const sum = Array.from({ length: 64 }, (_, i) => (64 * i) % 7).reduce((a, b) => a + b, 0);
    expect(y!.data[0]).toBe(sum);
    await session.release();
  });

  it("leaves constants of graphs within the graph where they are, in memory", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [300]);
    const large = (value: number) => tensor("float32", [300], new Float32Array(300).fill(value));
    const [y] = g.if(
      g.greater(g.reduceSum(x, { keepdims: false }), 0),
      (inner) => [inner.add(x, inner.initializer("one", large(1)))],
      (inner) => [inner.add(x, inner.initializer("two", large(2)))],
    );
    g.output(g.add(y!, g.initializer("ten", large(10))), "y");
    const { model, externalData } = encodeModelForMemory(g.build());
    expect(externalData.map(({ data }) => data.byteLength)).toEqual([1200]);
    const session = await ort.InferenceSession.create(model, { externalData });
    const result = await session.run({ x: new ort.Tensor("float32", new Float32Array(300), [300]) });
    expect(result.y!.data[299]).toBe(12);
    await session.release();
  }); // prettier-ignore

  it("leaves lists of whole numbers where they are: ONNX Runtime finds a Split's sizes nowhere else", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [200]);
    const parts = g.split(x, { axis: 0, sizes: Array<number>(200).fill(1) });
    g.output(g.add(parts[199]!, g.initializer("w", tensor("float32", [300]))), "y");
    const inMemory = encodeModelForMemory(g.build());
    expect(inMemory.externalData.map(({ data }) => data.byteLength)).toEqual([1200]);
    const { entries, data, ...files } = encodeModelWithExternalData(g.build(), { location: "w" });
    expect(entries.map(({ name }) => name)).toEqual(["w"]);
    for (const [model, externalData] of [
      [inMemory.model, inMemory.externalData],
      [Buffer.concat(files.model), [{ path: "w", data: Buffer.concat(data) }]],
    ] as const) {
      const session = await ort.InferenceSession.create(model, { externalData });
      const feeds = { x: new ort.Tensor("float32", new Float32Array(200).fill(7), [200]) };
      expect((await session.run(feeds)).y!.data[299]).toBe(7);
      await session.release();
    }
  });

  it.each(["", "/etc/passwd", "../w", "a/../../w", "C:\\w", "a\\..\\w", "w\0"])(
    "refuses the location %j",
    (location) => {
      expect(() => encodeModelWithExternalData(model, { location })).toThrow(
        expect.objectContaining({ code: "bad-argument" }),
      );
    },
  );
});

it("refuses more than 2 GB in one file, and counts without copying", () => {
  const g = new GraphBuilder();
  // Zeroed memory that is never touched costs nothing.
  const shape = [3, 2 ** 28];
  g.output(
    g.identity(
      g.initializer("w", { dtype: "float32", shape, data: new Float32Array(sizeOf(shape)) }),
    ),
  );
  const model = g.build();
  expect(() => encodeModelParts(model)).toThrow(expect.objectContaining({ code: "unsupported" }));
  const { entries } = encodeModelWithExternalData(model, { location: "w" });
  // Without the tensor, whose numbers a failure would print.
  const places = entries.map(({ name, offset, length }) => ({ name, offset, length }));
  expect(places).toEqual([{ name: "w", offset: 0, length: 3 * 2 ** 30 }]);
});
