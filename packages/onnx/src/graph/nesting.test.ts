// Graphs inside graphs: work must not grow with each level, and extents that cannot be must cost nothing.
import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { GraphBuilder, type Value } from "./builder";
import { checkModel, problemsOf } from "./check";
import { inferShapes } from "./inferShapes";
import { decodeModel } from "../file/decode";
import { encodeModel } from "../file/encode";
import type { Graph, Node, OnnxModel } from "../model/model";

/** Milliseconds: others on the machine make no test fail. */
const processorTime = () => process.cpuUsage().user / 1000;

const depth = 64;
const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  properties: Partial<Node> = {},
): Node => ({
  op,
  domain: "",
  name: "",
  inputs,
  outputs,
  attributes: {},
  ...properties,
});

const graph = (name: string, properties: Partial<Graph>): Graph => ({
  name,
  nodes: [],
  initializers: new Map(),
  inputs: [],
  outputs: [],
  values: new Map(),
  ...properties,
});

/** Loops `levels` deep over a state that the innermost one grows, so that each level is asked twice. */
function loops(levels: number): OnnxModel {
  const state = (name: string) => ({ name, dtype: "float32" as const, shape: undefined });
  let body = graph("inner", {
    nodes: [node("Identity", ["c0"], ["go0"]), node("Concat", ["s0", "s0"], ["y0"], { attributes: { axis: { type: "int", value: 0 } } })], // prettier-ignore
    inputs: [{ name: "i0", dtype: "int64", shape: [] }, { name: "c0", dtype: "bool", shape: [] }, state("s0")], // prettier-ignore
    outputs: [{ name: "go0", dtype: "bool", shape: [] }, state("y0")],
  });
  for (let k = 1; k < levels; k++)
    body = graph(`level ${k}`, {
      nodes: [
        node("Identity", [`c${k}`], [`go${k}`]),
        node("Loop", ["trips", "", `s${k}`], [`y${k}`], { attributes: { body: { type: "graph", value: body } } }), // prettier-ignore
      ],
      inputs: [{ name: `i${k}`, dtype: "int64", shape: [] }, { name: `c${k}`, dtype: "bool", shape: [] }, state(`s${k}`)], // prettier-ignore
      outputs: [{ name: `go${k}`, dtype: "bool", shape: [] }, state(`y${k}`)],
    });
  return {
    irVersion: 8,
    opsets: { "": 18 },
    producer: "",
    metadata: new Map(),
    graph: graph("g", {
      nodes: [node("Loop", ["trips", "", "x"], ["y"], { attributes: { body: { type: "graph", value: body } } })], // prettier-ignore
      initializers: new Map([["trips", tensor("int64", [], [2])]]),
      inputs: [{ name: "x", dtype: "float32", shape: [3, 2] }],
      outputs: [{ name: "y", dtype: "float32", shape: undefined }],
    }),
  };
}

describe(`${depth} graphs within each other`, () => {
  it("are inferred, checked and loaded", () => {
    const started = processorTime();
    const model = loops(depth);
    expect(inferShapes(model).get("y")!.shape).toEqual([undefined, 2]);
    expect(problemsOf(model)).toEqual([]);
    expect(GraphBuilder.from(model).value("y").shape).toEqual([undefined, 2]);
    expect(processorTime() - started).toBeLessThan(2000);
  });

  it("tell a mistake in the innermost", () => {
    const model = loops(depth);
    const started = processorTime();
    const nestedOnce = (of: Graph): Graph => ({
      ...of,
      nodes: of.nodes.map((each) =>
        each.op === "Concat"
          ? { ...each, op: "Rellu" }
          : each.op === "Loop"
            ? { ...each, attributes: { body: { type: "graph", value: nestedOnce(each.attributes.body!.value as Graph) } } } // prettier-ignore
            : each,
      ),
    });
    const [first] = problemsOf({ ...model, graph: nestedOnce(model.graph) });
    expect(first!.message).toMatch(/Rellu/);
    expect(processorTime() - started).toBeLessThan(2000);
  });

  it("are built by functions", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2]);
    const nested = (builder: GraphBuilder, y: Value, level: number): Value =>
      level === 0
        ? builder.relu(y)
        : builder.if(
            builder.greater(builder.reduceSum(y, { keepdims: false }), 0),
            (then) => [nested(then, y, level - 1)],
            (other) => [other.neg(y)],
          )[0]!;
    const started = processorTime();
    g.output(nested(g, x, depth), "y");
    checkModel(g.build());
    expect(processorTime() - started).toBeLessThan(2000);
  });
});

describe("loops of absurd sizes", () => {
  const endless = (shape: readonly number[], trips: number) => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", shape);
    const { states, outputs } = g.loop(trips, undefined, [x], (_, __, ___, [state]) => ({
      states: [state!],
      outputs: [state!],
    }));
    g.output(states[0]!, "y");
    g.output(outputs[0]!, "rows");
    return g;
  };

  it.each([
    [[2 ** 31], 2 ** 52],
    [[2 ** 40, 2 ** 10], 1e15],
    [[0, 2 ** 50], 0],
  ])("of %j cost nothing", (shape, trips) => {
    const started = processorTime();
    const g = endless(shape, trips);
    expect(g.value("y").shape).toEqual(shape);
    expect(g.value("rows").shape).toEqual([undefined, ...shape]);
    checkModel(decodeModel(encodeModel(g.build())));
    expect(processorTime() - started).toBeLessThan(1000);
  });

  it("scans of 2⁴⁰ steps neither", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2 ** 40, 3]);
    const { outputs } = g.scan([], [x], (body, _, [row]) => ({
      states: [],
      outputs: [body.relu(row!)],
    }));
    expect(outputs[0]!.shape).toEqual([2 ** 40, 3]);
  });
});

it("a branch that a constant rules out may be of shapes that cannot be", () => {
  const modelOf = (constant: boolean) => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [2, 3]);
    const condition = constant ? g.scalar("bool", 1) : g.input("c", "bool", []);
    const build = () =>
      g.if(
        condition,
        (then) => [then.reshape(x, [6])],
        (other) => [other.neg(other.reshape(x, [6]))],
      );
    const [y] = build();
    g.output(y!, "y");
    const model = g.build();
    // The other branch: 6 elements in the shape of 5.
    const [first, ...others] = model.graph.nodes;
    const branch = graph("other", {
      nodes: [node("Reshape", ["x", "five"], ["other/y"])],
      initializers: new Map([["five", tensor("int64", [1], [5])]]),
      outputs: [{ name: "other/y", dtype: "float32", shape: undefined }],
    });
    const attributes = { ...first!.attributes, else_branch: { type: "graph" as const, value: branch } }; // prettier-ignore
    return { ...model, graph: { ...model.graph, nodes: [{ ...first!, attributes }, ...others] } };
  };
  expect(problemsOf(modelOf(true))).toEqual([]);
  expect(inferShapes(modelOf(true)).get("y")!.shape).toEqual([6]);
  expect(problemsOf(modelOf(false)).map(({ message }) => message).join()).toMatch(/do not fit/); // prettier-ignore
});
