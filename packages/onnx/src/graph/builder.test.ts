import { isCajalError, tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { GraphBuilder, type Value } from "./builder";

const errorOf = (body: () => unknown): unknown => {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

describe("shapes with a free batch", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["batch", 3, 28, 28]);
  const w = g.input("w", "float32", [8, 3, 3, 3]);
  const conv = g.conv(x, w, undefined, { pads: [1, 1, 1, 1], strides: [2, 2] });

  it("flow through convolutions and pools", () => {
    expect(conv.shape).toEqual(["batch", 8, 14, 14]);
    expect(g.maxPool(conv, { kernel_shape: [3, 3], strides: [2, 2] }).shape).toEqual([
      "batch",
      8,
      6,
      6,
    ]);
    expect(g.globalAveragePool(conv).shape).toEqual(["batch", 8, 1, 1]);
  });

  it("flow through reshapes with 0 and −1", () => {
    expect(g.flatten(conv).shape).toEqual(["batch", 1568]);
    expect(g.reshape(conv, [0, -1]).shape).toEqual(["batch", 1568]);
    expect(g.reshape(conv, [-1, 1568]).shape).toEqual(["batch", 1568]);
    expect(g.reshape(conv, [-1, 784]).shape).toEqual(["2*batch", 784]);
    expect(g.reshape(conv, [-1, 1000]).shape).toEqual([undefined, 1000]);
  });

  it("flow through concatenation, broadcasting and products", () => {
    expect(g.concat([conv, conv], { axis: 1 }).shape).toEqual(["batch", 16, 14, 14]);
    expect(g.add(conv, 1).shape).toEqual(["batch", 8, 14, 14]);
    const rows = g.reshape(conv, [0, -1]);
    expect(
      g.gemm(rows, g.input("m", "float32", [10, 1568]), undefined, { transB: 1 }).shape,
    ).toEqual(["batch", 10]);
  });

  it("keep spatial axes free where the window keeps them", () => {
    const any = g.input("any", "float32", ["batch", 3, "height", "width"]);
    expect(g.conv(any, w, undefined, { auto_pad: "SAME_UPPER" }).shape).toEqual([
      "batch",
      8,
      "height",
      "width",
    ]);
    expect(g.conv(any, w, undefined, { pads: [1, 1, 1, 1] }).shape).toEqual([
      "batch",
      8,
      "height",
      "width",
    ]);
    expect(g.conv(any, w).shape).toEqual(["batch", 8, undefined, undefined]);
  });
});

describe("shapes computed in the graph", () => {
  // As PyTorch exports x.view(x.size(0), -1), and interpolation to twice the size.
  it("are followed through Shape, Gather, Unsqueeze and Concat", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 16, 5, 5]);
    const batch = g.gather(g.shape(x), g.scalar("int64", 0), { axis: 0 });
    const shape = g.concat([g.unsqueeze(batch, [0]), g.int64s([-1])], { axis: 0 });
    expect(g.elementsOf(shape)).toEqual(["batch", -1]);
    expect(g.constantOf(shape)).toBeUndefined();
    expect(g.reshape(x, shape).shape).toEqual(["batch", 400]);
  });

  it("may be products of free axes: a layer over the steps of a sequence", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", "steps", 10, 6]);
    const rows = g.reshape(x, [-1, 6]);
    expect(rows.shape).toEqual(["10*batch*steps", 6]);
    const [batch, steps] = [0, 1].map((axis) => g.gather(g.shape(x), [axis]));
    const reshaped = g.reshape(g.relu(rows), g.concat([batch!, g.int64s([-1, 60])], { axis: 0 }));
    expect(reshaped.shape).toEqual(["batch", "steps", 60]);
    expect(g.elementsOf(g.div(g.mul(batch!, 4), 2))).toEqual(["2*batch"]);
    expect(g.elementsOf(g.mul(batch!, steps!))).toEqual(["batch*steps"]);
    expect(g.elementsOf(g.size(x))).toEqual(["60*batch*steps"]);
    expect(g.elementsOf(g.div(batch!, 2))).toEqual([undefined]);
  });

  it("are folded where they are known", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["batch", 16, 5, 7]);
    const spatial = g.slice(g.shape(x), { starts: [2], ends: [4] });
    const doubled = g.cast(g.floor(g.mul(g.cast(spatial, "float32"), 2)), "int64");
    expect(g.constantOf(doubled)).toEqual(tensor("int64", [2], [10, 14]));
    const sizes = g.concat([g.slice(g.shape(x), { starts: [0], ends: [2] }), doubled], {
      axis: 0,
    });
    expect(g.resize(x, { sizes }).shape).toEqual(["batch", 16, 10, 14]);
  });

  it("divide as integers do", () => {
    const g = new GraphBuilder();
    const sevens = g.int64s([7, -7]);
    expect(g.constantOf(g.div(sevens, 2))).toEqual(tensor("int64", [2], [3, -3]));
    expect(g.constantOf(g.where(g.greater(sevens, 0), sevens, 1))).toEqual(
      tensor("int64", [2], [7, 1]),
    );
  });
});

