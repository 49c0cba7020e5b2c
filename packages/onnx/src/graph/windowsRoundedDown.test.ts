// Pools whose number of windows is rounded up, as a loaded model states them for known extents: they give what
// ONNX Runtime's kernels give of the node as it was, for extents that it does not know beforehand.
import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { inferShapes } from "./inferShapes";
import { GraphBuilder } from "./builder";

const cases = [
  ["MaxPool", { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1] }],
  ["MaxPool", { kernel_shape: [3, 2], strides: [2, 3], pads: [1, 1, 1, 1] }],
  ["MaxPool", { kernel_shape: [2, 1], strides: [4, 3], dilations: [2, 1] }],
  ["AveragePool", { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1] }],
  ["AveragePool", { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }], // prettier-ignore
  ["AveragePool", { kernel_shape: [3, 2], strides: [2, 3], pads: [1, 1, 1, 1] }],
  ["AveragePool", { kernel_shape: [3, 2], strides: [2, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }], // prettier-ignore
  ["LpPool", { kernel_shape: [3, 2], strides: [2, 3], pads: [1, 1, 1, 1] }],
  ["MaxPool", { kernel_shape: [2, 3], strides: [4, 4], auto_pad: "VALID" }],
] as const;

it.each(cases)("%s %o", (op, attributes) =>
  givesTheSame(op, attributes, [[8, 8], [9, 7], [6, 11]])); // prettier-ignore

// PyTorch has them where a network gets small images, GoogLeNet's MaxPool2d(3, 2, ceil_mode=True) for one.
const larger = [
  ["MaxPool", { kernel_shape: [3, 3], strides: [2, 2] }],
  ["MaxPool", { kernel_shape: [3, 2], strides: [3, 3], pads: [0, 1, 0, 1] }],
  ["AveragePool", { kernel_shape: [3, 2], strides: [3, 3], pads: [0, 1, 0, 1] }],
  ["AveragePool", { kernel_shape: [3, 2], strides: [3, 3], pads: [0, 1, 0, 1], count_include_pad: 1 }], // prettier-ignore
] as const;

it.each(larger)("a window larger than the image: %s %o", (op, attributes) =>
  givesTheSame(op, attributes, [[2, 8], [2, 7], [2, 2]])); // prettier-ignore

async function givesTheSame(
  op: string,
  attributes: object,
  extents: readonly (readonly [number, number])[],
): Promise<void> {
  for (const [height, width] of extents) {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [1, 1, "height", "width"]);
    g.output(g.op(op, [x], { ...attributes, ceil_mode: 1 }), "y");
    const data = Float32Array.from({ length: height * width }, (_, i) => Math.sin(i) - 1);
    const feeds = new Map([["x", tensor("float32", [1, 1, height, width], data)]]);
    const { y } = await run(g, feeds);
    const loaded = GraphBuilder.from(g.build(), { shapes: { x: [1, 1, height, width] } });
    const { y: again } = await run(loaded, feeds);
    expect(again!.dims).toEqual(y!.dims);
    expect(inferShapes(loaded.build()).get("y")?.shape).toEqual(y!.dims);
    (again!.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo((y!.data as Float32Array)[i]!, 5)); // prettier-ignore
  }
}

it("where a window is left out no number is rounded up, else the node stays", () => {
  const roundedUp = (padding: object, extent: number) => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [1, 1, "extent"]);
    g.output(g.op("MaxPool", [x], { kernel_shape: [2], strides: [3], ceil_mode: 1, ...padding }), "y"); // prettier-ignore
    const { nodes } = GraphBuilder.from(g.build(), { shapes: { x: [1, 1, extent] } });
    return nodes[0]!.attributes["ceil_mode"]?.value === 1;
  };
  // Windows at −1, 2, 5 and, of eight pixels, 8, which is in the padding.
  expect([6, 8, 9].map((extent) => roundedUp({ pads: [1, 1] }, extent))).toEqual([true, false, true]); // prettier-ignore
  // At 0, 3 and, of six pixels, 6.
  expect([4, 6, 7].map((extent) => roundedUp({ auto_pad: "VALID" }, extent))).toEqual([true, false, true]); // prettier-ignore
});
