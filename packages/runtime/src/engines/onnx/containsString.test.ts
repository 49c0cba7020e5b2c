import { tensor } from "@cajal/core";
import { encodeModel, GraphBuilder, type Node, type OnnxModel } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { containsString } from "./containsString";

const node = (op: string, inputs: readonly string[], outputs: readonly string[], attributes: Node["attributes"] = {}): Node => ({ op, domain: "", name: "", inputs, outputs, attributes }); // prettier-ignore

/** A condition and a branch that gives what `op` makes of x. */
function branching(op: string, depth: number): OnnxModel {
  const g = new GraphBuilder();
  g.input("c", "bool", []);
  g.output(g.relu(g.input("x", "float32", [2])), "y");
  const model = g.build();
  const branch = (level: number): OnnxModel["graph"] => ({
    ...model.graph,
    inputs: [],
    initializers: new Map(),
    outputs: [{ name: `y${level}`, dtype: "float32", shape: [2] }],
    nodes:
      level === depth
        ? [node(op, ["x"], [`y${level}`])]
        : [
            node("If", ["c"], [`y${level}`], {
              then_branch: { type: "graph", value: branch(level + 1) },
              else_branch: { type: "graph", value: branch(level + 1) },
            }),
          ],
  });
  return { ...model, graph: { ...model.graph, nodes: branch(0).nodes } };
}

/** `tag length bytes`, of fields below 16 and messages below 128 bytes. */
const field = (number: number, ...content: number[]) => [(number << 3) | 2, content.length, ...content]; // prettier-ignore
const text = (word: string) => [...Buffer.from(word)];

describe("containsString", () => {
  it("finds an operator and an attribute's text", () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", [1, 1, 4, 4]);
    const w = g.constant(tensor("float32", [1, 1, 3, 3]));
    g.output(g.op("Conv", [x, w], { auto_pad: "SAME_UPPER" }), "y");
    const bytes = encodeModel(g.build());
    expect(containsString(bytes, ["SAME_LOWER", "SAME_UPPER"])).toBe(true);
    expect(containsString(bytes, ["Conv"])).toBe(true);
    expect(containsString(bytes, ["SAME_LOWER", "Con", "Convs", ""])).toBe(false);
  });

  it.each([0, 1, 3])("finds an operator in branches of branches, %i deep", (depth) => {
    const bytes = encodeModel(branching("TopK", depth));
    expect(containsString(bytes, ["TopK"])).toBe(true);
    expect(containsString(bytes, ["Sin"])).toBe(false);
  });

  it("finds an operator of a function, and the text of a default attribute of one", () => {
    // onnx.proto by hand: ModelProto.functions = 25, FunctionProto.node = 7, NodeProto.op_type = 4,
    // FunctionProto.attribute_proto = 11, AttributeProto.s = 4.
    const ofFunction = (...content: number[]) =>
      Uint8Array.from([8, 10, 0xca, 0x01, content.length, ...content]); // 25 << 3 | 2 = 202, in two bytes
    const inNode = ofFunction(...field(1, ...text("f")), ...field(7, ...field(4, ...text("TopK"))));
    expect(containsString(inNode, ["TopK"])).toBe(true);
    const inAttribute = ofFunction(...field(11, ...field(4, ...text("TopK"))));
    expect(containsString(inAttribute, ["TopK"])).toBe(true);
  });

  it("finds an operator in one of an attribute's several graphs, after numbers of every wire type", () => {
    // AttributeProto.graphs = 11; f = 2 lies in four bytes, i = 3 in a varint, field 12 in eight.
    const graph = field(1, ...field(4, ...text("TopK")));
    const attribute = [0x15, 1, 2, 3, 4, 0x18, 0xff, 1, 0x61, 1, 2, 3, 4, 5, 6, 7, 8, ...field(11, ...graph)]; // prettier-ignore
    const bytes = Uint8Array.from(field(7, ...field(1, ...field(5, ...attribute))));
    expect(containsString(bytes, ["TopK"])).toBe(true);
  });

  it("takes names, documentation and weights for what they are", () => {
    const g = new GraphBuilder();
    const looksLikeIt = Uint8Array.from([...field(1, ...field(4, ...text("TopK"))), 0, 0]);
    const w = g.constant(tensor("uint8", [looksLikeIt.length], looksLikeIt));
    g.output(g.op("Identity", [w], {}), "TopK");
    const bytes = encodeModel({ ...g.build(), producer: "TopK" });
    expect(Buffer.from(bytes).includes(Buffer.from(looksLikeIt))).toBe(true);
    expect(containsString(bytes, ["TopK"])).toBe(false);
  });

  it("ends at what is not well-formed", () => {
    const whole = field(7, ...field(1, ...field(4, ...text("TopK"))));
    for (let length = 0; length < whole.length; length++)
      expect(containsString(Uint8Array.from(whole.slice(0, length)), ["TopK"])).toBe(false);
    expect(containsString(Uint8Array.from(whole), ["TopK"])).toBe(true);
    expect(containsString(Uint8Array.of(0x3b, 1, 1), ["TopK"])).toBe(false); // a group's wire type
    expect(containsString(new Uint8Array(40).fill(0xff), ["TopK"])).toBe(false);
  });

  it.each([
    [30, true], // of messages in messages, 3 for a branch: fewer than protobuf's own libraries read
    [150, false],
  ])("looks into branches of branches, %i deep: %s", (depth, found) => {
    const wrap = (number: number, inner: readonly number[]) => [
      (number << 3) | 2,
      (inner.length & 0x7f) | 0x80,
      inner.length >> 7,
      ...inner,
    ];
    let graph = field(1, ...field(4, ...text("TopK")));
    for (let i = 0; i < depth; i++) graph = wrap(1, wrap(5, wrap(6, graph)));
    expect(containsString(Uint8Array.from(wrap(7, graph)), ["TopK"])).toBe(found);
  });
});