describe("what is folded is what ONNX Runtime computes", () => {
  const chains: Record<string, (g: GraphBuilder, x: Value) => Value> = {
    "Cast down": (g, x) => g.cast(g.div(g.cast(x, "float32"), 3), "int64"),
    Div: (g, x) => g.div(x, -2),
    Neg: (g, x) => g.neg(x),
    Pow: (g, x) => g.pow(x, 2),
    Max: (g, x) => g.max(x, 1),
    Equal: (g, x) => g.cast(g.equal(x, 3), "int64"),
    Where: (g, x) => g.where(g.less(x, 0), 10, x),
    "Slice backwards": (g, x) => g.slice(x, { starts: [-1], ends: [-100], steps: [-2] }),
    // As PyTorch exports the order of its pads
    "Slice and Transpose of a matrix": (g, x) =>
      g.reshape(
        g.transpose(
          g.slice(g.reshape(x, [-1, 2]), {
            starts: [-1],
            ends: [-(2 ** 40)],
            axes: [0],
            steps: [-1],
          }),
        ),
        [-1],
      ),
    Gather: (g, x) => g.gather(x, [-1, 0]),
    NonZero: (g, x) => g.nonZero(x),
    Range: (g, x) => g.range(0, g.gather(x, g.scalar("int64", 3)), 2),
    Expand: (g, x) => g.expand(g.slice(x, { starts: [1], ends: [2] }), [3]),
    Split: (g, x) => g.split(x, { sizes: [1, 3] })[1]!,
    ReduceProd: (g, x) => g.reduceProd(x, { keepdims: false }),
    Round: (g, x) => g.cast(g.round(g.div(g.cast(x, "float32"), 2)), "int64"),
    Squeeze: (g, x) => g.squeeze(g.unsqueeze(x, [0, 2]), [0]),
  };
  it.each(Object.entries(chains))("%s", async (_, chain) => {
    const g = new GraphBuilder();
    const y = chain(g, g.int64s([-5, 0, 3, 8]));
    const folded = g.constantOf(y);
    expect(folded).toBeDefined();
    const name = g.output(y).name;
    const actual = (await run(g, new Map()))[name]!;
    expect({ shape: actual.dims, data: actual.data }).toEqual({
      shape: folded!.shape,
      data: folded!.data,
    });
  });
});

describe("errors", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, 3, 8, 8]);

  it("name the node and both shapes", () => {
    const w = g.input("w", "float32", [4, 5, 3, 3]);
    const error = errorOf(() => g.within("block", () => g.conv(x, w)));
    expect(isCajalError(error, "bad-shape")).toBe(true);
    expect(String(error)).toContain('node "block/Conv"');
    expect(String(error)).toContain("[2,3,8,8]");
    expect(String(error)).toContain("[4,5,3,3]");
  });

  it.each<[string, string, () => unknown]>([
    ["bad-shape", "matrices that do not fit", () => g.matMul(x, g.input("m", "float32", [3, 3]))],
    ["bad-shape", "shapes that do not broadcast", () => g.add(x, g.input("a", "float32", [3, 2]))],
    ["bad-shape", "a reshape that loses elements", () => g.reshape(x, [2, 5])],
    ["bad-shape", "two free extents", () => g.reshape(x, [-1, -1])],
    ["bad-shape", "an axis that is not there", () => g.softmax(x, { axis: 4 })],
    ["bad-shape", "a window larger than the image", () => g.maxPool(x, { kernel_shape: [9, 9] })],
    [
      "bad-shape",
      "concatenation of other extents",
      () => g.concat([x, g.input("c", "float32", [1, 3, 8, 8])], { axis: 1 }),
    ],
    ["bad-shape", "an index outside", () => g.gather(x, [3], { axis: 1 })],
    ["bad-model", "types that differ", () => g.add(x, g.input("i", "int32", [1]))],
    ["bad-model", "a type that is not allowed", () => g.sigmoid(g.input("j", "int32", [1]))],
    ["bad-model", "too few inputs", () => g.op("Conv", [x])],
    ["bad-model", "a missing attribute", () => g.op("MaxPool", [x])],
    [
      "bad-model",
      "an operator that is not in the opset",
      () => {
        const olderBuilder = new GraphBuilder({ opset: 13 });
        olderBuilder.mish(olderBuilder.input("x", "float32", [1]));
      },
    ],
    ["bad-argument", "an attribute of the wrong kind", () => g.op("Softmax", [x], { axis: 1.5 })],
    ["unknown-name", "an unknown operator", () => g.op("Convv", [x])],
    ["unknown-name", "an unknown attribute", () => g.op("Softmax", [x], { axes: [1] })],
  ])("%s for %s", (code, _, body) => {
    expect(errorOf(body)).toMatchObject({ name: "CajalError", code });
  });
});

