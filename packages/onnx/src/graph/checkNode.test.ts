import { tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import type { Attribute, Node, OnnxModel, ValueInfo } from "../model/model";
import type { ElementType } from "../model/elementType";
import { problemsOf } from "./check";
import { inferShapes } from "./inferShapes";

/** A model of one node; inputs are `name: type[extents]`, the outputs' types are left to inference. */
function model(
  op: string,
  opset: number,
  inputs: readonly [name: string, dtype: ElementType, shape: readonly number[]][],
  attributes: Node["attributes"] = {},
  { outputs = ["y"], names = inputs.map(([name]) => name), domain = "" } = {},
): OnnxModel {
  const stated: ValueInfo[] = outputs.map((name) => ({ name, dtype: "float32", shape: undefined }));
  return {
    irVersion: 8,
    opsets: { "": opset, ...(domain ? { [domain]: 1 } : {}) },
    producer: "",
    graph: {
      name: "g",
      nodes: [{ op, domain, name: "n", inputs: names, outputs, attributes }],
      initializers: new Map(),
      inputs: inputs.map(([name, dtype, shape]) => ({ name, dtype, shape })),
      outputs: stated,
      values: new Map(),
    },
    metadata: new Map(),
  };
}

/** What is wrong with a model, without what its outputs are stated as. */
const firstProblem = (subject: OnnxModel) =>
  problemsOf(subject)
    .map(({ message }) => message)
    .filter((message) => !message.includes("is stated as"));

const x = ["x", "float32", [2, 4]] as const;
const int = (value: number): Attribute => ({ type: "int", value });
const string = (value: string): Attribute => ({ type: "string", value });

describe("refuses what ONNX Runtime does not open", () => {
  it.each<[string, OnnxModel, RegExp]>([
    [
      "a required input left out",
      model("Relu", 18, [[...x]], {}, { names: [""] }),
      /input 0 is missing/,
    ],
    [
      "one of any number left out",
      model("Concat", 18, [[...x]], { axis: int(0) }, { names: ["x", ""] }),
      /input 1 is missing/,
    ],
    [
      "Split of 3 with four outputs",
      model("Split", 18, [[...x]], { num_outputs: int(3) }, { outputs: ["a", "b", "c", "d"] }),
      /num_outputs is 3; the node has 4 outputs/,
    ],
    [
      "an attribute of an older version",
      model("Relu", 13, [[...x]], { consumed_inputs: { type: "ints", value: [0] } }),
      /unknown attribute of Relu "consumed_inputs"/,
    ],
    [
      "an attribute of a newer version",
      model("Split", 13, [[...x]], { num_outputs: int(1) }),
      /unknown attribute of Split "num_outputs"/,
    ],
    [
      "an input of a newer version",
      model("ReduceMax", 13, [[...x], ["axes", "int64", [1]]]),
      /got 2 inputs, expected 1/,
    ],
    [
      "a type of a newer version",
      model("Add", 7, [
        ["a", "int8", [2]],
        ["b", "int8", [2]],
      ]),
      /int8/,
    ],
    [
      "an operator that was taken out",
      model("Upsample", 13, [[...x], ["s", "float32", [2]]]),
      /Upsample exists up to opset 9/,
    ],
    ["one that comes later", model("Mish", 13, [[...x]]), /Mish exists since opset 18/],
    [
      "a word that is none of the attribute's",
      model("Resize", 18, [[...x], ["r", "float32", [0]], ["s", "float32", [2]]], {
        mode: string("neerest"),
      }),
      /attribute "mode" is "neerest", expected nearest, linear, cubic/,
    ],
    [
      "a draw in a type that it has not",
      model("RandomNormalLike", 18, [[...x]], { dtype: int(7) }),
      /output 0 would be int64/,
    ],
    [
      "a draw without spread",
      model("RandomNormalLike", 18, [[...x]], { scale: { type: "float", value: 0 } }),
      /scale/,
    ],
    ["a number that is no type", model("Cast", 18, [[...x]], { to: int(99) }), /element type 99/],
    [
      "an extent below 0",
      model("Relu", 18, [["x", "float32", [-1, 4]]]),
      /expected extents of at least 0/,
    ],
    [
      "a sequence for a tensor",
      {
        ...model("Relu", 18, []),
        graph: {
          ...model("Relu", 18, [[...x]]).graph,
          inputs: [{ name: "x", dtype: "float32", shape: [2], containers: ["sequence"] }],
        },
      },
      /input 0 is sequence\(float32\)/,
    ],
    [
      "heads of Attention that are not those of a 4-D query",
      model("Attention", 23, [["q", "float32", [1, 2, 3, 4]], ["k", "float32", [1, 2, 3, 4]], ["v", "float32", [1, 2, 3, 4]]], { q_num_heads: int(3) }), // prettier-ignore
      /Q \[1,2,3,4\] has 2 heads, q_num_heads says 3/,
    ],
    [
      "a rotary embedding of an odd number",
      model("RotaryEmbedding", 23, [["x", "float32", [1, 2, 3, 4]], ["c", "float32", [1, 3, 1]], ["s", "float32", [1, 3, 1]]], { rotary_embedding_dim: int(3) }), // prettier-ignore
      /expected an even number/,
    ],
    [
      "a scale for each of another number of maps",
      model("QLinearConv", 18, [["x", "uint8", [1, 2, 4, 4]], ["a", "float32", []], ["b", "uint8", []], ["w", "uint8", [3, 2, 1, 1]], ["c", "float32", [2]], ["d", "uint8", []], ["e", "float32", []], ["f", "uint8", []]]), // prettier-ignore
      /scale or zero point \[2\] of w \[3,2,1,1\]/,
    ],
    [
      "Einsum's ... of as many axes here as there not",
      model("Einsum", 18, [["x", "float32", [2, 1, 3]], ["z", "float32", [1, 3]]], { equation: string("...i,...i") }), // prettier-ignore
      /expected as many axes/,
    ],
  ])("%s", (_, invalid, message) => {
    expect(firstProblem(invalid)).toEqual([expect.stringMatching(message)]);
  });
});

it("refuses places of MaxUnpool outside of what is made", () => {
  const unpool = model("MaxUnpool", 18, [["x", "float32", [1, 1, 2, 2]]], { kernel_shape: { type: "ints", value: [2, 2] }, strides: { type: "ints", value: [2, 2] } }, { names: ["x", "i"] }); // prettier-ignore
  const { graph } = unpool;
  const at = (...indices: number[]) => firstProblem({ ...unpool, graph: { ...graph, initializers: new Map([["i", tensor("int64", [1, 1, 2, 2], indices)]]) } }); // prettier-ignore
  expect(at(0, 3, 9, 15)).toEqual([]);
  for (const index of [16, -1])
    expect(at(0, 3, index, 15)).toEqual([expect.stringMatching(/lies outside .*\[1,1,4,4\]/)]);
});

describe("passes what is valid", () => {
  it.each<[string, OnnxModel]>([
    [
      "PRelu with a slope a channel, opset 6",
      model("PRelu", 6, [
        ["x", "float32", [2, 3, 4]],
        ["s", "float32", [3]],
      ]),
    ],
    [
      "BitShift of uint8",
      model(
        "BitShift",
        11,
        [
          ["a", "uint8", [2]],
          ["b", "uint8", [2]],
        ],
        { direction: string("LEFT") },
      ),
    ],
    ["ReduceMax of int8", model("ReduceMax", 18, [["x", "int8", [2]]])],
    ["ReduceMax of bool, opset 20", model("ReduceMax", 20, [["x", "bool", [2]]])],
    [
      "SpaceToDepth of opset 1",
      model("SpaceToDepth", 1, [["x", "float32", [1, 2, 4, 4]]], { blocksize: int(2) }),
    ],
    [
      "Add of bfloat16",
      model("Add", 13, [
        ["a", "bfloat16", [2]],
        ["b", "bfloat16", [2]],
      ]),
    ],
    ["Identity of strings", model("Identity", 13, [["a", "string", [2]]])],
    ["Loop without a condition", loop()],
  ])("%s", (_, valid) => {
    expect(firstProblem(valid)).toEqual([]);
  });

  function loop(): OnnxModel {
    const body = model("Relu", 18, [["i", "int64", []], ["c", "bool", []], [...x]]).graph;
    return model(
      "Loop",
      18,
      [["m", "int64", []], [...x]],
      {
        body: {
          type: "graph",
          value: {
            ...body,
            inputs: body.inputs.map((each) => (each.name === "x" ? { ...each, name: "s" } : each)),
            nodes: [
              { ...body.nodes[0]!, op: "Identity", name: "", inputs: ["c"], outputs: ["going"] },
              { ...body.nodes[0]!, op: "Relu", name: "", inputs: ["s"], outputs: ["z"] },
            ],
            outputs: [
              { name: "going", dtype: "bool", shape: [] },
              { name: "z", dtype: "float32", shape: undefined },
            ],
          },
        },
      },
      { names: ["m", "", "x"] },
    );
  }
});

describe("operators that are not known here", () => {
  const other = (more: Partial<OnnxModel["graph"]> = {}) => {
    const wavelet = model("Wavelet", 18, [[...x]], { bits: int(3) }, { domain: "org.example" });
    return { ...wavelet, graph: { ...wavelet.graph, ...more } };
  };
  it("are what the model states", () => expect(problemsOf(other())).toEqual([]));
  it("are named where it states nothing", () => {
    const silent = other({ outputs: [] });
    expect(firstProblem(silent).join()).toMatch(
      /org\.example\.Wavelet is not known here.*"y" in value_info/,
    );
  });
  it("are those of a newer operator set, too", () => {
    expect(firstProblem(model("Relu", 999, [[...x]]))).toEqual([]);
    const { graph, ...rest } = model("Relu", 999, [[...x]]);
    expect(firstProblem({ ...rest, graph: { ...graph, outputs: [] } }).join()).toMatch(/opset 999/);
  });
});

it("takes integers as constants of operator sets before 9, as PyTorch wrote them", () => {
  const shape = { type: "tensor", value: tensor("int64", [1], [4]) } as const;
  const info = { dtype: "float32", shape: [2, 2] } as const;
  const values = inferShapes({
    irVersion: 3,
    opsets: { "": 8 },
    producer: "",
    metadata: new Map(),
    graph: {
      name: "old",
      nodes: [
        { op: "Constant", domain: "", name: "", inputs: [], outputs: ["shape"], attributes: { value: shape } },
        { op: "Reshape", domain: "", name: "", inputs: ["x", "shape"], outputs: ["y"], attributes: {} },
      ],
      initializers: new Map(),
      inputs: [{ name: "x", ...info }],
      outputs: [{ name: "y", dtype: "float32", shape: undefined }],
      values: new Map(),
    },
  }); // prettier-ignore
  expect(values.get("y")?.shape).toEqual([4]);
});
