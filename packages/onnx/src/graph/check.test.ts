import { readFileSync, readdirSync } from "node:fs";
import { isCajalError, tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { GraphBuilder } from "./builder";
import { checkModel, problemsOf } from "./check";
import { decodeModel } from "../file/decode";
import type { Graph, Node, OnnxModel } from "../model/model";

/** x [2, 3] → Relu → Add w [3] → y */
function validModel(): OnnxModel {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, 3]);
  const w = g.initializer("w", tensor("float32", [3], [1, 2, 3]));
  g.output(g.add(g.relu(x), w), "y");
  return g.build();
}

const withGraph = (graph: Partial<Graph>, model: OnnxModel = validModel()): OnnxModel => ({
  ...model,
  graph: { ...model.graph, ...graph },
});

/** The nodes, node `i` changed. */
const nodes = (i: number, change: Partial<Node>) =>
  validModel().graph.nodes.map((node, j) => (i === j ? { ...node, ...change } : node));

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

it("passes a good model", () => {
  expect(problemsOf(validModel())).toEqual([]);
  expect(() => checkModel(validModel())).not.toThrow();
});

describe.each<[string, OnnxModel, RegExp[]]>([
  [
    "an unknown operator",
    withGraph({ nodes: nodes(0, { op: "Rellu" }) }),
    [/node "Relu" \(Rellu\): unknown operator "Rellu".*: Relu/],
  ],
  [
    "an unknown attribute",
    withGraph({ nodes: nodes(0, { attributes: { alpha: { type: "float", value: 1 } } }) }),
    [/node "Relu" \(Relu\): unknown attribute of Relu "alpha"/],
  ],
  [
    "an attribute of the wrong type",
    withGraph({
      nodes: nodes(0, { op: "Softmax", attributes: { axis: { type: "float", value: 1 } } }),
    }),
    [/attribute "axis" is of type float, expected int/],
  ],
  [
    "a missing attribute",
    withGraph({ nodes: [...validModel().graph.nodes, node("LRN", ["x"], ["z"])] }),
    [/node \(LRN\) of output "z": attribute "size" is missing/],
  ],
  [
    "too many inputs",
    withGraph({ nodes: nodes(0, { inputs: ["x", "w"] }) }),
    [/node "Relu" \(Relu\): got 2 inputs, expected 1/],
  ],
  [
    "types that differ",
    withGraph({ initializers: new Map([["w", tensor("int64", [3], [1, 2, 3])]]) }),
    [/node "Add" \(Add\): input 0 is float32 and input 1 is int64, expected equal types/],
  ],
  [
    "shapes that do not fit",
    withGraph({ initializers: new Map([["w", tensor("float32", [2], [1, 2])]]) }),
    [/node "Add" \(Add\): shapes \[2,3\] and \[2\] do not broadcast/],
  ],
  [
    "a value defined twice",
    withGraph({ nodes: [...validModel().graph.nodes, node("Relu", ["x"], ["Relu"])] }),
    [/"Relu" is defined twice/],
  ],
  [
    "a value that is defined nowhere",
    withGraph({ nodes: nodes(0, { inputs: ["z"] }) }),
    [/node "Relu" \(Relu\): uses "z", which is defined nowhere/],
  ],
  [
    "nodes out of order",
    withGraph({ nodes: validModel().graph.nodes.toReversed() }),
    [/uses "Relu", which node "Relu" \(Relu\) defines only later/],
  ],
  [
    "a cycle",
    withGraph({ nodes: nodes(0, { inputs: ["y"] }) }),
    [
      /uses "y", which node "Add" \(Add\) defines only later/,
      /the graph has a cycle: "Relu" → "Add" → "Relu"/,
    ],
  ],
  [
    "a node that uses its own output",
    withGraph({ nodes: nodes(0, { inputs: ["Relu"] }) }),
    [
      /node "Relu" \(Relu\): uses "Relu", which .* defines itself/,
      /the graph has a cycle: "Relu" → "Relu"/,
    ],
  ],
  [
    "an output that is defined nowhere",
    withGraph({ outputs: [{ name: "z", dtype: "float32", shape: [2, 3] }] }),
    [/graph output "z" is defined nowhere/],
  ],
  ["no outputs", withGraph({ outputs: [] }), [/the graph has no outputs/]],
  [
    "an output stated otherwise",
    withGraph({ outputs: [{ name: "y", dtype: "float32", shape: [2, 4] }] }),
    [/value "y" is stated as \[2,4\] and is \[2,3\]/],
  ],
  [
    "an output of another type",
    withGraph({ outputs: [{ name: "y", dtype: "float64", shape: [2, 3] }] }),
    [/value "y" is stated as float64 and is float32/],
  ],
  [
    "no opset",
    { ...validModel(), opsets: {} },
    [/no opset is imported/, /operators of domain "" are used, whose opset is not imported/],
  ],
  [
    "a domain that is not imported",
    withGraph({ nodes: nodes(0, { op: "Gelu", domain: "com.microsoft" }) }),
    [/node "Relu" \(Gelu\): operators of domain "com.microsoft"/],
  ],
  [
    "an operator that its opset has not",
    { ...withGraph({ nodes: nodes(0, { op: "Mish" }) }), opsets: { "": 13 } },
    [/node "Relu" \(Mish\): Mish exists since opset 18; the graph is of opset 13/],
  ],
  [
    "two nodes of one name",
    withGraph({ nodes: nodes(1, { name: "Relu" }) }),
    [/node "Relu" \(Add\): another node has the same name/],
  ],
])("tells %s", (_, model, expected) => {
  it("once, with its place", () => {
    const problems = problemsOf(model);
    expect(problems.map(({ message }) => message)).toEqual(
      expected.map((each) => expect.stringMatching(each)),
    );
    let error: unknown;
    try {
      checkModel(model);
    } catch (thrown) {
      error = thrown;
    }
    expect(isCajalError(error, "bad-model")).toBe(true);
    expect(error).toMatchObject({ facts: { problems } });
  });
});

