// Padding "same" of windows with dilations, against sums by hand.
import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { gradients } from "../differentiate";
import type { OnnxModel } from "../model/model";
import { GraphBuilder } from "./builder";
import { explicitPads } from "./explicitPads";

const x = [1, 2, 3, 4, 5];
const at = (i: number) => x[i] ?? 0;
const places = x.map((_, i) => i);

// Four zeros, half before; three, of which the one more comes behind (upper) or before (lower).
const convolutions = [
  { auto_pad: "SAME_UPPER", dilations: [2], kernel: [1, 10, 100], expected: places.map((i) => at(i - 2) + 10 * at(i) + 100 * at(i + 2)) }, // prettier-ignore
  { auto_pad: "SAME_UPPER", dilations: [3], kernel: [1, 10], expected: places.map((i) => at(i - 1) + 10 * at(i + 2)) }, // prettier-ignore
  { auto_pad: "SAME_LOWER", dilations: [3], kernel: [1, 10], expected: places.map((i) => at(i - 2) + 10 * at(i + 1)) }, // prettier-ignore
] as const;

const feeds = new Map([["x", tensor("float32", [1, 1, 5], x)]]);

it.each(convolutions)(
  "$auto_pad, dilations $dilations",
  async ({ kernel, expected, ...attributes }) => {
    const g = new GraphBuilder();
    const w = g.initializer("w", tensor("float32", [1, 1, kernel.length], kernel));
    g.output(g.conv(g.input("x", "float32", [1, 1, "length"]), w, undefined, attributes), "y");
    const loaded = GraphBuilder.from(explicitPads(g.build()), { shapes: { x: [1, 1, 5] } });
    const [dw] = gradients(loaded, loaded.value("y"), [loaded.value("w")]);
    loaded.output(dw!, "dw");
    const { y, dw: slope } = await run(loaded, feeds);
    expect([...(y!.data as Float32Array)]).toEqual(expected);
    // The sum of y is linear in w: its slope by each weight is what y's sum has of 1, 10 and 100.
    const total = expected.reduce((a, b) => a + b);
    const sum = (slope!.data as Float32Array).reduce((a, each, i) => a + each * kernel[i]!, 0);
    expect(sum).toBe(total);
  },
);

it("of pools, which ONNX Runtime would pad as if they had no dilations, in branches, too", async () => {
  const pool = (g: GraphBuilder): OnnxModel => {
    const attributes = { auto_pad: "SAME_UPPER", dilations: [2], kernel_shape: [3] };
    g.output(g.op("MaxPool", [g.input("x", "float32", [1, 1, "length"])], attributes), "y");
    return g.build();
  };
  const model = pool(new GraphBuilder());
  const { y } = await run(GraphBuilder.from(model), feeds);
  expect([...(y!.data as Float32Array)]).toEqual([3, 4, 5, 4, 5]);
  const node = { op: "If", domain: "", name: "", inputs: ["condition"], outputs: ["z"], attributes: { then_branch: { type: "graph" as const, value: model.graph } } }; // prettier-ignore
  const branched = explicitPads({ ...model, graph: { ...model.graph, nodes: [node] } });
  const branch = branched.graph.nodes[0]!.attributes["then_branch"];
  expect(branch?.type === "graph" && branch.value.nodes[0]!.attributes).toMatchObject({
    pads: { value: [2, 2] },
  });
});

// x of 1 to 8 is read at 1 and 5, or in pairs from there: as TensorFlow pads, never by less than nothing.
it.each([
  ["Conv", 1, { auto_pad: "SAME_UPPER" }, [1, 5]],
  ["Conv", 1, { auto_pad: "SAME_LOWER" }, [1, 5]],
  ["Conv", 2, { auto_pad: "SAME_UPPER" }, [3, 11]],
  ["MaxPool", 1, { auto_pad: "SAME_UPPER" }, [1, 5]],
  ["MaxPool", 2, { auto_pad: "SAME_LOWER" }, [2, 6]],
  ["AveragePool", 2, { auto_pad: "SAME_UPPER" }, [1.5, 5.5]],
  ["LpPool", 2, { auto_pad: "SAME_UPPER", p: 1 }, [3, 11]],
] as const)("windows smaller than their strides: %s %i %o", async (op, size, padding, expected) => {
  const g = new GraphBuilder();
  const image = g.input("x", "float32", [1, 1, "length"]);
  const attributes = { ...padding, strides: [4] };
  const w = g.initializer("w", tensor("float32", [1, 1, size], Array(size).fill(1)));
  const y = op === "Conv" ? g.op(op, [image, w], attributes) : g.op(op, [image], { ...attributes, kernel_shape: [size] }); // prettier-ignore
  g.output(y, "y");
  const eight = new Map([["x", tensor("float32", [1, 1, 8], [1, 2, 3, 4, 5, 6, 7, 8])]]);
  const loaded = GraphBuilder.from(g.build(), { shapes: { x: [1, 1, 8] } });
  const [dx] = gradients(loaded, loaded.value("y"), [loaded.value("x")]);
  loaded.output(loaded.reduceSum(loaded.mul(dx!, loaded.value("x")), { keepdims: false }), "slope");
  const { y: got, slope } = await run(loaded, eight);
  expect([...(got!.data as Float32Array)]).toEqual(expected);
  // All of them are linear in what they read: x · dy/dx is y.
  expect(slope!.data[0]).toBe(expected[0] + expected[1]);
  // Windows of one element need no extents.
  if (size > 1) return;
  const free = await run(GraphBuilder.from(explicitPads(g.build())), eight);
  expect([...(free["y"]!.data as Float32Array)]).toEqual(expected);
});

// Read at every third row from the first, and there in pairs along the free extent of the columns.
it.each([
  ["MaxPool", [2, 3, 3, 11, 12, 12]],
  ["AveragePool", [1.5, 2.5, 3, 10.5, 11.5, 12]],
  ["Conv", [3, 5, 3, 21, 23, 12]],
])("windows of one element along a strided axis alone: %s", async (op, expected) => {
  const g = new GraphBuilder();
  const image = g.input("x", "float32", [1, 1, "height", "width"]);
  const attributes = { auto_pad: "SAME_UPPER", strides: [3, 1], kernel_shape: [1, 2] };
  const w = g.initializer("w", tensor("float32", [1, 1, 1, 2], [1, 1]));
  g.output(g.op(op, op === "Conv" ? [image, w] : [image], attributes), "y");
  const x = tensor(
    "float32",
    [1, 1, 5, 3],
    Array.from({ length: 15 }, (_, i) => i + 1),
  );
  const { y } = await run(GraphBuilder.from(explicitPads(g.build())), new Map([["x", x]]));
  expect([...(y!.data as Float32Array)]).toEqual(expected);
});

it("leaves alone what has no such padding, and refuses strides, whose pads depend on the extents", () => {
  const conv = (attributes: object) => {
    const g = new GraphBuilder();
    const w = g.initializer("w", tensor("float32", [1, 1, 2], [1, 10]));
    g.output(g.conv(g.input("x", "float32", [1, 1, 5]), w, undefined, attributes), "y");
    return g.build();
  };
  const plain = conv({ auto_pad: "SAME_UPPER", strides: [2] });
  expect(explicitPads(plain)).toBe(plain);
  expect(() => conv({ auto_pad: "SAME_UPPER", strides: [2], dilations: [2] })).toThrow(
    /dilations \[2\] and strides \[2\]/,
  );
});
