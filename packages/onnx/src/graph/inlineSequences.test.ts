import { tensor, type Tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { run } from "../../testing/checkOperator";
import { gradients } from "../differentiate";
import type { Attribute, Node, OnnxModel } from "../model/model";
import { GraphBuilder } from "./builder";

const int = (value: number): Attribute => ({ type: "int", value });
const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Node["attributes"] = {},
): Node => ({ op, domain: "", name: `node ${output}`, inputs, outputs: [output], attributes });
const int64 = (...values: number[]) => tensor("int64", [values.length], values);
const position = (value: number) => tensor("int64", [], [value]);

/** What a model of x [2, 5] gives for x = 0 … 9, and the gradient of the sum of `y`. */
async function outputs(nodes: readonly Node[], constants: Readonly<Record<string, Tensor>>) {
  const model: OnnxModel = {
    irVersion: 8,
    opsets: { "": 18 },
    producer: "test",
    metadata: new Map(),
    graph: {
      name: "sequences",
      nodes,
      initializers: new Map(Object.entries(constants)),
      inputs: [{ name: "x", dtype: "float32", shape: [2, 5] }],
      outputs: [{ name: "y", dtype: "float32", shape: undefined }],
      values: new Map(),
    },
  };
  const g = GraphBuilder.from(model);
  if (g.value("y").dtype === "float32")
    g.output(gradients(g, g.value("y"), [g.value("x")])[0]!, "dx");
  const x = Float32Array.from({ length: 10 }, (_, i) => i);
  const { y, dx } = await run(g, new Map([["x", tensor("float32", [2, 5], x)]]));
  expect(g.nodes.filter(({ op }) => op.includes("Sequence"))).toEqual([]);
  return {
    y: [...(y!.data as Float32Array)],
    shape: y!.dims,
    dx: dx && [...(dx.data as Float32Array)],
  };
}

// By hand.
it("takes a part of what was split by sizes", async () => {
  const nodes = [
    node("SplitToSequence", ["x", "sizes"], "s", { axis: int(-1) }),
    node("SequenceAt", ["s", "at"], "y"),
  ];
  const got = await outputs(nodes, { sizes: int64(2, 3), at: position(1) });
  expect(got).toEqual({ y: [2, 3, 4, 7, 8, 9], shape: [2, 3], dx: [0, 0, 1, 1, 1, 0, 0, 1, 1, 1] });
});

it("splits into parts of one size, the last one smaller", async () => {
  const nodes = [
    node("SplitToSequence", ["x", "size"], "s", { axis: int(1) }),
    node("SequenceAt", ["s", "at"], "y"),
  ];
  const got = await outputs(nodes, { size: position(2), at: position(-1) });
  expect(got).toEqual({ y: [4, 9], shape: [2, 1], dx: [0, 0, 0, 0, 1, 0, 0, 0, 0, 1] });
});

it("splits into slices without their axis", async () => {
  const nodes = [
    node("SplitToSequence", ["x"], "s", { keepdims: int(0) }),
    node("SequenceAt", ["s", "at"], "y"),
  ];
  const got = await outputs(nodes, { at: position(1) });
  expect(got).toEqual({ y: [5, 6, 7, 8, 9], shape: [5], dx: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1] });
});

it("inserts, erases and joins again", async () => {
  const nodes = [
    node("SplitToSequence", ["x"], "rows"),
    node("SequenceInsert", ["rows", "extra", "first"], "three"), // [extra, row 0, row 1]
    node("SequenceErase", ["three", "second"], "two"), // [extra, row 1]
    node("ConcatFromSequence", ["two"], "y", { axis: int(0) }),
  ];
  const extra = tensor("float32", [1, 5], [7, 7, 7, 7, 7]);
  const got = await outputs(nodes, { extra, first: position(0), second: position(1) });
  expect(got).toEqual({
    y: [7, 7, 7, 7, 7, 5, 6, 7, 8, 9],
    shape: [2, 5],
    dx: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
  });
});

it("stacks along a new axis, and erases the last where no position is stated", async () => {
  const nodes = [
    node("SequenceConstruct", ["x", "x", "x"], "three"),
    node("SequenceErase", ["three"], "two"),
    node("ConcatFromSequence", ["two"], "y", { axis: int(1), new_axis: int(1) }),
  ];
  const got = await outputs(nodes, {});
  expect(got.shape).toEqual([2, 2, 5]);
  expect(got.dx).toEqual(Array(10).fill(2));
});

it("counts", async () => {
  const nodes = [
    node("SequenceEmpty", [], "none"),
    node("SequenceInsert", ["none", "x"], "one"),
    node("SequenceInsert", ["one", "x"], "two"),
    node("SequenceLength", ["two"], "length"),
    node("Cast", ["length"], "y", { to: int(1) }),
  ];
  expect((await outputs(nodes, {})).y).toEqual([2]);
});