it("looks into the graphs of control flow", () => {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2]);
  const [y] = g.if(
    g.scalar("bool", 1),
    (then) => [then.relu(x)],
    (other) => [other.neg(x)],
  );
  g.output(y!, "y");
  const model = g.build();
  expect(problemsOf(model)).toEqual([]);
  const branch = model.graph.nodes[0]!;
  const graph = branch.attributes.then_branch!.value as Graph;
  const brokenGraph = { ...graph, nodes: [{ ...graph.nodes[0]!, inputs: ["nowhere"] }] };
  const wrongModel = withGraph(
    {
      nodes: [
        {
          ...branch,
          attributes: { ...branch.attributes, then_branch: { type: "graph", value: brokenGraph } },
        },
        ...model.graph.nodes.slice(1),
      ],
    },
    model,
  );
  expect(
    problemsOf(wrongModel)
      .map(({ message }) => message)
      .join("\n"),
  ).toMatch(/\(Relu\): uses "nowhere", which is defined nowhere/);
});

describeWithShared("real files", "data/real-models/onnx", (folder) => {
  it.each(readdirSync(folder))("%s", (file) => {
    const problems = problemsOf(decodeModel(readFileSync(`${folder}/${file}`)));
    // keras2onnx writes its nodes from the output backwards; ONNX asks for the other order.
    const order = problems.filter(({ message }) => message.endsWith("defines only later."));
    expect(problems.length - order.length).toBe(0);
    expect(order.length > 0).toBe(file.startsWith("keras2onnx"));
  });
});

describe("absurd sizes cost nothing", () => {
  const started = performance.now();
  it.each<[string, (g: GraphBuilder) => unknown]>([
    [
      "a shape of a billion extents",
      (g) => g.reshape(g.input("x", "float32", [4]), g.input("s", "int64", [1e9])),
    ],
    ["a tensor of a rank of a billion", (g) => g.constantOfShape(g.input("s", "int64", [1e9]))],
    ["a range to the end", (g) => g.range(0, Number.MAX_SAFE_INTEGER)],
    [
      "a concatenation of much",
      (g) => g.concat([g.input("a", "int64", [1e9]), g.input("b", "int64", [1e9])], { axis: 0 }),
    ],
    ["a tensor of terabytes", (g) => g.constantOfShape([1e6, 1e6])],
  ])("%s", (_, body) => {
    body(new GraphBuilder());
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("and shapes that cannot be are refused", () => {
    const g = new GraphBuilder();
    expect(() => g.constantOfShape([-1])).toThrow(expect.objectContaining({ code: "bad-shape" }));
    expect(() => g.reshape(g.input("x", "float32", [4]), [-2, 2])).toThrow(
      expect.objectContaining({ code: "bad-shape" }),
    );
  });
});