describe("GraphBuilder.from", () => {
  it("infers anew, with other shapes where they are given", () => {
    const g = new GraphBuilder();
    const x = g.input("image", "float32", ["batch", 1, 28, 28]);
    g.output(g.flatten(g.relu(x)), "y");
    const model = g.build({ metadata: { author: "me" } });
    expect(GraphBuilder.from(model).build({ metadata: { author: "me" } })).toEqual(model);
    const fixedShapes = GraphBuilder.from(model, { shapes: { image: [8, 1, 14, 14] } });
    expect(fixedShapes.value("y").shape).toEqual([8, 196]);
    expect(errorOf(() => GraphBuilder.from(model, { shapes: { imag: [1] } }))).toMatchObject({
      code: "unknown-name",
    });
  });

  it("goes on with names of its own", () => {
    const g = new GraphBuilder();
    g.output(g.relu(g.input("x", "float32", [2])));
    const reloaded = GraphBuilder.from(g.build());
    expect(reloaded.relu(reloaded.value("Relu")).name).toBe("Relu_1");
  });
});

describe("outputs", () => {
  it("may be inputs, constants, or one value twice", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2]);
    const y = g.relu(x);
    const names = [x, g.scalar("float32", 3), y, y].map((value) => g.output(value).name);
    expect(new Set(names).size).toBe(4);
    const got = await run(g, new Map([["x", tensor("float32", [2], [-1, 2])]]));
    expect(names.map((name) => [...(got[name]!.data as Float32Array)])).toEqual([
      [-1, 2],
      [3],
      [0, 2],
      [0, 2],
    ]);
  });

  it("give the values made here their names, and copy what has one", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2]);
    const relu = g.relu(x);
    g.output(relu, "relu");
    g.output(g.neg(relu), "negated");
    g.output(relu, "again");
    g.output(x, "same");
    expect(g.build().graph.nodes.map(({ op, outputs }) => [op, ...outputs])).toEqual([
      ["Relu", "relu"],
      ["Neg", "negated"],
      ["Identity", "again"],
      ["Identity", "same"],
    ]);
    const got = await run(g, new Map([["x", tensor("float32", [2], [-1, 2])]]));
    const names = ["relu", "negated", "again", "same"];
    expect(names.map((name) => [...(got[name]!.data as Float32Array)])).toEqual([
      [0, 2],
      [-0, -2],
      [0, 2],
      [-1, 2],
    ]);
  });

  it("keep their Identity where a graph inside of a node may read them", async () => {
    const g = new GraphBuilder();
    const y = g.relu(g.input("x", "float32", [2]));
    const inner = new GraphBuilder({ name: "inner" }, g);
    inner.output(inner.add(y, 1), "more");
    const branch = inner.buildGraph();
    const condition = g.constant(tensor("bool", [], [1]));
    g.output(y, "relu");
    g.output(g.op("If", [condition], { then_branch: branch, else_branch: branch }), "chosen");
    const got = await run(g, new Map([["x", tensor("float32", [2], [-1, 2])]]));
    expect([...(got.relu!.data as Float32Array)]).toEqual([0, 2]);
    expect([...(got.chosen!.data as Float32Array)]).toEqual([1, 3]);
  });

  it("can be declared later on", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [1, 1, 2, 2]);
    const y = g.maxPool(x, { kernel_shape: [2, 2] });
    const indices = g.outputOf(g.nodes[0]!, 1);
    expect(indices).toMatchObject({ dtype: "int64", shape: [1, 1, 1, 1] });
    g.output(y);
    const name = g.output(indices).name;
    const got = await run(g, new Map([["x", tensor("float32", [1, 1, 2, 2], [1, 4, 3, 2])]]));
    expect(got[name]!.data).toEqual(BigInt64Array.of(1n));
  });
});

it("holds each small constant once", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2]);
  g.output(g.add(g.mul(x, 2), g.mul(x, 2)));
  expect(g.build().graph.initializers.size).toBe(1);
});

it("rounds half-precision constants to the nearest, ties to even", () => {
  const g = new GraphBuilder();
  // IEEE 754: 1 = 0x3c00, the largest 65504 = 0x7bff, the least 2^-24 = 1; 2049 lies between 2048 and 2050.
  const bits = (value: number) => g.constantOf(g.scalar("float16", value))!.data[0];
  expect([1, -2, 65504, 2 ** -24, 0, 1e6, 2049, 2051, 0.1].map(bits)).toEqual([
    0x3c00, 0xc000, 0x7bff, 1, 0, 0x7c00, 0x6800, 0x6802, 0x2e66,
  ]);
});
